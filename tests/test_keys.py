"""Texts as numbers: the same for the same text, and told from texts that only look alike where they mean the same."""

import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from crm_metrics.loaders.coercing import keys
from crm_metrics.loaders.coercing.words import MISSING_TEXT

TEXTS = st.lists(
    st.none() | st.text(max_size=30) | st.sampled_from(["a", "b", "C 1", "C 12", "Łódź GmbH"]), max_size=40
)


@given(TEXTS, st.integers(0, 40))
def test_two_texts_have_the_same_number_exactly_when_they_are_the_same(texts: list[str | None], cut: int) -> None:
    column = pa.chunked_array([pa.array(texts[:cut], pa.string()), pa.array(texts, pa.string())[cut:]])
    numbers = keys.of_column(column).tolist()
    assert len(numbers) == len(texts)
    assert len({*numbers} - {0}) == len({*texts} - {None, ""})
    assert [number == 0 for number in numbers] == [not text for text in texts]
    assert numbers == [n for text in texts for n in keys.of_column(pa.array([text], pa.string())).tolist()]


@pytest.mark.parametrize("text", ["C 12", "Łódź GmbH", "ООО Ромашка", "北京", "Acme, Inc.", "x" * 64])
def test_a_text_as_exports_write_it_is_taken_as_it_stands(text: str) -> None:
    assert keys.is_tidy(pa.array([text, None, ""], pa.string()), MISSING_TEXT)


@pytest.mark.parametrize(
    "text", [" C 12", "C 12 ", "C  12", "C\t12", "C\u00a012", "Lo\u0301dz", "-", "--", "ガ", "x" * 65, "A;B"]
)
def test_a_text_that_may_be_written_in_another_way_is_not(text: str) -> None:
    assert not keys.is_tidy(pa.array(["C 12", text], pa.string()), MISSING_TEXT, ";")


def test_a_column_that_is_no_plain_text_is_not() -> None:
    assert not keys.is_tidy(pa.array(["a", "b"]).dictionary_encode(), MISSING_TEXT)
