"""Cents instead of euros: every money figure is a hundred times as large, and nothing else changes; where the header says
so, nothing changes at all."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from .conftest import Reports
from .exports import FEW, MONEY, File, of_seed, sample, scaled
from .figures import CATALOG, Figure, Key, differences, figures, some


def hundredfold(key: Key, one: Figure, other: Figure) -> bool:
    factor = 100 if CATALOG[key.metric].is_money else 1
    if one.value is None or other.value is None:
        return one == other
    return one[1:] == other[1:] and math.isclose(one.value * factor, other.value, rel_tol=1e-9, abs_tol=1e-7)


@pytest.mark.parametrize("seed", FEW)
def test_amounts_times_100_make_money_times_100_and_nothing_else(reports: Reports, seed: int) -> None:
    exports = of_seed(seed)
    other = scaled(exports, 100)
    dims = ["owner"] if reports.has(exports, "owner") else []
    one, two = reports.dataset(exports, dims), reports.dataset(other, dims, keep=False)
    for period, by in (("2024-03", []), ("2024-Q1", dims)):
        before = figures(reports(exports, period, by=by, loaded=one))
        after = figures(reports(other, period, by=by, loaded=two, keep=False))

        assert [] == some(differences(before, after, hundredfold).items()), period


def test_amounts_of_the_sample_data_times_100_make_money_times_100(reports: Reports) -> None:
    before = figures(reports(sample(), "2025-Q3"))
    after = figures(reports(scaled(sample(), 100), "2025-Q3", keep=False))

    assert [] == some(differences(before, after, hundredfold).items())


@pytest.mark.parametrize(
    ("factor", "header"),
    [
        (100, "{} (cents)"),
        (100, "{} in centimes"),
        (1_000_000, "{} micros"),
        (Decimal("0.00100"), "{} (in thousands)"),
        (Decimal("0.00100"), "{} in Tsd."),
        (Decimal("0.000001"), "{} (mln)"),
    ],
)
def test_amounts_whose_header_says_what_they_are_in_make_the_same_figures(
    reports: Reports, factor: int | Decimal, header: str
) -> None:
    def told(_: str, file: File) -> File:
        return replace(file, header=[header.format(name) if name in MONEY else name for name in file.header])

    exports = of_seed(1)
    before = figures(reports(exports, "2024-Q1"))
    written = replace(scaled(exports, factor).with_files(told), settings=exports.settings)
    after = figures(reports(written, "2024-Q1", keep=False))

    assert [] == some(differences(before, after, _nearly).items())


def _nearly(_: Key, one: Figure, other: Figure) -> bool:
    if one.value is None or other.value is None:
        return one == other
    return one[1:] == other[1:] and math.isclose(one.value, other.value, rel_tol=1e-9, abs_tol=1e-7)
