"""Many files of one kind: each is looked at once, however many others there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.loaders import overlaps
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.reading import Raw
from tests.conftest import TODAY

SAMPLE = Path(__file__).parent.parent / "sample_data"


def overlaps_of(folder: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """The files that hold records of an earlier one, each with that one."""
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text(f"Responded at,NPS,Customer\n{rows}")
    report = api.report([str(folder)], period="all", today=TODAY)
    issues = [issue for issue in report.issues if issue.code == "overlap"]
    return [(Path(issue.path).stem, Path(issue.detail["other"]).stem) for issue in issues]


def test_each_of_many_files_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hash_of, hashed = overlaps._hashes, []
    monkeypatch.setattr(overlaps, "_hashes", lambda frame: hashed.append(len(frame)) or hash_of(frame))
    rows = {f"nps-{at:02}": f"2025-01-{at + 1:02} 10:00,9,Firm {at}\n" * 2 for at in range(30)}

    assert overlaps_of(tmp_path, rows) == []
    assert hashed == [2] * 30


def test_files_that_overlap_are_told_in_pairs(tmp_path: Path) -> None:
    rows = {"a": "2025-01-01,9,Ann\n2025-01-02,8,Ben\n", "b": "2025-01-03,7,Cem\n2025-01-02,8,Ben\n2025-01-04,6,Eve\n"}
    rows |= {"c": "2025-01-02,8,Ben\n2025-01-03,7,Cem\n2025-01-05,5,Fay\n", "d": "2025-01-09,1,Dan\n"}

    assert overlaps_of(tmp_path, rows) == [("b", "a"), ("c", "a"), ("c", "b")]


def test_rows_that_are_left_out_of_another_file_do_not_overlap(tmp_path: Path) -> None:
    """Costs by campaign and by keyword are the same costs: the second are left out, and nothing counts twice."""
    (tmp_path / "campaigns.csv").write_text(
        "Date,Campaign,Cost\n2025-03-01,Brand,10\n2025-03-02,Brand,20\n2025-03-01,Other,5\n"
    )
    keywords = "2025-03-01,Brand,a,4\n2025-03-01,Brand,b,6\n2025-03-02,Brand,a,20\n2025-03-01,Other,c,5\n"
    (tmp_path / "keywords.csv").write_text(f"Date,Campaign,Keyword,Cost\n{keywords}")

    report = api.report([str(tmp_path)], metrics=["acquisition_spend"], period="2025-03", today=TODAY)

    assert report.frame["value"].tolist() == [35]
    assert [issue.code for issue in report.issues if issue.code in ("overlap", "same-spend")] == ["same-spend"]


def test_pairs_are_those_that_share_a_hash() -> None:
    hashes = np.array([5, 7, 5, 9, 7, 5], dtype=np.uint64)

    assert overlaps._sharing(hashes, np.array([0, 0, 1, 1, 2, 3])) == {(0, 1), (0, 2), (0, 3), (1, 3)}
    assert overlaps._sharing(hashes[:2], np.array([0, 1])) == set()


@pytest.mark.parametrize(
    "ask",
    [
        lambda paths: api.report(paths, period="2025", today=TODAY),
        lambda paths: api.review(paths, period="2025-12", today=TODAY),
        lambda paths: api.why(paths, "win_rate", period="2025-12", today=TODAY),
        lambda paths: api.check(paths, today=TODAY),
    ],
    ids=["report", "review", "why", "check"],
)
def test_each_file_is_recognised_once(ask: Callable[[list[str]], object], monkeypatch: pytest.MonkeyPatch) -> None:
    recognise, seen = Recogniser._best, Counter[str]()

    def counted(self: Recogniser, raw: Raw, *args: Any) -> Any:
        seen[raw.path] += 1
        return recognise(self, raw, *args)

    monkeypatch.setattr(Recogniser, "_best", counted)
    ask([str(SAMPLE)])

    assert len(seen) > 5
    assert set(seen.values()) == {1}
