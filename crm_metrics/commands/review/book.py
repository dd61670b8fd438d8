"""The review of a period as one page: sentences that say no more than the figures do, then the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells, naming
from crm_metrics.commands import funnel, goals
from crm_metrics.commands.why.words import sentence
from crm_metrics.metrics.metric import Better, Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change
    from crm_metrics.analysis.review import Findings, Headline, Standout, Unpaid
    from crm_metrics.commands.review import Review

_STYLES = {"better": "green", "worse": "red"}
_HEADLINES = (
    Column("metric", shown=False),
    Column("title", "Figure"),
    Column("unit", shown=False),
    Column("currency", shown=False),
    Column("before", "before", OF_ROW, spare=1),
    Column("value", "now", OF_ROW),
    Column("low", shown=False, unit=OF_ROW),
    Column("high", shown=False, unit=OF_ROW),
    Column("n", "records", Unit.COUNT, spare=2),
    Column("visible", "seen from", OF_ROW, spare=3),
    Column("change", "beyond chance", styles=_STYLES),
)
_STANDOUTS = (
    Column("metric", shown=False),
    Column("title", "Figure"),
    Column("unit", shown=False),
    Column("currency", shown=False),
    Column("dimension", "by", spare=1),
    Column("segment", "of"),
    Column("value", "value", OF_ROW),
    Column("low", "at least", OF_ROW, spare=3),
    Column("high", "at most", OF_ROW, spare=3),
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
    Column("currency", shown=False),
)
_CALLS = (
    Column("customer", "Customer"),
    Column("name", "Name", spare=2),
    Column("reasons", "why"),
    Column("mrr", "a month", Unit.MONEY, spare=1),
    Column("revenue", "so far", Unit.MONEY, spare=3),
    Column("currency", shown=False),
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
    found = review.findings
    says = [*_changes(found), *_standouts(found.standouts), *map(_unpaid, found.unpaid), *_unseen(found.headlines)]
    says += naming.unripe(review.metrics, review.ripe)
    sheets = [
        Sheet("headlines", "Headline figures", _HEADLINES, [_headline(one) for one in found.headlines]),
        Sheet("standouts", "Stand out", _STANDOUTS, [_standout(one) for one in found.standouts], empty="no segment"),
    ]
    if found.unpaid:
        rows = [[one.campaign, one.cost, one.brought, one.deals, one.roi, one.currency] for one in found.unpaid]
        sheets.append(Sheet("campaigns", "Campaigns that do not pay", _CAMPAIGNS, rows))
    if review.goals is not None:
        sheets += [Sheet("goals", "Goals", one.columns, one.rows) for one in goals.book(review.goals).sheets[:1]]
    if review.funnel is not None:
        says += funnel.book(review.funnel).says
    if review.calls:
        sheets.append(
            Sheet(
                "customers",
                "Customers to call",
                _CALLS,
                [
                    [one.customer, one.name, "; ".join(one.reasons), one.mrr, one.revenue, one.currency]
                    for one in review.calls
                ],
            )
        )
    return Book(
        f"Review  {review.period.label}",
        Origin.of(review.dataset),
        sheets,
        [f"compared with {review.earlier.label}"],
        says,
        [_CHANCE, *review.absent],
        {"period": review.period.label, "compare_period": review.earlier.label},
    )


def _changes(found: Findings) -> list[str]:
    told = [one for one in found.headlines if one.detectable]
    if not told:
        return ["No headline figure changed by more than chance brings."]
    parts = {change.metric.name: change for change in found.changes}
    alike: dict[tuple[float, int], list[Headline]] = {}
    for one in told:  # a rate and what is left of it to 1 change alike, as do two names for the same money
        assert one.value is not None
        assert one.before is not None
        alike.setdefault((round(abs(one.value - one.before), 9), one.n), []).append(one)
    return [_changed(first, others, parts.get(first.metric.name)) for first, *others in alike.values()]


def _unseen(headlines: Sequence[Headline]) -> list[str]:
    """How large a change of rates, scores and times, for the worse, would have been found; one of those that move alike."""
    told: dict[float, str] = {}
    never: list[str] = []
    for one in headlines:
        sized = one.metric.is_money or one.metric.unit is Unit.COUNT or one.metric.better is Better.NEITHER
        if one.visible is None or one.detectable or not one.before or sized:
            continue
        moved = "fall" if one.metric.better is Better.HIGHER else "rise"
        if moved == "fall" and one.metric.interval in _ABOVE_0 and one.visible >= one.before:
            never.append(one.metric.title)
            continue
        large = cells.change(one.visible, one.visible / abs(one.before), one.metric.unit, one.currency).lstrip("+")
        told.setdefault(one.visible, f"a {moved} of {one.metric.title} by {large}")
    said = "Four times in five this would have been found, and less would mostly have been missed"
    lines = [f"{said}: {_listed([*told.values()])}."] if told else []
    return [*lines, f"Too few records tell of a fall of {_listed(never)}, however large."] if never else lines


def _listed(told: Sequence[str]) -> str:
    *first, last = told[:_TOLD]
    return f"{', '.join(first)} or {last}" if first else last


def _changed(one: Headline, others: Sequence[Headline], change: Change | None) -> str:
    assert one.value is not None
    assert one.before is not None
    before, now = (cells.value(number, one.metric.unit, one.currency) for number in (one.before, one.value))
    moved = "rose" if one.value > one.before else "fell"
    also = f" (likewise {', '.join(other.metric.title.lower() for other in others)})" if others else ""
    start = f"{one.metric.title} {moved} from {before} to {now}{also}: {'better' if one.better else 'worse'}."
    return f"{start} {sentence(change)}" if change is not None and change.dimensions else start


def _standouts(found: Sequence[Standout]) -> list[str]:
    """A sentence for each figure, by the dimension in which a segment is farthest from the rest; figures of which the same
    segments stand out share it."""
    by_metric: dict[str, list[Standout]] = {}
    for one in found:
        mine = by_metric.setdefault(one.metric.name, [])
        if not mine or one.dimension == mine[0].dimension:
            mine.append(one)
    told: dict[tuple[str, ...], list[list[Standout]]] = {}
    for mine in by_metric.values():
        key = (mine[0].metric.family, mine[0].dimension, *sorted(one.segment for one in mine))
        told.setdefault(key, []).append(mine)
    return [_apart(group) for group in told.values()]


def _apart(group: list[list[Standout]]) -> str:
    mine = sorted(group[0], key=lambda one: one.better)
    first = mine[0]
    figures = [
        f"{one.segment} {cells.value(one.value, one.metric.unit, one.currency)} ({'better' if one.better else 'worse'})"
        for one in mine[:_SEGMENTS]
    ]
    more = [f"{len(mine) - _SEGMENTS} more"] if len(mine) > _SEGMENTS else []
    also = f" (likewise {', '.join(other[0].metric.title.lower() for other in group[1:])})" if len(group) > 1 else ""
    whole = cells.value(first.overall, first.metric.unit, first.currency)
    listed = " and ".join(filter(None, [", ".join([*figures, *more][:-1]), [*figures, *more][-1]]))
    return f"{first.metric.title} by {first.dimension}: {listed}, against {whole} in all{also}."


def _unpaid(one: Unpaid) -> str:
    cost, brought = (cells.value(number, Unit.MONEY, one.currency) for number in (one.cost, one.brought))
    deals = "1 deal won" if one.deals == 1 else f"{cells.count(one.deals)} deals won"
    return f"The campaign {one.campaign} does not pay: it cost {cost} and brought {brought} from {deals}."


def _headline(one: Headline) -> list[Cell]:
    said = None if not one.detectable else "better" if one.better else "worse"
    unit = str(one.metric.unit)
    neither = "" if one.metric.better is Better.NEITHER else "no"
    shown = said or (neither if one.before is not None and one.value is not None else "")
    return [
        one.metric.name,
        one.metric.title,
        unit,
        one.currency,
        one.before,
        one.value,
        one.low,
        one.high,
        one.n,
        one.visible,
        shown,
    ]


def _standout(one: Standout) -> list[Cell]:
    unit, said = str(one.metric.unit), "better" if one.better else "worse"
    figures = [one.value, one.low, one.high, one.overall]
    return [one.metric.name, one.metric.title, unit, one.currency, one.dimension, one.segment, *figures, one.n, said]
