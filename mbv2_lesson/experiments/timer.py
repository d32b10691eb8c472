"""Measures how long layers and networks take on this machine, with torch's own Timer; ``timings`` holds the results."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import product
from pathlib import Path

import torch
from torch import nn
from torch.utils.benchmark import Timer

from ..modules import blocks
from ..plans import check_int
from .timings import NETWORKS, SIZES, Ceilings, Results, Timing, timed_plan

try:
    import resource
except ImportError:  # Windows has no such count
    resource = None


def time_in_turn(
    calls: Mapping[str, Callable[[], object]], rounds: int = 9, round_seconds: float = 0.02
) -> dict[str, tuple[float, ...]]:
    """Seconds per call of each, one value per round. After a warm-up, all of them take turns in each round.

    A call is repeated for about ``round_seconds`` per round. Uses as many threads as torch does.
    """
    rounds = check_int(rounds, "rounds", at_least=2)
    threads = torch.get_num_threads()
    timers = {name: Timer("call()", globals={"call": call}, num_threads=threads) for name, call in calls.items()}
    with torch.inference_mode():
        once = {name: timer.timeit(2).mean for name, timer in timers.items()}
        repeats = {name: max(1, round(round_seconds / seconds)) for name, seconds in once.items()}
        # Timer runs each call a few times before it starts its clock.
        turns = [{name: timer.timeit(repeats[name]).mean for name, timer in timers.items()} for _ in range(rounds)]
    return {name: tuple(turn[name] for turn in turns) for name in calls}


def page_faults(call: Callable[[], object], times: int = 3) -> float | None:
    """How many new pages of memory the system has to hand out in one call; None on systems that do not report it."""
    if resource is None:
        return None
    with torch.inference_mode():
        call()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(times):
            call()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / times


def time_layers(
    *,
    what: Sequence[str] = ("standard", "separable", "depthwise", "pointwise"),
    settings: Sequence[tuple[float, float]] = SIZES,
    batches: Sequence[int] = (1,),
    layouts: Sequence[bool] = (False, True),
    rounds: int = 9,
    round_seconds: float = 0.02,
    ceilings: Ceilings | None = None,
) -> Results:
    """Times each of ``what`` (see ``timings.timed_plan``) at each setting, batch size and layout, without gradients.

    layouts: whether tensors are in channels_last memory format (True) or contiguous (False)
    ceilings: those of this machine, if measured before; otherwise they are measured now
    """
    plans = {(name, setting): timed_plan(name, *setting) for setting in settings for name in what}  # or an error
    for batch in batches:
        check_int(batch, "batch")
    timings = []
    # Things that are compared take turns.
    groups = [list(plans)] if "network" in what else [[(name, setting) for name in what] for setting in settings]
    for batch, channels_last, keys in product(batches, layouts, groups):
        calls = {key: _call(plans[key], key, batch, channels_last) for key in keys}
        seconds = time_in_turn(calls, rounds, round_seconds)
        timings += [Timing(*key, batch, channels_last, seconds[key], page_faults(calls[key])) for key in keys]
    return Results(machine(), tuple(timings), ceilings or measure_ceilings(), fresh=True)


def time_networks(
    *,
    settings: Sequence[tuple[float, float]] = NETWORKS,
    batches: Sequence[int] = (1,),
    layouts: Sequence[bool] = (False, True),
    rounds: int = 5,
    ceilings: Ceilings | None = None,
) -> Results:
    """The same for whole networks, MobileNetV2 at (width_mult, resolution)."""
    return time_layers(
        what=("network",), settings=settings, batches=batches, layouts=layouts, rounds=rounds, ceilings=ceilings
    )


def measure_ceilings(rounds: int = 7) -> Ceilings:
    """The best rates that torch reaches on this machine: for a large matrix product, a large copy and a small copy.

    The product is tried as a matmul and as a large convolution, since the library behind either may be slower than the
    hardware; the faster of the two is the ceiling.
    """
    side = 1024
    matrix = torch.randn(side, side)
    last = {"memory_format": torch.channels_last}
    conv, images = nn.Conv2d(256, 256, 3, padding=1, bias=False).to(**last), torch.randn(8, 256, 14, 14).to(**last)
    large, small = torch.randn(2**25), torch.randn(2**16)  # 128 MiB, more than caches hold; 256 KiB, less
    to_large, to_small = torch.empty_like(large), torch.empty_like(small)
    seconds = time_in_turn(
        {
            "matmul": lambda: matrix @ matrix,
            "conv": lambda: conv(images),
            "large": lambda: to_large.copy_(large),
            "small": lambda: to_small.copy_(small),
        },
        rounds,
    )
    best = {name: min(values) for name, values in seconds.items()}
    macs = max(side**3 / best["matmul"], conv.weight.numel() * 8 * 14 * 14 / best["conv"])
    # A copy reads its bytes and writes them.
    memory, cache = (2 * 4 * tensor.numel() / best[name] for name, tensor in (("large", large), ("small", small)))
    return Ceilings(macs, memory, max(memory, cache))


def machine() -> dict[str, str]:
    """The kind of machine, without naming its owner."""
    allocator = {name: value for name, value in os.environ.items() if name.startswith("MALLOC_")}
    threads, today = str(torch.get_num_threads()), date.today().isoformat()
    about = {"processor": _processor(), "threads": threads, "torch": torch.__version__, "date": today}
    if allocator:
        about["allocator"] = " ".join(f"{name}={value}" for name, value in sorted(allocator.items()))
    return about


def _processor() -> str:
    info = Path("/proc/cpuinfo")  # platform.processor() is empty or "x86_64" on Linux
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _call(plan, key, batch: int, channels_last: bool) -> Callable[[], object]:
    name, setting = key
    if name == "network":
        module = blocks.MobileNetV2(setting[0])
    else:
        module = nn.Sequential(*(blocks.conv2d(step.spec) for step in plan))
    memory = torch.channels_last if channels_last else torch.contiguous_format
    module = module.eval().to(memory_format=memory)
    images = torch.randn(batch, *plan.input_shape[1:]).to(memory_format=memory)
    return lambda: module(images)
