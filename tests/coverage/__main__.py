"""`python -m tests.coverage [SECTION …] [--runs N] [--seed FIRST]`: what is measured on made-up data of which the truth is
known. A section is a module of this package; it prints what it was measured with, and says whether the rates are kept."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from time import monotonic


def main() -> int:
    """0 when every section keeps what it promises."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(known))
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(known):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    kept = True
    for name in asked.sections or known:
        began = monotonic()
        said, held = import_module(f"tests.coverage.{name}").measured(asked.runs, asked.seed)
        print(f"{name}: {asked.runs} runs from seed {asked.seed}, {monotonic() - began:.0f} s")
        print("\n".join(f"  {line}" for line in said))
        kept &= held
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
