"""Reviews: how often something is claimed of companies in which nothing changes, whose customers differ, come back and come
in bursts; and how often a report of them says better or worse of any headline figure. The generator of the companies lies
beside the project; where it is not there, nothing is measured."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from crm_metrics import api
from crm_metrics.settings import Settings

GENERATOR = Path(__file__).parents[3] / "shared" / "bench" / "clustered.py"
AS_OF = date(2024, 12, 31)
PERIODS = ("2024-12", "2024-09", "2024-02", "2024-Q4", "2024-Q2")  # the newest are the youngest, February the shortest
CLAIMS, SIGNALS = 0.06, 0.10  # of reviews that claim anything, of reports with a better or worse headline figure


def claims(folder: str, period: str) -> list[str]:
    """What a review of a period claims."""
    return api.findings([folder], period=period, settings=Settings(as_of=AS_OF), today=AS_OF).claims


def marked(folder: str, period: str) -> list[str]:
    """The headline figures that a report of a period says to be better or worse."""
    settings = Settings(as_of=AS_OF)
    headlines = [metric.name for metric in api.query(settings=settings).metrics if metric.headline]
    rows = api.report(
        [folder], period=period, compare="previous", metrics=headlines, settings=settings, today=AS_OF
    ).rows
    return sorted(set(rows.loc[rows["signal"].isin(["better", "worse"]), "metric"]))


def measured(runs: int, seed: int, *, periods: Sequence[str] = PERIODS, size: str = "normal") -> tuple[list[str], bool]:
    """A line for each period: how many of so many companies claim anything, and what."""
    if not GENERATOR.exists():
        return [f"not measured: there is no {GENERATOR.name} beside the project"], True
    counts = {(period, kind): Counter[str]() for period in periods for kind in ("review", "report")}
    hits = Counter[tuple[str, str]]()
    for run in range(seed, seed + runs):
        with tempfile.TemporaryDirectory() as folder:
            made = [sys.executable, str(GENERATOR), str(run), folder, "--size", size]
            subprocess.run(made, check=True, capture_output=True)
            for period, kind in counts:
                said = (claims if kind == "review" else marked)(folder, period)
                counts[period, kind].update(said)
                hits[period, kind] += bool(said)
    lines, kept = ["companies of which a review claims, or a report marks, anything, % of runs"], True
    for (period, kind), said in counts.items():
        share, most = hits[period, kind] / runs, CLAIMS if kind == "review" else SIGNALS
        kept &= share <= most + 2 * (most * (1 - most) / runs) ** 0.5
        common = ", ".join(f"{name} {count}" for name, count in said.most_common(4))
        lines.append(f"{kind} {period:8}{100 * share:6.1f} of {100 * most:.0f} allowed   {common}")
    return lines, kept
