"""One row per rating of satisfaction: of surveys where there are some, else of tickets."""

from __future__ import annotations

import numpy as np

from crm_metrics.loaders.facts.workbench import Workbench, has_value, numbers, seen, unusable
from crm_metrics.tables import Table


def derive(bench: Workbench) -> None:
    """The survey's ratings where a survey asks for satisfaction, else the tickets'."""
    if "ratings" not in bench.wanted:
        return
    table = bench.tables.get("responses")
    surveyed = table is not None and (has_value(table.frame, "is_satisfied").any() or "is_satisfied" in table.unusable)
    date, what = "responded_at", "survey"
    if not surveyed:
        table, date, what = bench.tables.get("tickets"), "created_at", "ticket ratings"
    if table is None:
        return
    rated = has_value(table.frame, "is_satisfied")
    frame = table.frame[rated]
    if date in frame:
        frame["rated_at"] = frame[date]
    score = numbers(frame, "csat_score" if surveyed else "satisfaction_score")
    if not np.isnan(score).all():
        frame["score"] = score
    elif "score" in frame:
        frame = frame.drop(columns="score")
    made = Table("ratings", frame, {"rated_at": table.calendar.get(date, np.zeros(len(bench.sources), dtype=bool))})
    if "is_satisfied" in table.unusable:
        made.unusable = dict.fromkeys(("rated_at", "is_satisfied", "score"), table.unusable["is_satisfied"])
    elif not rated.any():
        return
    else:
        names = seen(frame, "rating_scale")
        bench.labels["csat"] = f"{what}, {' and '.join(names)}"
        if len(names) > 1:
            several = f"ratings are on the scales {' and '.join(names)}, which cannot be averaged together"
            made.unusable["score"] = unusable("scale-ambiguous", several)
        else:
            bench.labels["csat_score"] = f"{what}, {names[0]}"
    bench.tables["ratings"] = made
