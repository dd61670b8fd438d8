"""`python -m tests.false_alarms COUNT [--why] [--seed FIRST] [--jobs N]`: how many of so many reviews (with `--why`, runs of
`why`) claim something where nothing happened. Exit code 1 when it is more than 5 of 100, by more than chance."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from multiprocessing import get_context

from scipy.stats import binom

from tests.false_alarms.claiming import claims, reasons

ALLOWED = 0.05


def main() -> int:
    """0 when at most 5 of 100 claim something, or chance alone may bring more."""
    parser = argparse.ArgumentParser(prog="python -m tests.false_alarms", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--why", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    alarms, said = 0, Counter[str]()
    with get_context("spawn").Pool(asked.jobs) as pool:
        for found in pool.imap_unordered(reasons if asked.why else claims, range(asked.seed, asked.seed + asked.count)):
            alarms += bool(found)
            said.update(" ".join(claim.split()[:3]) for claim in found)
    low, high = binom.interval(0.95, asked.count, alarms / asked.count)
    print(f"{alarms} of {asked.count} claim something ({low:.0f} to {high:.0f} by chance); allowed are 5 of 100")
    for claim, count in said.most_common():
        print(f"  {count} {claim}")
    return int(alarms > binom.ppf(0.975, asked.count, ALLOWED))


if __name__ == "__main__":
    sys.exit(main())
