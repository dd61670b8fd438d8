"""Finding the checks and running them, with what the settings let pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from crm_metrics import schema
from crm_metrics.analysis.quality import checks
from crm_metrics.analysis.quality.check import Check, Dimension, Part, as_issue_check, marked_checks
from crm_metrics.errors import SettingsError, UsageError, nearest
from crm_metrics.issues import CATALOGUE, WARNING, Severity
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.checking import columns_of

if TYPE_CHECKING:
    from crm_metrics.analysis.inventory import Inventory
    from crm_metrics.analysis.quality.data import Data


_WORST_FIRST = list(Severity)


@dataclass(frozen=True)
class Finding:
    """What a check found: the rows by file, how many they are, out of how many it looked at, and the figures concerned."""

    check: Check
    parts: tuple[Part, ...]
    count: int
    of: int
    metrics: tuple[str, ...]


@cache
def all_checks() -> dict[str, Check]:
    """All checks by name: those of the modules in the folder, in the order of the dimensions, and one for each kind of
    problem noticed while loading that none of them stands for."""
    for entry in iter_modules(checks.__path__):
        import_module(f"{checks.__name__}.{entry.name}")
    every = marked_checks()
    covered = {code for check in every for code in check.codes}
    every += [
        as_issue_check(code, Dimension.VALIDITY, _in_general(sentence))
        for code, (severity, sentence) in CATALOGUE.items()
        if code not in covered and severity is WARNING
    ]
    order = list(Dimension)
    return {check.name: check for check in sorted(every, key=lambda check: order.index(check.dimension))}


def _in_general(sentence: str) -> str:
    """The sentence of a problem without the figures of a case."""
    words = re.sub(r"\s*\(\{\w+\}\)", "", sentence).replace("{count} ", "")
    words = re.sub(r"\{\w+\}", "…", words)
    return words[:1].upper() + words[1:] + "."


def run(
    inventory: Inventory, catalog: Catalog, *, only: Sequence[str] = (), ignore: Sequence[str] = ()
) -> list[Finding]:
    """What the checks found beyond what the settings let pass, the worst first. Raises as `refuse_unknown` does."""
    from crm_metrics.analysis.quality.data import Data  # imports pandas, which a wrong name does not need

    if inventory.dataset is None:
        return []
    allowed = inventory.dataset.settings.check
    refuse_unknown(only, ignore, allowed)
    chosen = _chosen(only, ignore)
    data = Data(inventory, inventory.dataset)
    result = [finding for check in chosen if (finding := _run(check, data, catalog, allowed.get(check.name)))]
    return sorted(result, key=lambda finding: _WORST_FIRST.index(finding.check.severity))


def _run(check: Check, data: Data, catalog: Catalog, allowed: Any) -> Finding | None:
    every = list(check.find(data))
    parts = tuple(part for hits in every for part in hits.parts if part.count)
    count, of = sum(part.count for part in parts), sum(hits.of for hits in every)
    let_pass = getattr(allowed, "allowed", 0)  # a number of rows, or a share of those looked at
    limit = float(let_pass.removesuffix("%")) / 100 * of if isinstance(let_pass, str) else let_pass
    if not count or count <= limit:
        return None
    return Finding(check, parts, count, max(of, count), resting_on(check.columns, catalog))


def _chosen(only: Sequence[str], ignore: Sequence[str]) -> list[Check]:
    """The checks that are asked for, by their own name or their dimension's."""
    wanted = [check for check in all_checks().values() if not only or {check.name, str(check.dimension)} & set(only)]
    return [check for check in wanted if not {check.name, str(check.dimension)} & set(ignore)]


def refuse_unknown(only: Sequence[str], ignore: Sequence[str], allowed: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a name that is neither a check nor a dimension, `SettingsError` for one in the settings."""
    names = [*all_checks(), *map(str, Dimension)]
    for option, choices in (("--only", only), ("--ignore", ignore)):
        for name in choices:
            if name not in names:
                hint = "'crm-metrics check --list' lists them all."
                problem = f"{option}: there is no check {name!r}. {_suggestion(name, names)}"
                raise UsageError(problem.rstrip(), hint=hint)
    for name in allowed:
        if name not in all_checks():
            raise SettingsError(
                f"there is no check {name!r}. {_suggestion(name, all_checks())}", where=f"[check.{name}]"
            )


def _suggestion(name: str, names: Iterable[str]) -> str:
    close = nearest(name, names)
    return f"Did you mean {close}?" if close else ""


def resting_on(columns: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """The names of the metrics that read one of the columns (`table.column`), in catalogue order: directly, or through a
    column that is made from it. `table.*` stands for every metric over the rows of a table."""
    wanted = set(columns)
    return tuple(metric.name for metric in catalog.listed() if wanted & _read(metric.name, catalog))


def _read(name: str, catalog: Catalog) -> set[str]:
    result: set[str] = set()
    for part in catalog.parts([catalog[name]]):
        if not part.aggregate:
            continue
        result.add(f"{part.table}.*")
        for column in columns_of(part):
            result.add(f"{part.table}.{column}")
            described = schema.column(part.table, column)
            result.update(described.needs if described is not None else ())
    return result
