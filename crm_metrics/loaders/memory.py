"""Whether files fit into memory, told before they are read: Arrow ends the process when it gets no more in the midst of
them; and whether figures do, told before they are computed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from crm_metrics.errors import DataError
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import Raw

_SMALL = 64 << 20  # bytes of files that fit anywhere
_A_CELL = 20  # bytes that a cell needs until the figures are computed, at least: measured with 1 to 30 million rows
_A_FIGURE = 20  # and a figure of a segment and a period, at least: measured with 60,000 to 400,000 segments
_PROGRAM = 300 << 20  # what is still to be imported when the reading begins
_ADDRESSES = 1.5  # so much more is asked for than is used


def refuse_too_large(planned: Iterable[tuple[Raw, Plan]]) -> None:
    """Raises `DataError` where the columns to be read surely need more memory than there is: by the sizes of the files and
    the length of their first records. Workbooks are bounded by their sheets."""
    files = [(raw, plan) for raw, plan in planned if raw.size]
    if sum(raw.size for raw, _ in files) >= _SMALL:
        hint = "Ask for fewer figures, of which alone the columns are read, such as -m win_rate, or give fewer files."
        _refuse("files", needed(files), hint)


def refuse_too_many(figures: int, *, segments: int) -> None:
    """Raises `DataError` where so many figures, of so many segments, surely need more memory than there is."""
    if figures * _A_FIGURE >= _SMALL:
        hint = "Ask for the largest segments, such as --top 20, or for fewer figures, such as -m win_rate."
        _refuse(f"figures of {segments:,} segments", figures * _A_FIGURE, hint)


def _refuse(what: str, least: float, hint: str) -> None:
    free = available()
    if free is not None and least > free:
        sizes = f"{least / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free"
        raise DataError(f"the {what} need at least {sizes}", hint=hint)


def needed(files: Iterable[tuple[Raw, Plan]]) -> float:
    """How many bytes of memory the columns of files take at least, with the program's own."""
    return _PROGRAM + sum(_rows(raw) * len(plan.columns) * _A_CELL for raw, plan in files)


def available() -> float | None:
    """How many bytes the process can still use; None where the system does not say."""
    if not sys.platform.startswith("linux"):
        return None
    import resource

    free = [_field("/proc/meminfo", "MemAvailable:")]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        free.append((limit - (_field("/proc/self/status", "VmSize:") or 0)) / _ADDRESSES)
    group = Path("/sys/fs/cgroup")
    if (most := _number(group / "memory.max")) is not None and (used := _number(group / "memory.current")) is not None:
        # What files leave in memory makes room when it is needed.
        free.append(most - used + (_field(str(group / "memory.stat"), "file") or 0))
    return min((bytes_ for bytes_ in free if bytes_ is not None), default=None)


def _rows(raw: Raw) -> float:
    records = len(raw.head[0]) if raw.head else 0
    return raw.size * records / sum(len(cell or "") + 1 for column in raw.head for cell in column) if records else 0


def _field(path: str, name: str) -> float | None:
    """The number behind a name in one of the system's lists, in bytes."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    parts = next((line.split() for line in lines if line.split()[:1] == [name]), [])
    return float(parts[1]) * (1024 if parts[2:] == ["kB"] else 1) if len(parts) > 1 else None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):  # `max`: no limit
        return None
