"""How much faster a closed form counts MobileNetV2 than torch's own counter: ratios, measured in one run.

    python benchmarks/counting.py [--rounds 30]

Both count the network 1.0 at 224 pixels, torch on one thread, and must agree. Rounds alternate, so that a busy moment
of the machine affects both; the script prints the median of the rounds' ratios and their quartiles.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

import mbv2_lesson as mbv2


def seconds(function: Callable[[], object], times: int) -> float:
    """Seconds per call, averaged over ``times`` calls."""
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    network, images = mbv2.MobileNetV2().eval(), torch.zeros(1, 3, 224, 224)

    def torchs_counter() -> int:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(images)
        return counter.get_total_flops()

    def from_nothing() -> int:
        return mbv2.mobilenet_v2().cost.flops

    assert torchs_counter() == from_nothing() == 2 * 300_774_272
    ratios, made = [], []
    for _ in range(rounds):
        slow = seconds(torchs_counter, 1)
        made.append(seconds(from_nothing, 10))
        ratios.append(slow / made[-1])
    print(f"torch {torch.__version__}, 1 thread, {rounds} rounds; torch's counter on a ready module against making the")
    first, median, third = statistics.quantiles(ratios, n=4)
    print(f"plan and adding it up: {median:.0f} times as long (quartiles {first:.0f} to {third:.0f})")
    print(f"the plan takes {1000 * statistics.median(made):.2f} ms (fastest round {1000 * min(made):.2f})")


if __name__ == "__main__":
    main()
