"""Times layers and networks for notebook 07 and writes the data file that the lesson ships.

    python benchmarks/speed.py --out FILE [--force]

glibc's allocator gives large blocks of memory back to the system after each call, and the system hands them out
again, page by page, for the next call. To see what that costs, run once more with

    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_TOP_PAD_=200000000 \
        python benchmarks/speed.py --out FILE
"""

import sys
from dataclasses import replace

import results_file

from mbv2_lesson.experiments import timer
from mbv2_lesson.experiments.timings import from_json


def main() -> int:
    parser = results_file.parser(__doc__.partition("\n")[0])
    options = results_file.options(parser)
    ceilings = timer.measure_ceilings(rounds=15)
    results = timer.time_layers(batches=(1, 8), rounds=15, ceilings=ceilings)
    networks = timer.time_networks(batches=(1, 8), rounds=9, ceilings=ceilings)
    results = replace(results, timings=results.timings + networks.timings)
    results_file.save(results.to_json(), options.out, from_json)
    print(", ".join(f"{name} {value}" for name, value in results.machine.items()))
    print("batch  layout         channels, size   MAC ratio   time ratio (quartiles)   faults, standard and separable")
    for batch, channels_last in results.cases:
        for setting in results.settings("separable"):
            both = [results.find(what, setting, batch, channels_last) for what in ("standard", "separable")]
            macs = both[0].macs / both[1].macs
            layout = "channels_last" if channels_last else "contiguous"
            faults = " ".join("?" if timing.page_faults is None else f"{timing.page_faults:.0f}" for timing in both)
            shape = f"{setting[0]}, {setting[1]}x{setting[1]}"
            time = results.speedup(setting, batch, channels_last)
            print(f"{batch:5}  {layout:13}  {shape:14}   {macs:9.1f}   {time!s:22}   {faults}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
