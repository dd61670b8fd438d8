"""The open pipeline as tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_metrics.book import Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import row_of, unseen
from crm_metrics.commands.pipeline.moves import CURRENCY, ON_PAGE, matching_notes, sheets_of
from crm_metrics.engine.cells import or_none
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.pipeline.standing import Group, Risk, Standing
    from crm_metrics.commands.pipeline import Pipeline
    from crm_metrics.tables import Source

_HEADINGS = {"stage": "Stage", "owner": "Owner", "expected": "Expected close"}
_GROUP = (
    Column("deals", "Open", Unit.COUNT),
    Column("without_amount", "no amount", Unit.COUNT, spare=4),
    Column("value", "Value", Unit.MONEY),
    Column("weighted_by_file", "Weighted by file", Unit.MONEY, spare=2),
    Column("weighted_by_history", "Weighted by history", Unit.MONEY),
    Column("expected_wins", "Wins by history", Unit.COUNT, spare=3),
    Column("median_age", "Median age", Unit.DAYS, spare=1),
    Column("overdue", "Overdue", Unit.COUNT),
    Column("stuck", "Stuck", Unit.COUNT),
    Column("inactive", "No activity", Unit.COUNT, spare=1),
    CURRENCY,
)
_CHANCES = (
    Column("reached", "Reached"),
    Column("won", "Won in the end", Unit.PERCENT, bar=True),
    Column("low", "at least", Unit.PERCENT),
    Column("high", "at most", Unit.PERCENT),
    Column("n", "of deals", Unit.COUNT),
    Column("usual_days", "Usual days", Unit.DAYS, spare=1),
    Column("most_days", "nine of ten", Unit.DAYS, spare=1),
)
_COVER = (
    Column("goal", "Goal for revenue won"),
    Column("target", "Target", Unit.MONEY),
    Column("won", "Won so far", Unit.MONEY),
    Column("value", "Expected to close", Unit.MONEY),
    Column("weighted_by_history", "Weighted by history", Unit.MONEY),
    Column("coverage", "Coverage", Unit.RATIO),
    Column("note", "", spare=1),
    CURRENCY,
)
_RISKS = (
    Column("deal", "Deal"),
    Column("owner", "Owner", spare=3),
    Column("stage", "Stage", spare=2),
    Column("amount", "Amount", Unit.MONEY),
    Column("age_days", "Days open", Unit.COUNT, spare=4),
    Column("expected", "Expected", spare=5),
    Column("reasons", "Why"),
    Column("place", "Row", spare=1),
    *unseen("is_overdue", "is_stuck", "is_inactive", "currency"),
)


def book(pipeline: Pipeline) -> Book:
    """What is open, by each dimension, with the chances it is weighed with, the goals and the deals at risk; against an
    older export first what changed."""
    standing = pipeline.standing
    by = [_groups(dim, standing.groups[dim]) for dim in pipeline.by]
    covers = [_covers(standing)] if standing.covers else []
    risks = _risks(standing, pipeline.dataset.sources)
    sheets = [*by, _chances(standing), *covers, risks]
    about = [f"nothing later is used; the data goes on to {pipeline.later}"] if pipeline.later is not None else []
    says = [_total(group) for group in standing.total] or ["No deal is open."]
    if pipeline.moves is not None and pipeline.old is not None:
        sheets = [*sheets_of(pipeline), *sheets]
        about.append(f"against an export with data up to {pipeline.old.as_of}")
        says = [*matching_notes(pipeline.moves), *says]
    return Book("Pipeline", Origin.of(pipeline.dataset), sheets, about, says, _notes(pipeline), _as_json(pipeline))


def _as_json(pipeline: Pipeline) -> dict[str, object]:
    names = [column.name for column in _GROUP]
    totals = [dict(zip(names, _values(group), strict=True)) for group in pipeline.standing.total]
    against = pipeline.old.as_of if pipeline.old else None
    return {"totals": totals, "win_rate": or_none(pipeline.standing.win_rate), "against_as_of": against}


def _total(group: Group) -> str:
    def money(value: float | None) -> str:
        return cells.value(value, Unit.MONEY, group.currency)

    sentence = f"{cells.count(group.deals)} deals are open"
    if group.value is None:
        return f"{sentence}; none of them has an amount."
    sentence += f", worth {money(group.value)}"
    if unpriced := group.deals - group.priced:
        sentence += f" ({cells.count(unpriced)} without an amount)"
    if group.by_file is not None:
        sentence += f"; weighted by the file's probabilities {money(group.by_file)}"
    if group.by_history is not None:
        sentence += f"; weighted by the history of these files {money(group.by_history)}"
    return f"{sentence}."


def _groups(dim: str, groups: Sequence[Group]) -> Sheet:
    heading = _HEADINGS.get(dim, dim.replace("_", " ").capitalize())
    rows = [[group.label, *_values(group)] for group in groups]
    columns = (Column(dim, heading), *_GROUP)
    return Sheet(f"by_{dim}", f"By {heading.casefold()}", columns, rows, empty="no deal is open")


def _values(group: Group) -> list[Cell]:
    weighted = {"weighted_by_file": group.by_file, "weighted_by_history": group.by_history, "expected_wins": group.wins}
    return row_of(_GROUP, group, without_amount=group.deals - group.priced, **weighted, median_age=group.age)


def _chances(standing: Standing) -> Sheet:
    rows: list[list[Cell]] = []
    for chance in standing.chances:
        usual = standing.lasting.stages.get(chance.stage or "")
        name = chance.stage if chance.stage is not None else f"{chance.age} days open" if chance.age else "any age"
        times = [usual.median, usual.most] if usual else [None, None]
        share = chance.share if chance.used else None
        rows.append([name, share, chance.low, chance.high, chance.n, *times])
    notes = []
    if (cycle := standing.lasting.cycle) is not None:
        notes.append(
            f"The {cells.count(cycle.n)} deals won took {cells.value(cycle.median, Unit.DAYS)} in the middle; nine of ten "
            f"at most {cells.value(cycle.most, Unit.DAYS)}: what is open for longer is called stuck."
        )
    if standing.chances and standing.chances[0].stage is None:
        notes.append("The files hold no history of stages: open deals are weighed by how long they have been open.")
    if standing.chances and standing.chances[-1].share == 0 and standing.chances[-1].age:
        notes.append(
            f"No deal was ever won after {standing.chances[-1].age - 1} days: what is older counts for nothing."
        )
    if standing.win_rate != standing.win_rate:
        notes.append("Fewer than 10 deals have been closed: that is too little history to weigh open ones with.")
    elif any(not chance.used for chance in standing.chances):
        rate = cells.value(standing.win_rate, Unit.PERCENT)
        notes.append(f"Where fewer than 10 closed deals say so, the win rate of all stands in: {rate}.")
    title = "Chances of winning, by the history of these files"
    return Sheet("chances", title, _CHANCES, rows, notes=notes, empty="no deal has been closed")


def _covers(standing: Standing) -> Sheet:
    rows = []
    for cover in standing.covers:
        note = cover.problem or ("reached" if (cover.won or 0) >= cover.target else "")
        figures = {"weighted_by_history": cover.by_history, "coverage": cover.ratio}
        rows.append(row_of(_COVER, cover, goal=f"{cover.start} to {cover.due}", **figures, note=note))
    note = "Coverage: open deals expected to close by then, against what is still to be won."
    return Sheet("coverage", "Goals", _COVER, rows, notes=[note])


def _risks(standing: Standing, sources: Sequence[Source]) -> Sheet:
    rows = [_risk(risk, sources) for risk in standing.risks]
    return Sheet("at_risk", "At risk", _RISKS, rows, empty="no open deal is at risk", first=ON_PAGE)


def _risk(risk: Risk, sources: Sequence[Source]) -> list[Cell]:
    return row_of(
        _RISKS,
        risk,
        deal=risk.label,
        age_days=risk.age,
        reasons="; ".join(_reasons(risk)),
        place=f"{sources[risk.source].path}:{risk.row}",
        is_overdue=risk.overdue_days is not None,
        is_stuck=risk.age_limit is not None or risk.stage_limit is not None,
        is_inactive=risk.inactive_days is not None,
    )


def _reasons(risk: Risk) -> list[str]:
    reasons = []
    if risk.overdue_days is not None:
        reasons.append(f"{cells.several(risk.overdue_days, 'day')} overdue")
    if risk.age_limit is not None:
        reasons.append(
            f"open for {cells.count(risk.age or 0)} days, nine of ten wins took at most {risk.age_limit:,.0f}"
        )
    if risk.stage_limit is not None:
        reasons.append(
            f"in {risk.stage} for {cells.count(risk.in_stage or 0)} days, nine of ten wins at most {risk.stage_limit:,.0f}"
        )
    if risk.inactive_days is not None:
        days = cells.count(risk.inactive_days)
        reasons.append(
            f"no activity since it was created {days} days ago" if risk.never else f"no activity for {days} days"
        )
    return reasons


def _notes(pipeline: Pipeline) -> list[str]:
    standing = pipeline.standing
    notes = []
    if pipeline.later is not None:
        notes.append("The amount, stage, owner and probability of deals at a past moment are those of the export.")
    if not standing.amounts_known:
        notes.append(
            "Most lost deals of these files have no amount: amounts seem to be filled in at the end, so that those of deals "
            "open then say little of what they were thought to be worth."
        )
    if standing.closed_since and standing.has_probability:
        notes.append(
            f"{cells.count(standing.closed_since)} deals that were open then have been closed since; what probability they "
            "had is not known, so nothing with them is weighted by the file."
        )
    if not standing.has_probability:
        notes.append("The files have no probabilities: nothing is weighted by them.")
    if not standing.has_expected:
        notes.append("No open deal says when it is expected to close: none can be called overdue.")
    return [*notes, *_activity(pipeline)]


def _activity(pipeline: Pipeline) -> list[str]:
    """When a deal counts as without activity, and of which open deals the files do not tell."""
    activity, notes = pipeline.standing.activity, []
    every = cells.count(len(activity.days))
    if activity.untold and activity.untold == len(activity.days):
        notes.append("The files do not give the last activity of open deals: none can be called without activity.")
    elif activity.untold:
        some = f"{cells.count(activity.untold)} of the {every} open deals"
        notes.append(f"The files do not give the last activity of {some}, which cannot be called without activity.")
    if activity.untold < len(activity.days):
        days = cells.count(activity.limit)
        notes.append(f"No activity: for more than {days} days; the setting no_activity_days says how many.")
    if activity.later:
        some = f"{cells.count(activity.later)} of the {every} deals"
        notes.append(
            f"The last activity of {some} came after {pipeline.as_of}; what came before it is not known, so nothing is said "
            "of how long there was none."
        )
    return notes
