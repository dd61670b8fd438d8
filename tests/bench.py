"""How long a report takes, in times of what it cannot do without: ``python -m tests.bench [ROWS]``.

Makes three exports of ROWS rows each (100,000 without), runs the stages of a report one after the other, each in a process
of its own, and prints seconds, memory, and the ratio to the parse floor (Arrow reads the files) and to plain pandas (reads
the files, and sums the amounts by month). What the machine does besides is in all of them alike; the least of three runs
counts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

RUNS = 3
DAYS = np.datetime64("2024-01-01")
ALL = "files = [str(path) for path in sorted(pathlib.Path(sys.argv[1]).glob('*.csv'))]\n"
STAGES = {
    "parse floor (Arrow)": "import pyarrow.csv as c\nfor one in files: c.read_csv(one)",
    "plain pandas": (
        "import pandas as pd\nframes = [pd.read_csv(one) for one in files]\ndeals = frames[0]\n"
        "deals.groupby(deals['Close Date'].str[:7])['Amount'].sum()"
    ),
    "open and recognise": "from crm_metrics.session import Session\nSession(files).columns",
    "load for one figure": (
        "from crm_metrics.session import Session\ns = Session(files)\n"
        "s.load(s.query(period='2025-06', metrics=['win_rate']))"
    ),
    "load for all figures": "from crm_metrics.session import Session\ns = Session(files)\ns.load(s.query(period='2025-06'))",
    "report of a month": "from crm_metrics import api\napi.report(files, period='2025-06')",
    "report by month and owner": "from crm_metrics import api\napi.report(files, period='2025', by=['month', 'owner'])",
}


def make(folder: Path, rows: int) -> None:
    """Deals, tickets and survey answers of two years, the same for the same number of rows."""
    rng = np.random.default_rng(rows)

    def day() -> pa.Array:
        return pa.array(DAYS + rng.integers(0, 730, rows))

    def one_of(*words: str) -> pa.Array:
        return pa.array(words).take(pa.array(rng.integers(0, len(words), rows)))

    customers = pa.array([f"C{number}" for number in rng.integers(0, max(rows // 20, 1), rows)])
    number = np.arange(rows)
    owners = [f"Owner {at}" for at in range(20)]
    tables = {
        "deals": {
            "Deal ID": number, "Customer": customers, "Owner": one_of(*owners), "Amount": rng.integers(1, 10_000, rows),
            "Stage": one_of("Closed Won", "Closed Lost", "Proposal"), "Create Date": day(), "Close Date": day(),
        },
        "nps": {"Response ID": number, "Customer": customers, "Responded at": day(), "NPS": rng.integers(0, 11, rows)},
        "tickets": {
            "Ticket ID": number, "Customer": customers, "Assignee": one_of(*owners), "Created at": day(),
            "Status": one_of("Open", "Solved"), "Solved at": day(),
        },
    }  # fmt: skip
    for name, columns in tables.items():
        pa_csv.write_csv(pa.table(columns), folder / f"{name}.csv")


def run(code: str, folder: Path) -> tuple[float, float]:
    """The seconds that a stage takes in a process of its own, what it imports included, and the megabytes."""
    script = (
        f"import pathlib, resource, sys, time\nbegan = time.perf_counter()\n{ALL}{code}\n"
        "most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "print(time.perf_counter() - began, most)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    seconds, most = done.stdout.split()[-2:]
    return float(seconds), float(most)


def measured(rows: int) -> list[tuple[str, float, float]]:
    """Each stage with its seconds and megabytes, the least of some runs, taken in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, rows)
        runs = [[run(code, folder) for code in STAGES.values()] for _ in range(RUNS)]
    return [
        (stage, *map(min, zip(*found, strict=True)))
        for stage, found in zip(STAGES, zip(*runs, strict=True), strict=True)
    ]


def table(found: list[tuple[str, float, float]]) -> str:
    """The stages as a table."""
    (_, floor, _), (_, plain, _), *_ = found
    lines = ["| stage | seconds | MB | × floor | × pandas |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {took:.2f} | {most:,.0f} | {took / floor:.2f} | {took / plain:.2f} |" for name, took, most in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measured(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000)))
