"""What work grows with: a file, a text or a group twice as large is twice the work, or little more.

Work is what is counted: files opened, steps, bytes. Where nothing can be counted, as inside a pattern, it is the time that
eight times the text takes in times of that of the text, which is 8 on any machine, and 64 if each character is compared
with each.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.analysis.products.bought import Bought
from crm_metrics.analysis.voice import comments
from crm_metrics.commands.report.book import book
from crm_metrics.engine import currencies
from crm_metrics.loaders.gathering import gather
from crm_metrics.loaders.reading import open_inputs
from crm_metrics.reporting.assembly import _joined
from crm_metrics.tables import Dataset
from crm_metrics.writers import pieces
from tests.conftest import TODAY


def times(work: Callable[[int], object], size: int) -> float:
    """How many times as long eight times the size takes."""

    def shortest(size: int) -> float:
        spent = []
        for _ in range(3):
            before = time.thread_time()
            work(size)
            spent.append(time.thread_time() - before)
        return min(spent)

    return shortest(8 * size) / shortest(size)


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, steps of generators included, in this thread."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def folder(path: Path, files: int) -> Path:
    """A folder of small files."""
    path.mkdir()
    for number in range(files):
        text = f"Deal ID,Stage,Amount,Close Date\n{number},Closed Won,{number},2025-03-01\n"
        (path / f"{number:03}.csv").write_text(text)
    return path


def test_twice_as_many_files_are_twice_the_work(tmp_path: Path) -> None:
    work = []
    for files in (20, 40, 80, 160):  # the first pays for what is made once
        raws = open_inputs([str(folder(tmp_path / str(files), files))]).tables
        work.append(calls(lambda raws=raws: gather(raws, [("deals", "amount")], []).pool.shutdown()))  # type: ignore[misc]
    assert work[3] - work[2] < 2.1 * (work[2] - work[1])


def test_the_list_of_an_archive_is_read_as_often_however_many_files_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, as_it_was = [0], zipfile.ZipFile.__init__

    def counted(self: zipfile.ZipFile, *args: Any, **options: Any) -> None:
        opened[0] += 1
        as_it_was(self, *args, **options)

    archives = []
    for files in (2, 20):
        archives.append(tmp_path / f"{files}.zip")
        with zipfile.ZipFile(archives[-1], "w") as archive:
            for path in folder(tmp_path / str(files), files).iterdir():
                archive.write(path, path.name)
    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    seen = []
    for path in archives:
        opened[0] = 0
        api.report([str(path)], period="all", today=TODAY)
        seen.append(opened[0])
    assert seen[0] == seen[1] <= 3


@pytest.mark.parametrize("text", ["很", "a", "a.", "a@", "@", "a@b.c1", "1 ", "(", "'", "l'", "é."])
def test_a_comment_of_unbroken_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    assert times(lambda size: comments.terms(text * size, set()), 10_000) < 24
    assert times(lambda size: comments.masked(text * size), 20_000) < 24


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to ann@example.com, please", "write to [e-mail], please"),
        ("ann@example.com1bob@example.org", "[e-mail]"),
        ("请写信给ann@example.com。", "[e-mail]。"),
        ("a@b@example.com", "a@[e-mail]"),
        ("@ann said 5 @ 3 a@b", "@ann said 5 @ 3 a@b"),
    ],
)
def test_addresses_are_hidden_wherever_they_begin(text: str, hidden: str) -> None:
    assert comments.masked(text) == hidden


def peak(work: Callable[[], object]) -> int:
    """The most bytes that work needs at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_figure_of_a_customer_takes_a_few_numbers(tmp_path: Path) -> None:
    def by_customer(count: int) -> Callable[[], None]:
        path = tmp_path / f"{count}.csv"
        lines = [f"C{number},Closed Won,{number},2025-03-0{number % 9 + 1}" for number in range(count)]
        path.write_text("\n".join(["Customer,Stage,Amount,Close Date", *lines]))

        def work() -> None:
            made = api.report([str(path)], period="2025-03", by=["customer"], today=TODAY)
            figures.append(len(made.rows))
            for _ in pieces(book(made), "csv"):  # the text is never there as a whole
                pass

        return work

    figures: list[int] = []
    small, large = by_customer(500), by_customer(3_000)
    small()  # what is imported and kept by then
    grown = peak(large) - peak(small)
    assert grown / (figures[1] - figures[0]) < 100 * 8  # numbers of eight bytes, what computes them included


def test_each_currency_is_looked_at_once_however_many_figures_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = ("EUR", "USD", "GBP", "CHF", "SEK")
    lines = [f"{at},Closed Won,{at},{codes[at % 5]},2025-03-0{at % 9 + 1}" for at in range(50)]
    (tmp_path / "deals.csv").write_text("\n".join(["Deal ID,Stage,Amount,Currency,Close Date", *lines]))
    only, seen = currencies._only, Counter[tuple[str, str]]()

    def counted(dataset: Dataset, table: str, currency: str) -> Dataset:
        seen[table, currency] += 1
        return only(dataset, table, currency)

    monkeypatch.setattr(currencies, "_only", counted)
    rows = api.report([str(tmp_path)], period="2025-03", today=TODAY).rows

    assert len(rows.loc[rows["currency"] == "CHF", "metric"].unique()) > 2
    assert {code for _, code in seen} == {*codes}
    assert set(seen.values()) == {1}


def test_the_buyers_of_many_products_are_looked_up_in_one_pass() -> None:
    def passes(count: int) -> int:
        seen = []

        class Names(list[str]):
            def __iter__(self) -> Iterator[str]:
                seen.append(count)
                return super().__iter__()

        products, one = [f"P{at}" for at in range(count)], np.zeros(1, dtype=np.int64)
        bought = Bought(products, one, one, one, np.ones(1), np.zeros(1, dtype=bool), is_order=True)
        assert bought.buyers_of(Names(products)) == (1, 0)
        return len(seen)

    assert passes(200) == passes(2) == 1


def test_columns_that_say_one_thing_take_no_room() -> None:
    same, other = np.broadcast_to(np.nan, 5), np.array([1.0, 2.0])
    assert _joined([same, same[:0], same]).strides == (0,)
    assert np.isnan(_joined([same, same])).tolist() == [True] * 10
    assert _joined([same, other]).tolist()[5:] == [1.0, 2.0]
    texts = [np.broadcast_to(np.array(text, dtype=object), 2) for text in ("a", None)]
    assert _joined(texts).tolist() == ["a", "a", None, None]
    assert _joined([texts[1], texts[1]]).tolist() == [None] * 4
