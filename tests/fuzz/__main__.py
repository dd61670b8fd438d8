"""`python -m tests.fuzz COUNT [--seed FIRST] [--jobs N]`: mutants on all cores, each failure with its seed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from multiprocessing import get_context

from tests.fuzz.running import Outcome, run

SHOWN = 40


def main() -> int:
    """0 when every mutant ended well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each mutant has the next one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    seeds, start = range(asked.seed, asked.seed + asked.count), time.perf_counter()
    outcomes: Counter[str] = Counter()
    failed: list[Outcome] = []
    slowest = 0.0
    with get_context("spawn").Pool(asked.jobs, maxtasksperchild=2000) as pool:
        for outcome in pool.imap_unordered(run, seeds, chunksize=20):
            outcomes[outcome.said] += 1
            slowest = max(slowest, outcome.seconds)
            if outcome.wrong:
                failed.append(outcome)
                print(f"seed {outcome.seed}: {outcome.wrong}\n", file=sys.stderr, flush=True)
    said = ", ".join(f"{count} {what}" for what, count in outcomes.most_common())
    seconds = time.perf_counter() - start
    print(f"{asked.count} mutants in {seconds:.0f} s (slowest {slowest:.1f} s): {said}; {len(failed)} failed")
    if failed:
        print("seeds: " + " ".join(str(outcome.seed) for outcome in failed[:SHOWN]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
