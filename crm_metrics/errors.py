"""Errors that a user can act on, the exit code of each, and the nearest valid name."""

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_DATA, EXIT_NOTHING = 0, 1, 2, 3, 4
EXIT_BUG, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 70, 130, 141


class CrmMetricsError(Exception):
    """Something the user has to settle: what is wrong, where it was seen, and what puts it right."""

    exit_code = EXIT_DATA

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n{self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class UsageError(CrmMetricsError):
    """An option, a name or a period that does not exist."""

    exit_code = EXIT_USAGE


class SettingsError(CrmMetricsError):
    """A settings or metrics file that cannot be used as it is."""

    exit_code = EXIT_USAGE


class DataError(CrmMetricsError):
    """A file that cannot be read, or that can be read in two ways."""

    exit_code = EXIT_DATA


class NothingToReport(CrmMetricsError):  # noqa: N818 — nothing is wrong, there is only nothing to say
    """No figure can be given: no file was recognised, or the period holds no record."""

    exit_code = EXIT_NOTHING


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, case aside; None when nothing is close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known name, or else all of them."""
    names = sorted(known)
    close = nearest(name, names)
    if close:
        return f"Did you mean {close}?"
    return f"Known: {', '.join(names)}." if names else "There are none."
