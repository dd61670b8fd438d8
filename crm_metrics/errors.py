"""Errors that a user can act on, the exit code of each, and the nearest valid name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_DATA, EXIT_NOTHING = 0, 1, 2, 3, 4
EXIT_BUG, EXIT_BUSY, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 70, 75, 130, 141
EXIT_CODES = {
    EXIT_OK: "what was asked for was written",
    EXIT_FINDINGS: "`check` found something, or what `--fail-on` names happened",
    EXIT_USAGE: "a mistake in the command or the settings; the message names the nearest valid form",
    EXIT_DATA: "a file cannot be read, can be read in two ways, or does not fit into memory",
    EXIT_NOTHING: "nothing to report, no figure that the files cover, or data older than `--max-age`",
    EXIT_BUG: "a bug in crm-metrics; please report it with the output of `--debug`",
    EXIT_BUSY: "another run is writing the same file: try again later",
    EXIT_INTERRUPTED: "interrupted with Ctrl-C",
    EXIT_BROKEN_PIPE: "the program that read the output left early, for example `head`",
}


class CrmMetricsError(Exception):
    """Something the user has to settle: what is wrong, where it was seen, and what puts it right."""

    exit_code = EXIT_DATA

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def within(self, path: str) -> str:
        """What is wrong with a file, led by the place where that is more than the file."""
        return self.what if self.where in (None, path) else f"{self.where}: {self.what}"

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


class BusyError(CrmMetricsError):
    """A file that another run is writing."""

    exit_code = EXIT_BUSY


@dataclass(frozen=True)
class Reading:
    """One way to read what is ambiguous: its name in words, what it would make of the data, and the option and the line of
    crm-metrics.toml that choose it (`option` may be empty where only a setting can)."""

    title: str
    effect: str
    option: str
    setting: str


class AmbiguousError(DataError):
    """Data that can be read in several ways. `readings` are the ways, each with what it would do to the figures; `setting`
    names what decides between them."""

    def __init__(self, what: str, *, where: str, setting: str, readings: Sequence[Reading], hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint or None)
        self.setting = setting
        self.readings = tuple(readings)

    def __str__(self) -> str:
        """The question, the ways to read it, and how each is chosen."""
        lines = [f"{self.where}: {self.what}"]
        for reading in self.readings:
            lines.append(f"  {reading.title}: {reading.effect}")
            ways = [way for way in (reading.option, f"{reading.setting} in crm-metrics.toml") if way]
            lines.append(f"    choose it with {' or '.join(ways)}")
        return "\n".join([*lines, *([self.hint] if self.hint else [])])


class SeveralError(DataError):
    """Several files that cannot be read as they are: everything is said at once."""

    def __init__(self, errors: Sequence[DataError]) -> None:
        super().__init__("; ".join(error.what for error in errors))
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def together(errors: Sequence[DataError]) -> DataError:
    """One error for all of them; the only one as it is."""
    return errors[0] if len(errors) == 1 else SeveralError(errors)


class NothingToReport(CrmMetricsError):  # noqa: N818 — nothing is wrong, there is only nothing to say
    """No figure can be given: no file was recognised, or the period holds no record."""

    exit_code = EXIT_NOTHING


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The known name closest to `name`, case aside: of those that are about as close the one that begins with it; None
    when nothing is close."""
    folded, by_folded = name.casefold(), {candidate.casefold(): candidate for candidate in choices}
    close = get_close_matches(folded, by_folded, n=3, cutoff=0.6)
    begun = [candidate for candidate in close if candidate.startswith(folded)]
    return by_folded[(begun or close)[0]] if close else None


def not_among(option: str, value: str, choices: Iterable[str]) -> UsageError:
    """The error for a value that is none of a few, which names them all and the nearest."""
    *names, last = choices
    close = nearest(value, [*names, last])
    meant = f". Did you mean {close}?" if close else ""
    return UsageError(f"{option} {value}: it can be {', '.join(names)} or {last}{meant}")


_SHOWN = 60


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """A sentence that names the closest known name, or else all of them, long lists and names cut short."""
    names = sorted(choices)
    close = nearest(name, names)
    if close:
        return f"Did you mean {close}?"
    shown = ", ".join(name if len(name) <= 60 else f"{name[:59]}…" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"Known: {shown}{more}." if names else "There are none."
