"""What changed in the pipeline between two exports, as tables."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from crm_metrics.book import Cell, Column, Sheet, cells
from crm_metrics.book.rows import row_of
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.pipeline.moves import Bridge, Moves
    from crm_metrics.commands.pipeline import Pipeline

ON_PAGE = 20  # of long lists of deals a page has the largest
CURRENCY = Column("currency", shown=False)
_BRIDGE = (
    Column("movement", "Movement"),
    Column("deals", "Deals", Unit.COUNT),
    Column("amount", "Amount", Unit.MONEY),
    CURRENCY,
)
_MOVES = (
    Column("movement", "Movement"),
    Column("deal", "Deal"),
    Column("owner", "Owner", spare=3),
    Column("amount", "Amount", Unit.MONEY),
    Column("old_amount", "before", Unit.MONEY, spare=2),
    Column("new_amount", "now", Unit.MONEY, spare=2),
    Column("old_expected", "Expected before", spare=4),
    Column("new_expected", "now", spare=4),
    Column("place", "Row", spare=1),
    CURRENCY,
)


def sheets_of(pipeline: Pipeline) -> list[Sheet]:
    """The sums of the movements for each currency, and the movements, the largest first."""
    assert pipeline.moves is not None
    assert pipeline.old is not None
    bridges = [row for bridge in pipeline.moves.bridges for row in _bridge(bridge)]
    rows = []
    for move in sorted(pipeline.moves.moves, key=lambda move: -abs(move.amount)):
        side, sources = (move.new, pipeline.dataset.sources) if move.new else (move.old, pipeline.old.sources)
        assert side is not None
        values: dict[str, Cell] = {"movement": move.kind, "deal": move.label, "amount": float(move.amount)}
        values["place"] = f"{sources[side.source].path}:{side.row}"
        for name, end in (("old", move.old), ("new", move.new)):
            values[f"{name}_amount"] = None if end is None or end.amount is None else float(end.amount)
            values[f"{name}_expected"] = None if end is None else end.expected
        rows.append(row_of(_MOVES, move, **values))
    about = f" in deals expected to close in {pipeline.period.label}" if pipeline.period else ""
    return [
        Sheet("bridge", f"What changed{about}", _BRIDGE, bridges, empty="no deal is open in either export"),
        Sheet("moves", "Deal by deal", _MOVES, rows, empty="nothing", first=ON_PAGE),
    ]


def _bridge(bridge: Bridge) -> list[list[Cell]]:
    def row(name: str, deals: int, amount: Decimal) -> list[Cell]:
        return [name, deals, float(amount), bridge.currency]

    between = [row(kind, bridge.deals[kind], bridge.sums[kind]) for kind in bridge.sums if bridge.deals[kind]]
    return [row("start", bridge.deals_start, bridge.start), *between, row("end", bridge.deals_end, bridge.end)]


def matching_notes(moves: Moves) -> list[str]:
    """What has to be known of how the deals of the two exports were matched."""
    sentences = []
    if moves.by_name:
        sentences.append(
            f"{cells.count(moves.by_name)} deals are matched by their name, which is there once in each export."
        )
    if moves.not_matched:
        sentences.append(
            f"{cells.count(moves.not_matched)} deals have neither an id nor a name of their own: nobody can tell which they "
            "are in the other export, so they are booked as out and in."
        )
    return sentences
