"""A month in a report by month, an owner in a report by owner, a metric among all the others: each is what it is alone."""

from __future__ import annotations

import pytest

from crm_metrics import schema
from crm_metrics.metrics.metric import Metric

from .conftest import Reports
from .exports import FEW, Exports, character, of_owner, of_seed, owner_label, sample
from .figures import CATALOG, SHOWN, Figure, Key, close, differences, figures, leaves, nearly, reads, some

MONTHS = ("2023-12", "2024-01", "2024-02", "2024-03", "2024-04", "2024-05")


def in_months(found: dict[Key, Figure], months: tuple[str, ...]) -> dict[Key, Figure]:
    return {key: figure for key, figure in found.items() if key.period in months}


@pytest.mark.parametrize("seed", FEW)
def test_a_month_among_months_is_the_month_alone(reports: Reports, seed: int) -> None:
    """Each month is looked at in one of the made-up companies at least."""
    exports = of_seed(seed)
    months = MONTHS[FEW.index(seed) :: 2]
    by = ["owner"] if reports.has(exports, "owner") else []
    among = in_months(figures(reports(exports, "2023-12..2024-05", by=["month", *by])), months)
    alone: dict[Key, Figure] = {}
    for month in months:
        alone |= figures(reports(exports, month, by=by))

    assert [] == some(differences(among, alone, nearly).items())


def test_a_month_of_the_sample_data_among_months_is_the_month_alone(reports: Reports) -> None:
    months = ("2025-07", "2025-10", "2026-01")  # the first, one between two, and one to date
    among = in_months(figures(reports(sample(), "2025-07..2026-01", by=["month", "owner"])), months)
    alone: dict[Key, Figure] = {}
    for month in months:
        alone |= figures(reports(sample(), month, by=["owner"]))

    assert [] == some(differences(among, alone, nearly).items())


def files_of(metric: Metric, present: set[str]) -> set[str]:
    """The tables among the files that a metric is made of."""
    tables: set[str] = set()
    for leaf in leaves(metric):
        tables |= {leaf.table, *schema.TABLES[leaf.table].bases} & present
    return tables


def rows_are_one_owners(metric: Metric, tables: set[str]) -> bool:
    """Whether each row that counts is a row of one owner, whatever the others did: not so for the ordinal of a purchase or a
    spell, which counts what the customer bought of anybody; nor for spells that are merged of several orders or deals."""
    merged = any(leaf.table == "spells" for leaf in leaves(metric)) and tables != {"customers"}
    return not merged and not reads(metric, "ordinal")


def same_for_owner(key: Key, one: Figure, other: Figure) -> bool:
    """A conversion rate is marked as immature by the median cycle of all deals won, not of one owner's; and a scale is
    decided by the whole column."""
    if "scale-ambiguous" in (one.reason, other.reason):
        return True
    if any(part.immature == "deals_young_open" for part in CATALOG.parts([CATALOG[key.metric]])):
        return one.n == other.n and close(one.value, other.value)
    return nearly(key, one, other)


def unplaced(found: dict[Key, Figure]) -> dict[Key, Figure]:
    """The figures, those that rest on no row without a currency: a file of one currency has no other for a 0. A file without
    any currency has no "(none)"."""
    return {
        key if figure.n and key.currency != "(none)" else key._replace(currency=None): figure
        for key, figure in found.items()
    }


def owners_alone(
    reports: Reports, exports: Exports, period: str, tables: dict[str, str], most: int = 9
) -> dict[object, object]:
    """The figures of each owner that differ from those of files with only their rows. `tables` are the files' tables."""
    by_owner = reports(exports, period, by=["owner"])
    wrong: dict[object, object] = {}
    owners = sorted({str(owner) for owner in by_owner.rows["owner"].dropna()})[:most]
    for owner in owners:
        other = of_owner(exports, "" if owner == "(none)" else owner)
        if not any(other.files[name].rows for name in tables):
            continue
        # A file is comparable when the owner's rows alone show what is read off a whole column.
        alike = {
            table
            for name, table in tables.items()
            if owner_label(exports.files[name]) and character(exports.files[name]) == character(other.files[name])
        }
        chosen = {
            metric.name
            for metric in SHOWN
            if (mine := files_of(metric, set(tables.values()))) and mine <= alike and rows_are_one_owners(metric, mine)
        }
        among = unplaced(
            {
                key._replace(segment=key.segment[1:]): figure
                for key, figure in figures(by_owner).items()
                if key.metric in chosen and key.segment[0] == owner
            }
        )
        alone = figures(reports(other, period, keep=False))
        alone = unplaced({key: figure for key, figure in alone.items() if key.metric in chosen})
        # What the owner has no row for at all is left out of the report by owner, as is a product they never sold.
        alone = {key: figure for key, figure in alone.items() if key in among or figure.n}
        among = {
            key: figure for key, figure in among.items() if key in alone or figure.n or not CATALOG[key.metric].per
        }
        wrong |= {(owner, key): pair for key, pair in differences(among, alone, same_for_owner).items()}
    return wrong


@pytest.mark.parametrize("seed", FEW)
def test_an_owner_among_owners_is_the_owners_rows_alone(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    if not any(owner_label(file) for file in exports.files.values()):
        return
    tables = {name: str(file.table) for name, file in exports.files.items()}

    assert [] == some(owners_alone(reports, exports, "2024-01..2024-04", tables).items())


def test_an_owner_of_the_sample_data_among_owners_is_the_owners_rows_alone(reports: Reports) -> None:
    exports = sample()
    dataset = reports.dataset(exports, ["owner"])
    tables = {source.path.rpartition("/")[2].partition("#")[0]: source.table for source in dataset.sources}

    assert [] == some(owners_alone(reports, exports, "2025-Q3", tables, most=3).items())


@pytest.mark.parametrize("seed", FEW)
def test_a_family_alone_is_what_it_is_among_all(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    among = figures(reports(exports, "2024-Q1"))
    wrong: dict[Key, object] = {}
    for family in dict.fromkeys(metric.family for metric in SHOWN):
        names = [metric.name for metric in SHOWN if metric.family == family]
        report = reports(exports, "2024-Q1", metrics=names, keep=False)
        alone = unpadded(figures(report), report.per)
        mine = unpadded(
            {key: figure for key, figure in among.items() if CATALOG[key.metric].family == family},
            reports(exports, "2024-Q1").per,
        )
        wrong |= differences(mine, alone)

    assert [] == some(wrong.items())


@pytest.mark.parametrize("metric", [metric.name for metric in SHOWN])
def test_a_metric_alone_is_what_it_is_among_all(reports: Reports, metric: str) -> None:
    """Of the same tables; that it is also the same where only what it needs is read is tested of families, and of each
    metric in cli/test_every_metric."""
    exports = of_seed(3)  # the one with every table
    whole = reports(exports, "2024-Q1")
    among = {key: figure for key, figure in figures(whole).items() if key.metric == metric}
    report = reports(exports, "2024-Q1", metrics=[metric], loaded=reports.dataset(exports), keep=False)

    assert [] == some(differences(unpadded(among, whole.per), unpadded(figures(report), report.per)).items())


def unpadded(found: dict[Key, Figure], per: tuple[str, ...]) -> dict[Key, Figure]:
    """Segments of a metric's own dimensions only: other metrics of the report add columns that are empty for it."""
    return {
        key._replace(
            segment=tuple(value for dim, value in zip(per, key.segment, strict=True) if dim in CATALOG[key.metric].per)
        ): figure
        for key, figure in found.items()
    }
