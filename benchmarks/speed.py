"""Times layers and networks for notebook 07 and writes the data file that the lesson ships.

    python benchmarks/speed.py --out FILE [--force]

The allocator of glibc gives large blocks of memory back to the system after each call, and the next call must have
them handed out anew, page by page. To see what that costs, run once more with

    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_TOP_PAD_=200000000 \
        python benchmarks/speed.py --out FILE
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from mbv2_lesson import speed
from mbv2_lesson.timings import from_json


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    options = parser.parse_args()
    if not options.out.parent.is_dir():
        parser.error(f"there is no folder {str(options.out.parent)!r}")
    if options.out.exists() and not options.force:
        parser.error(f"{str(options.out)!r} is there already; choose another name or say --force")
    ceilings = speed.measure_ceilings(rounds=15)
    results = speed.measure(batches=(1, 8), rounds=15, ceilings=ceilings)
    networks = speed.measure_networks(batches=(1, 8), rounds=9, ceilings=ceilings)
    results = replace(results, timings=results.timings + networks.timings)
    text = results.to_json()
    from_json(text)  # what is written can be read
    draft = options.out.with_name(f".{options.out.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(options.out)
    print(", ".join(f"{name} {value}" for name, value in results.machine.items()))
    print("batch  layout         channels, size   MAC ratio   time ratio (quartiles)   faults, standard and separable")
    for batch, channels_last in results.cases:
        for setting in results.settings("separable"):
            both = [results.find(what, setting, batch, channels_last) for what in ("standard", "separable")]
            macs = both[0].macs / both[1].macs
            layout = "channels_last" if channels_last else "contiguous"
            faults = " ".join("?" if one.page_faults is None else f"{one.page_faults:.0f}" for one in both)
            shape = f"{setting[0]}, {setting[1]}x{setting[1]}"
            time = results.speedup(setting, batch, channels_last)
            print(f"{batch:5}  {layout:13}  {shape:14}   {macs:9.1f}   {time!s:22}   {faults}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
