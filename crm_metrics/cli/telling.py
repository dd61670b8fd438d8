"""What is told on standard error beside a result: lines for people, or, for programs, an object a line.

Every object has `time` (UTC), `level` (info, warning, error), `event` and `message`; what an event has besides is only ever
added to. The last one is `exit`, with the exit code."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from crm_metrics.errors import not_among

FORMATS = ("text", "json")
_format = FORMATS[0]


def begin(form: str) -> None:
    """Tell in this form from now on. Raises `UsageError` for one that does not exist."""
    global _format
    _format = FORMATS[0]
    if form not in FORMATS:
        raise not_among("--log-format", form, FORMATS)
    _format = form


def is_for_programs() -> bool:
    """Whether programs read what is told."""
    return _format == "json"


def tell(event: str, message: str, *, level: str = "warning", text: str | None = None, **more: object) -> None:
    """Tell of an event; people read `text` in the place of the message, and nothing where it is empty."""
    if is_for_programs():
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": now, "level": level, "event": event, "message": message, **more}
        sys.stderr.write(json.dumps(record, default=str) + "\n")
    elif text != "":
        _write(message if text is None else text)


def harmless(message: str) -> str:
    """A message with the control characters that a file's name or content could bring in shown as text."""
    return "".join(char if char == "\n" or char.isprintable() else repr(char)[1:-1] for char in message)


def _write(message: str) -> None:
    safe = harmless(message)
    try:
        sys.stderr.write(safe + "\n")
    except UnicodeEncodeError:
        sys.stderr.write(safe.encode("ascii", "backslashreplace").decode() + "\n")
