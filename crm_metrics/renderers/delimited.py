"""Tidy text for spreadsheets and scripts: comma- or tab-separated, one row per metric, period and segment."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, TextIO

from crm_metrics.renderers import tidy

if TYPE_CHECKING:
    from crm_metrics.renderers import Options
    from crm_metrics.report import Report

_SEPARATORS = {"csv": ",", "tsv": "\t"}

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def render(report: Report, out: TextIO, options: Options) -> None:
    """Writes the tidy rows with a heading line; lines end in a line feed, missing is empty."""
    separator = _SEPARATORS[options.format]
    spell = partial(_cell, separator=separator)
    # Cells are quoted as csv.QUOTE_MINIMAL does it, but once for each distinct text, and alike in all Python versions:
    # before 3.13 a lone carriage return went unquoted.
    out.write(separator.join(map(spell, report.columns)) + "\n")
    out.writelines(tidy.lines(tidy.columns(report, spell, ""), separator))


def neutralised(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would run it as a formula; a number stays as it is."""
    if text.startswith(_RUNS_AS_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _cell(text: str, *, separator: str) -> str:
    safe = neutralised(text)
    if any(character in safe for character in (separator, '"', "\n", "\r")):
        return '"' + safe.replace('"', '""') + '"'
    return safe
