"""How much faster a closed form counts MobileNetV2 than torch's own counter: ratios, measured in one run.

    python benchmarks/counting.py [--rounds 30]

Both count the network 1.0 at 224 pixels and must agree. Rounds alternate, so that a busy moment of the machine
meets both; printed are the median of the rounds' ratios and their quartiles.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

import mbv2_lesson as mbv2


def seconds(function: Callable[[], object], times: int) -> float:
    """Of one call, over ``times`` of them."""
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    network, images, plan = mbv2.MobileNetV2().eval(), torch.zeros(1, 3, 224, 224), mbv2.mobilenet_v2()

    def torchs_counter() -> int:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(images)
        return counter.get_total_flops()

    def ready_plan() -> int:
        return plan.cost.flops

    def from_nothing() -> int:
        return mbv2.mobilenet_v2().cost.flops

    assert torchs_counter() == ready_plan() == from_nothing() == 2 * 300_774_272
    ratios: dict[str, list[float]] = {"adding up a ready plan": [], "making the plan and adding it up": []}
    for _ in range(rounds):
        slow = seconds(torchs_counter, 1)
        for name, function, times in zip(ratios, (ready_plan, from_nothing), (200, 10), strict=True):
            ratios[name].append(slow / seconds(function, times))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {rounds} rounds; torch's counter on a ready")
    print("module takes so many times as long as")
    for name, values in ratios.items():
        first, median, third = statistics.quantiles(values, n=4)
        print(f"  {name:33} {median:6.0f}   (quartiles {first:.0f} to {third:.0f})")


if __name__ == "__main__":
    main()
