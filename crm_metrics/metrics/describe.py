"""The catalogue in words: a list of metrics, or one with its formula, its parts, its edges and a worked example."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from textwrap import fill, indent

from crm_metrics import schema
from crm_metrics.metrics.catalog import FAMILY_TITLES, Catalog
from crm_metrics.metrics.checking import NAMED_VALUES, columns_of, references
from crm_metrics.metrics.metric import Better, Example, Metric

_WIDTH = 100
_DIRECTIONS = {Better.HIGHER: "higher is better", Better.LOWER: "lower is better", Better.NEITHER: ""}


def listing(metrics: Iterable[Metric]) -> str:
    """All metrics by family: name, unit, title."""
    shown = list(metrics)
    width = max(len(metric.name) for metric in shown)
    lines: list[str] = []
    for family, members in groupby(shown, key=lambda metric: metric.family):
        lines += ["", FAMILY_TITLES.get(family, family)]
        lines += [f"  {metric.name:{width}}  {metric.unit!s:13}  {metric.title}" for metric in members]
    return "\n".join([*lines[1:], "", "'crm-metrics metrics NAME' explains one."])


def described(metric: Metric, catalog: Catalog) -> str:
    """One metric: what it means, how it is made, what it needs, where its edges are, and its examples."""
    direction = _DIRECTIONS[metric.better]
    blocks = [f"{metric.title} ({metric.name})", fill(metric.about, _WIDTH)]
    blocks.append(f"Unit      {metric.unit}{f', {direction}' if direction else ''}")
    blocks.append(f"Formula   {rule(metric)}")
    if parts := _parts(metric, catalog):
        blocks.append("Where\n" + "\n".join(f"  {part}" for part in parts))
    aggregates = [part for part in catalog.parts([metric]) if part.aggregate]
    needs = sorted({f"  {part.table}: {', '.join(columns_of(part))}" for part in aggregates})
    blocks.append("Needs\n" + "\n".join(needs))
    headed = {
        "Edges": [metric.edges],
        "As published by": [metric.source],
        "Also called": [", ".join(metric.also)],
        "On the vendor's own screen": metric.differs.values(),
    }
    for heading, texts in headed.items():
        if any(texts):
            blocks.append("\n".join([heading, *(indent(fill(text, _WIDTH - 2), "  ") for text in texts)]))
    return "\n\n".join([*filter(None, blocks), *map(_example, metric.examples)])


def defined(metric: Metric, catalog: Catalog) -> dict[str, str]:
    """What a figure means by heading: meaning, formula, parts, direction, edges; nothing of what there is nothing to say."""
    by_heading = {
        "meaning": metric.about,
        "formula": rule(metric),
        "where": "; ".join(_parts(metric, catalog)),
        "direction": _DIRECTIONS[metric.better],
        "edges": metric.edges,
    }
    return {heading: text for heading, text in by_heading.items() if text}


def _parts(metric: Metric, catalog: Catalog) -> list[str]:
    """What each name in the formula is."""
    names = references(metric) if metric.formula is not None else []
    return [
        f"{name}: {catalog[name].title}: {rule(catalog[name])}" if name in catalog else f"{name}: {NAMED_VALUES[name]}"
        for name in names
    ]


def rule(metric: Metric) -> str:
    """How a metric is made, in one line."""
    if metric.formula is not None:
        spread = ", as the rate of one month" if metric.per_month else ""
        instead = f", else {metric.otherwise_text}" if metric.otherwise_text else ""
        put = {"mean": "mean of the months: ", "sum": "sum of the months: "}.get(metric.over_months or "", "")
        return f"{put}{metric.formula_text}{instead}{spread}"
    what = f"{metric.aggregate} of {metric.table}{f'.{metric.column}' if metric.column else ''}"
    if metric.is_age:
        what = f"{metric.aggregate} of the days since {metric.table}.{metric.column}"
    if metric.q is not None:
        what = f"{metric.q:g} {what}"
    where = f" where {metric.where_text}" if metric.where_text else ""
    return f"{what}{where}, {when(metric)}"


def when(metric: Metric) -> str:
    """How the metric's rows are placed in time, in words."""
    if metric.at is not None:
        spec = schema.column(metric.table, metric.at)
        reach = {"to_end": ", up to the end of the period", "whole": ", also after the day up to which the data goes"}
        until = reach.get(metric.window or "", "")
        return f"by {metric.at}{f' ({spec.about})' if spec else ''}{until}"
    if metric.open is None:
        return "as of now"
    ends = " to ".join(metric.open)
    return {
        "end": f"open at the end of the period ({ends})",
        "start": f"open at the start of the period ({ends})",
        "both": f"open at the start and at the end ({ends})",
        "capped": f"open at the start and at the end, worth at most what it was at the start ({ends})",
        "gained": f"open at the end, not at the start ({ends})",
        "lost": f"open at the start, not at the end ({ends})",
        "within": f"begun in the period, open at neither edge ({ends})",
    }[metric.when]


def _example(example: Example) -> str:
    lines = ["Example" + (f": {example.why}" if example.why else "")]
    for table, text in example.tables.items():
        lines += [f"  {table}", *(f"    {line}" for line in text.strip().splitlines())]
    as_of = f", as of {example.as_of}" if example.as_of else ""
    settings = ", ".join(f"{name} = {value}" for name, value in (example.settings or {}).items())
    settings = f", with {settings}" if settings else ""
    row = f" for {', '.join(f'{name} {value}' for name, value in example.of.items())}" if example.of else ""
    outcome = f"not available ({example.reason})" if example.gives is None else f"{example.gives:g}"
    lines.append(f"  {example.period}{as_of}{settings}{row}: {outcome}")
    return "\n".join(lines)
