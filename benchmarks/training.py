"""Trains the networks of notebook 08 with many seeds and writes the data files that the lesson ships.

python benchmarks/training.py --out FILE [--digits 1] [--seeds 20] [--force]
"""

import sys

import results_file

from mbv2_lesson.experiments import training
from mbv2_lesson.experiments.small_nets import (
    ABLATIONS,
    CHEAPER,
    EPOCHS,
    EQUAL_COST,
    LAYOUT_MATCHED,
    PARAMS_MATCHED,
    from_json,
)


def main() -> int:
    parser = results_file.parser(__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--digits", type=int, default=1, choices=EPOCHS, help="digits per image")
    options = results_file.options(parser)

    def progress(done: int, total: int, words: str) -> None:
        print(f"\r{done} of {total} trained", end="", file=sys.stderr, flush=True)

    equal_cost = [net for pair in EQUAL_COST for net in pair if net.digits == options.digits]
    others = (*LAYOUT_MATCHED, *PARAMS_MATCHED, *ABLATIONS, CHEAPER) if options.digits == 1 else ()
    epochs = EPOCHS[options.digits]
    comparison = training.compare((*others, *equal_cost), seeds=options.seeds, epochs=epochs, progress=progress)
    print(file=sys.stderr)
    if comparison.stopped:
        print("stopped; nothing is written", file=sys.stderr)
        return 1
    results_file.save(comparison.to_json(), options.out, from_json)
    print("params    MACs       accuracy (standard deviation over seeds)")
    for trained in comparison.trained:
        cost = trained.net.plan.cost
        print(f"{cost.params:6,}  {cost.macs:8,}  {trained.mean:.2%} ({trained.std:.2%})  {trained.net}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
