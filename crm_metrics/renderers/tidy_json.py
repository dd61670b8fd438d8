"""JSON for programs: `json` is one object with everything that is known of the run, `jsonl` one object per tidy row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from crm_metrics.renderers import tidy, waiting
from crm_metrics.renderers.noticed import covered

if TYPE_CHECKING:
    from crm_metrics.issues import Issue
    from crm_metrics.renderers import Options
    from crm_metrics.report import Report
    from crm_metrics.tables import Source

# The version of the form; it changes when a key is renamed or removed, not when one is added.
FORMAT_VERSION = 1


def render(report: Report, out: TextIO, options: Options) -> None:
    """Writes the report as `options.format`; what is missing is null, shares are fractions, dates are ISO text."""
    if options.format == "jsonl":
        out.writelines(_rows(report))
        return
    parts = [f"{_text(key)}: {_value(value)}" for key, value in _head(report).items()]
    parts.append(_bracketed("rows", "".join(_rows(report, between=","))))
    parts.append(_listed("issues", map(_value, map(issue_of, report.issues))))
    if report.restated is not None:
        parts.append(_listed("restated", map(_value, map(asdict, report.restated))))
    out.write("{\n" + ",\n".join(parts) + "\n}\n")


def _head(report: Report) -> dict[str, Any]:
    return {
        "format": FORMAT_VERSION,
        "as_of": report.as_of,
        "coverage": covered(report.coverage),
        "period": report.period,
        "inputs": [input_of(source, report.digests.get(source.path) or None) for source in report.sources],
        "settings": report.settings,
        "settings_file": report.settings_file,
        "notes": [*report.uncovered, *report.notes, *waiting.sentences(report)],
    }


def input_of(source: Source, digest: str | None) -> dict[str, Any]:
    """What is said of a file: its table and vendor, and what became of its rows."""
    return {
        "path": source.path,
        "table": source.table,
        "vendor": source.vendor,
        "rows": source.rows,
        "used": source.used,
        "left_out": sum(source.left_out.values()),
        "left_out_by_reason": dict(source.left_out),
        "sha256": digest,
    }


def issue_of(issue: Issue) -> dict[str, Any]:
    """A problem with the data as an object."""
    return {
        "code": issue.code,
        "severity": issue.severity,
        "path": issue.path,
        "count": issue.count,
        "rows": issue.rows,
        "sentence": issue.sentence,
    }


def _rows(report: Report, *, between: str = "") -> Iterator[str]:
    parts: list[Any] = []
    for name, cells in zip(report.columns, tidy.columns(report, _text, "null"), strict=True):
        parts += [f"{', ' if parts else '{'}{_text(name)}: ", cells]
    return tidy.lines([*parts, "}"], "", between=between)


def _listed(key: str, items: Iterable[str]) -> str:
    lines = ",\n".join(items)
    return _bracketed(key, f"{lines}\n" if lines else "")


def _bracketed(key: str, lines: str) -> str:
    return f"{_text(key)}: [\n{lines}]" if lines else f"{_text(key)}: []"


def _value(value: object) -> str:
    return _encodable(json.dumps(plain(value), ensure_ascii=False, allow_nan=False))


def plain(value: object) -> Any:
    """The value as JSON has it: dates as ISO text, what is missing or not finite None."""
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if hasattr(value, "item"):  # a NumPy number
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


_quoted = partial(json.dumps, ensure_ascii=False)


def _text(text: str) -> str:
    return _encodable(_quoted(text))


def _encodable(text: str) -> str:
    # The name of a file may hold bytes that are no UTF-8: Python keeps them as lone surrogates, which no encoding can
    # write. The fallback spells them as JSON spells them.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
