"""Consensus of structured answers against the truth: python -m benchmarks.kinds --datasets DIR [--parts ...].

A part is a module here with `run(folder) -> list[Row]`; the folder holds one folder per recorded crowd.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks.kinds.tables import show

PARTS = ("spans", "text", "boxes")


def main() -> None:
    """Measure each part and print its table."""
    args = _arguments()
    for part in args.parts:
        started = time.monotonic()
        show(import_module(f"benchmarks.kinds.{part}").run(args.datasets))
        print(f"  {part}: {time.monotonic() - started:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="folders with labels.csv and gold.csv")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    args = parser.parse_args()
    if not args.datasets.is_dir():
        parser.error(f"no folder {args.datasets}: give one with --datasets, a folder per crowd")
    return args


if __name__ == "__main__":
    main()
