"""The review of a period as one page: sentences that say no more than the figures do, then the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.provenance import unripe
from crm_metrics.book.rows import FIGURE, limits, naming, row_of, unseen
from crm_metrics.commands import funnel as funnel, goals
from crm_metrics.commands.why.book import sentence
from crm_metrics.metrics.metric import Better, Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change
    from crm_metrics.analysis.review import Findings, Headline, Standout, Unpaid
    from crm_metrics.commands.review import Review

_STYLES = {"better": "green", "worse": "red"}
_HEADLINES = (
    *FIGURE,
    Column("before", "before", OF_ROW, spare=1),
    Column("value", "now", OF_ROW),
    *unseen("low", "high", unit=OF_ROW),
    Column("n", "records", Unit.COUNT, spare=2),
    Column("visible", "seen from", OF_ROW, spare=3),
    Column("change", "beyond chance", styles=_STYLES),
)
_STANDOUTS = (
    *FIGURE,
    Column("dimension", "by", spare=1),
    Column("segment", "of"),
    Column("value", "value", OF_ROW),
    *limits(OF_ROW, 3),
    Column("whole", "all together", OF_ROW),
    Column("n", "records", Unit.COUNT, spare=2),
    Column("standing", "", styles=_STYLES),
)
_CAMPAIGNS = (
    Column("campaign", "Campaign"),
    Column("cost", "cost", Unit.MONEY),
    Column("brought", "brought", Unit.MONEY),
    Column("deals", "deals won", Unit.COUNT, spare=1),
    Column("roi", "return", Unit.PERCENT),
    *unseen("currency"),
)
_CALLS = (
    Column("customer", "Customer"),
    Column("name", "Name", spare=2),
    Column("reasons", "why"),
    Column("mrr", "a month", Unit.MONEY, spare=1),
    Column("revenue", "so far", Unit.MONEY, spare=3),
    *unseen("currency"),
)
_CHANCE = (
    "Said to have changed, to stand out or not to pay is only what chance explains in fewer than 5 of 100 reviews in which "
    "nothing of it is true."
)
_TOLD = 8  # figures of which it is said how large a change would have been seen; the table has all
_ABOVE_0 = ("proportion", "share", "kept", "parts", "poisson")  # how figures that are never below it are sure
_SEGMENTS = 3  # of one figure that are told


def book(review: Review) -> Book:
    """The page: what changed and why, who stands out, which campaigns do not pay, the bottleneck, then the tables."""
    findings = review.findings
    says = [*_changes(findings), *_standouts(findings.standouts), *map(_unpaid, findings.unpaid)]
    says += [*_marked(findings.headlines), *_missed(findings.headlines), *unripe(review.metrics, review.ripe)]
    standouts = list(map(_standout, findings.standouts))
    sheets = [
        Sheet("headlines", "Headline figures", _HEADLINES, list(map(_headline, findings.headlines))),
        Sheet("standouts", "Stand out", _STANDOUTS, standouts, empty="no segment"),
    ]
    if findings.unpaid:
        rows = [row_of(_CAMPAIGNS, campaign) for campaign in findings.unpaid]
        sheets.append(Sheet("campaigns", "Campaigns that do not pay", _CAMPAIGNS, rows))
    if review.goals is not None:
        sheets += [Sheet("goals", "Goals", sheet.columns, sheet.rows) for sheet in goals.book(review.goals).sheets[:1]]
    if review.funnel is not None:
        says += funnel.book(review.funnel).says
    if review.calls:
        rows = [row_of(_CALLS, call, reasons="; ".join(call.reasons)) for call in review.calls]
        sheets.append(Sheet("customers", "Customers to call", _CALLS, rows))
    return Book(
        f"Review  {review.period.label}",
        Origin.of(review.dataset),
        sheets,
        [f"compared with {review.earlier.label}"],
        says,
        [_CHANCE, *review.absent],
        {"period": review.period.label, "compare_period": review.earlier.label},
    )


def _changes(findings: Findings) -> list[str]:
    detectable = [figure for figure in findings.headlines if figure.detectable]
    if not detectable:
        return ["No headline figure changed by more than chance brings, all of them taken together."]
    parts = {change.metric.name: change for change in findings.changes}
    alike: dict[tuple[float, int], list[Headline]] = {}
    for figure in detectable:  # a rate and what is left of it to 1 change alike, as do two names for the same money
        assert figure.value is not None
        assert figure.before is not None
        alike.setdefault((round(abs(figure.value - figure.before), 9), figure.n), []).append(figure)
    return [_changed(first, others, parts.get(first.metric.name)) for first, *others in alike.values()]


def _marked(headlines: Sequence[Headline]) -> list[str]:
    """The figures that a report marks and this page does not."""
    alone = dict.fromkeys(figure.metric.title for figure in headlines if figure.marked and not figure.detectable)
    if not alone:
        return []
    marks = f"A report, which judges each figure by itself, marks {' and '.join(alone)}"
    return [f"{marks}: with {len(headlines)} figures side by side that may be chance."]


def _missed(headlines: Sequence[Headline]) -> list[str]:
    """How large a change of rates, scores and times, for the worse, would have been found; one of those that move alike."""
    by_size: dict[float, str] = {}
    never: list[str] = []
    for figure in headlines:
        sized = figure.metric.is_money or figure.metric.unit is Unit.COUNT or figure.metric.better is Better.NEITHER
        if figure.visible is None or figure.detectable or not figure.before or sized:
            continue
        moved = "fall" if figure.metric.better is Better.HIGHER else "rise"
        if moved == "fall" and figure.metric.interval in _ABOVE_0 and figure.visible >= figure.before:
            never.append(figure.metric.title)
            continue
        large = cells.change(
            figure.visible, figure.visible / abs(figure.before), figure.metric.unit, figure.currency
        ).lstrip("+")
        by_size.setdefault(figure.visible, f"a {moved} of {figure.metric.title} by {large}")
    opening = "Four times in five this would have been found, and less would mostly have been missed"
    lines = [f"{opening}: {_listed([*by_size.values()])}."] if by_size else []
    return [*lines, f"Too few records tell of a fall of {_listed(never)}, however large."] if never else lines


def _listed(texts: Sequence[str], word: str = "or") -> str:
    *first, last = texts[:_TOLD]
    return f"{', '.join(first)} {word} {last}" if first else last


def _changed(figure: Headline, others: Sequence[Headline], change: Change | None) -> str:
    assert figure.value is not None
    assert figure.before is not None
    before, now = (cells.value(number, figure.metric.unit, figure.currency) for number in (figure.before, figure.value))
    moved = "rose" if figure.value > figure.before else "fell"
    also = f" (likewise {', '.join(other.metric.title.lower() for other in others)})" if others else ""
    start = f"{figure.metric.title} {moved} from {before} to {now}{also}: {'better' if figure.better else 'worse'}."
    return f"{start} {sentence(change)}" if change is not None and change.dimensions else start


def _standouts(segments: Sequence[Standout]) -> list[str]:
    """A sentence for each figure, by the dimension in which a segment is farthest from the rest; figures of which the same
    segments stand out share it."""
    by_metric: dict[str, list[Standout]] = {}
    for segment in segments:
        mine = by_metric.setdefault(segment.metric.name, [])
        if not mine or segment.dimension == mine[0].dimension:
            mine.append(segment)
    groups: dict[tuple[str, ...], list[list[Standout]]] = {}
    for mine in by_metric.values():
        key = (mine[0].metric.family, mine[0].dimension, *sorted(segment.segment for segment in mine))
        groups.setdefault(key, []).append(mine)
    return [_apart(group) for group in groups.values()]


def _apart(group: list[list[Standout]]) -> str:
    mine = sorted(group[0], key=lambda segment: segment.better)
    first = mine[0]
    figures = [
        f"{segment.segment} {cells.value(segment.value, first.metric.unit, segment.currency)} "
        f"({'better' if segment.better else 'worse'})"
        for segment in mine[:_SEGMENTS]
    ]
    figures += [f"{len(mine) - _SEGMENTS} more"] if len(mine) > _SEGMENTS else []
    also = f" (likewise {', '.join(other[0].metric.title.lower() for other in group[1:])})" if len(group) > 1 else ""
    overall = cells.value(first.overall, first.metric.unit, first.currency)
    return f"{first.metric.title} by {first.dimension}: {_listed(figures, 'and')}, against {overall} in all{also}."


def _unpaid(campaign: Unpaid) -> str:
    cost, brought = (cells.value(number, Unit.MONEY, campaign.currency) for number in (campaign.cost, campaign.brought))
    deals = cells.several(campaign.deals, "deal")
    return f"The campaign {campaign.campaign} does not pay: it cost {cost} and brought {brought} from {deals} won."


def _headline(figure: Headline) -> list[Cell]:
    direction = None if not figure.detectable else "better" if figure.better else "worse"
    neither = "" if figure.metric.better is Better.NEITHER else "no"
    shown = direction or (neither if figure.before is not None and figure.value is not None else "")
    return row_of(_HEADLINES, figure, **naming(figure.metric), change=shown)


def _standout(segment: Standout) -> list[Cell]:
    words = {"whole": segment.overall, "standing": "better" if segment.better else "worse"}
    return row_of(_STANDOUTS, segment, **naming(segment.metric) | words)
