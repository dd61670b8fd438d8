"""`--top N`: the largest segments as they were, and the others as one."""

from __future__ import annotations

from collections import defaultdict

import pytest

from crm_metrics.metrics.metric import Metric

from .conftest import Reports
from .exports import FEW, Exports, of_seed, owner_label, sample, with_owners
from .figures import ADDITIVE, SHOWN, Figure, Key, close, differences, disagreements, figures, leaves, some
from .test_parts_alone import files_of

TOPS = (1, 2)


def kept_and_rest(
    reports: Reports, exports: Exports, period: str, top: int
) -> tuple[dict[Key, Figure], dict[Key, Figure], str]:
    """The figures of all owners, those of a report of the largest, and the label of the rest."""
    whole = figures(reports(exports, period, by=["owner"]))
    report = reports(exports, period, by=["owner"], top=top)
    return whole, figures(report), report.rest or ""


def wrong_of_top(reports: Reports, exports: Exports, period: str, top: int) -> list[object]:
    whole, short, rest = kept_and_rest(reports, exports, period, top)
    owners = {key.segment[0] for key in whole} - {None}
    shown = {key.segment[0] for key in short} - {rest, None}
    wrong: list[object] = []
    if len(shown) != min(top, len(owners)):
        wrong.append(("shown", shown))
    before = {key: figure for key, figure in whole.items() if key.segment[0] in shown | {None}}
    after = {key: figure for key, figure in short.items() if key.segment[0] != rest}
    wrong += differences(before, after).items()
    others = {key: figure for key, figure in whole.items() if key.segment[0] not in shown | {None}}
    merged = {key: figure for key, figure in short.items() if key.segment[0] == rest}
    for metric in ADDITIVE:
        parts, union = defaultdict(list), defaultdict(list)
        for found, rows in ((others, parts), (merged, union)):
            for key, figure in found.items():
                if key.metric == metric.name:
                    rows[key.segment[1:]].append((key.currency, figure))
        for place in {**parts, **union}:
            wrong += [
                (metric.name, place, problem)
                for problem in disagreements(metric, union[place], parts[place], ("missing-values",))
            ]
    won, lost = (
        sum(figure.value or 0 for key, figure in others.items() if key.metric == name)
        for name in ("deals_won", "deals_lost")
    )
    for key, figure in merged.items():
        if key.metric == "win_rate" and not close(figure.value, won / (won + lost) if won + lost else None):
            wrong.append((key, figure, won, lost))
    return wrong


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("seed", FEW)
def test_the_largest_stay_as_they_were_and_the_rest_adds_up(reports: Reports, seed: int, top: int) -> None:
    exports = of_seed(seed)
    if not any(owner_label(file) for file in exports.files.values()):
        return

    assert [] == some(wrong_of_top(reports, exports, "2024-01..2024-04", top))


@pytest.mark.parametrize("top", [1, 3, 5, 100])
def test_the_largest_of_the_sample_data_stay_and_the_rest_adds_up(reports: Reports, top: int) -> None:
    assert [] == some(wrong_of_top(reports, sample(), "2025-Q3", top))


def counts_owners(metric: Metric) -> bool:
    """Whether a metric is made of how many owners there are: one is not as many as those that are put together."""
    return any(leaf.aggregate == "distinct" and leaf.column == "owner" for leaf in leaves(metric))


@pytest.mark.parametrize("seed", FEW)
def test_the_rest_is_what_one_owner_of_all_its_rows_would_have(reports: Reports, seed: int) -> None:
    """For every metric whose files have owners: the rest is computed, not added."""
    exports = of_seed(seed)
    present = {str(file.table) for file in exports.files.values()}
    with_owner = {str(file.table) for file in exports.files.values() if owner_label(file)}
    if not with_owner:
        return
    _, short, rest = kept_and_rest(reports, exports, "2024-01..2024-04", 1)
    shown = {str(key.segment[0]) for key in short} - {rest, "None"}
    names = {"": "" if "(none)" in shown else "All others"}
    names |= {name: "All others" for name in ("Ann", "Bob", "Cem") if name not in shown}
    chosen = {
        metric.name
        for metric in SHOWN
        if (mine := files_of(metric, present)) and mine <= with_owner and not counts_owners(metric)
    }
    expected = {
        key._replace(segment=key.segment[1:]): figure
        for key, figure in figures(
            reports(with_owners(exports, names), "2024-01..2024-04", by=["owner"], keep=False)
        ).items()
        if key.metric in chosen and key.segment[0] == "All others"
    }
    actual = {
        key._replace(segment=key.segment[1:]): figure
        for key, figure in short.items()
        if key.metric in chosen and key.segment[0] == rest
    }

    assert [] == some(differences(expected, actual).items())


def test_a_dataset_of_which_two_reports_are_made_says_to_each_only_what_belongs_to_it(reports: Reports) -> None:
    first = reports(sample(), "2025-Q2", by=["owner"], top=1)
    second = reports(sample(), "2025-Q2", by=["owner"], top=2)

    assert [1, 1] == [sum("largest" in note for note in report.notes) for report in (first, second)]
