"""Units that have to fit: a formula's unit follows from its parts, and what a metric declares must agree with it."""

from __future__ import annotations

from collections.abc import Mapping

from crm_metrics.errors import SettingsError
from crm_metrics.expressions import Formula, Name, Number
from crm_metrics.metrics.metric import Metric, Unit

# Powers of (money, minutes, hours, days). Counts, shares, points and calendar months are plain numbers.
Powers = tuple[int, int, int, int]
PLAIN: Powers = (0, 0, 0, 0)
_POWERS: dict[Unit, Powers] = {
    Unit.MONEY: (1, 0, 0, 0),
    Unit.MONEY_PER_DAY: (1, 0, 0, -1),
    Unit.MINUTES: (0, 1, 0, 0),
    Unit.HOURS: (0, 0, 1, 0),
    Unit.DAYS: (0, 0, 0, 1),
}
_VALUES: dict[str, Powers] = {"goal_revenue_won": _POWERS[Unit.MONEY]}


def check_units(metrics: Mapping[str, Metric], catalog: Mapping[str, Metric], file: str) -> None:
    """Raise `SettingsError` for the first formula that adds unlike units or whose declared unit is not what comes out."""
    for metric in metrics.values():
        if metric.formula is None:
            continue
        powers = _powers(metric.formula, catalog, f"{file} [{metric.name}]")
        if powers != _POWERS.get(metric.unit, PLAIN):
            raise SettingsError(
                f"the unit {str(metric.unit)!r} does not fit {metric.formula_text!r}", where=f"{file} [{metric.name}]"
            )


def _powers(tree: Formula, catalog: Mapping[str, Metric], where: str) -> Powers:
    match tree:
        case Number():
            return PLAIN
        case Name(name):
            return _POWERS.get(catalog[name].unit, PLAIN) if name in catalog else _VALUES.get(name, PLAIN)
    left, right = _powers(tree.left, catalog, where), _powers(tree.right, catalog, where)
    if tree.operator in "+-":
        if left != right and Number(0.0) not in (tree.left, tree.right):
            raise SettingsError("adds or subtracts values of different units", where=where)
        return right if tree.left == Number(0.0) else left
    sign = 1 if tree.operator == "*" else -1
    return tuple(a + sign * b for a, b in zip(left, right, strict=True))  # type: ignore[return-value]
