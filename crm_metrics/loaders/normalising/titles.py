"""What a title says of the orders below it, where no column does: that they are money given back, or were cancelled."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_metrics.loaders.layouts import normalised, without_accents
from crm_metrics.loaders.ledger_words import between, kind_of
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.state_words import state_words
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.tables import ROW

_LONGEST = 6  # words of a title; a longer line is a sentence
_SALES = frozenset(
    {"orders", "invoices", "refunded", "returned"}
)  # "Refunded orders" are what was sold, and given back
_STATES = {"cancelled": "cancelled", "refunded": "refunded", "": "completed"}


def with_titles(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The orders with `type` or `status` saying which of them are refunds, or were cancelled, where the file's name, that of
    its sheet, or a line above them says so and no column of the file does."""
    if file.layout.table != "orders" or file.layout.documents:
        return frame
    starts = np.array(sorted(file.headings), dtype=np.int64)
    titles = [_outer(file), *(file.headings[row] for row in starts.tolist())]
    title = np.searchsorted(starts, frame[ROW].to_numpy())
    refund = np.array([says(text) == "refund" for text in titles], dtype=bool)[title]
    if _is_refunded_amount(file):
        titles, title, refund = [file.header("amount")], np.zeros_like(title), np.ones_like(refund)
    if "type" not in file.recognised.columns and refund.any():
        named = " and ".join(dict.fromkeys(titles[at] for at in np.unique(title[refund])))
        file.note("refunds-by-title", frame[ROW].to_numpy()[refund], seen=named)
        frame = frame.assign(type=pd.Categorical(np.where(refund, "refund", "sale")))
    states = np.array([_STATES.get(says(text), "completed") for text in titles])
    if "status" not in file.recognised.columns and (states[title] != "completed").any():
        frame = frame.assign(status=pd.Categorical(states[title]))
    return frame


def _is_refunded_amount(file: File) -> bool:
    """Whether the header of the amounts says that they were given back."""
    place = file.recognised.columns.get("amount")
    return place is not None and any(
        said.attribute == "refunded" for said in meanings_of(tuple(file.raw.header))[place]
    )


def _outer(file: File) -> str:
    """The title of the whole table: the nearest line above its header that says what the rows are, else the name of its
    sheet or its file."""
    path, _, sheet = file.raw.path.replace("\\", "/").partition("#")
    outer = [*reversed(file.raw.above), sheet.partition(" (row ")[0], path.rpartition("/")[2].partition(".")[0]]
    return next((title for title in outer if says(title) or kind_of(title) is not None), "")


def says(title: str) -> str:
    """`refund`, `cancelled` or `refunded`; empty where a title says something else or is a sentence."""
    words = [word for word in normalised(without_accents(title)).split() if not re.fullmatch(r"\d+", word)]
    if len(words) > _LONGEST or not between().isdisjoint(words):
        return ""
    if kind_of(title) == "refund" and _SALES.isdisjoint(words):
        return "refund"
    states = (state_words("orders").of_status(" ".join(part)) for part in (words, words[1:], words[2:]) if part)
    return next((state for state in states if state in _STATES), "")
