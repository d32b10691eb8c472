"""Trains the networks of notebook 08 with many seeds and writes the data file that the lesson ships.

python benchmarks/training.py --out FILE [--seeds 20] [--force]
"""

import argparse
import sys
from pathlib import Path

from mbv2_lesson import training
from mbv2_lesson.small_nets import ABLATIONS, LAYOUT_MATCHED, PARAMS_MATCHED, from_json


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    options = parser.parse_args()
    if not options.out.parent.is_dir():
        parser.error(f"there is no folder {str(options.out.parent)!r}")
    if options.out.exists() and not options.force:
        parser.error(f"{str(options.out)!r} is there already; choose another name or say --force")

    def progress(done: int, total: int, words: str) -> None:
        print(f"\r{done} of {total} trained", end="", file=sys.stderr, flush=True)

    nets = (*LAYOUT_MATCHED, *PARAMS_MATCHED, *ABLATIONS)
    comparison = training.compare(nets, seeds=options.seeds, progress=progress)
    print(file=sys.stderr)
    if comparison.stopped:
        print("stopped; nothing is written", file=sys.stderr)
        return 1
    text = comparison.to_json()
    from_json(text)  # what is written can be read
    draft = options.out.with_name(f".{options.out.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(options.out)
    print("params    MACs       accuracy (standard deviation over seeds)")
    for one in comparison.trained:
        cost = one.net.plan.cost
        print(f"{cost.params:6,}  {cost.macs:8,}  {one.mean:.2%} ({one.deviation:.2%})  {one.net}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
