"""Values on Tab, in bash, zsh and fish: figures, columns, periods, formats, profiles, topics. Nothing is imported for them
that computes or makes the commands. Commands, options and PowerShell are left to what makes the commands."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence

from crm_metrics.cli import values

Values = Iterator[tuple[str, str]]  # each with a word of help, which may be empty

# What follows an option; None: nothing that could be listed, or a path.
OPTIONS: dict[str, Callable[[Sequence[str]], Values] | None] = {
    **dict.fromkeys(("-m", "--metric", "--sort"), values.metrics),
    **dict.fromkeys(("-p", "--period", "--compare", "--diff"), values.periods),
    **dict.fromkeys(("-f", "--format"), values.formats),
    **dict.fromkeys(("--only", "--ignore"), values.checks),
    **{name: values.among(*words) for name, words in values.WORDS.items()},
    "--log-format": values.among("text", "json"),
    "--by": values.dimensions,
    "--segment": values.segments,
    "--set": values.settings,
    "--timezone": values.zones,
    **dict.fromkeys(
        (*("-o", "--output", "--config", "--metrics-file", "--history", "--against", "--encoding", "--as-of", "--hold-out"),
        *("--horizon", "--last", "--least", "--max-age", "--quotes", "--table", "--top", "--where"))
    ),
}  # fmt: skip
OF_COMMANDS = {
    ("customers", "--sort"): None,
    ("cohorts", "--by"): values.among("month", "quarter", "year", "week"),
    ("goals", "--fail-on"): values.among("goal-missed", "goal-behind", "alert"),
}
_SEVERAL = ("-m", "--metric", "--by", "--only", "--ignore", "--fail-on")  # these take values separated by commas
_METRIC_FIRST = ("explain", "why", "forecast", "trend", "metrics")


def answered(shell: str) -> bool:
    """Print what can stand at the cursor, in the words of the shell; False where that is for another to say."""
    typed, current = _typed(shell)
    values_offered = candidates(typed, current)
    if values_offered is None or shell not in _PRINTED:
        return False
    _PRINTED[shell](values_offered)
    return True


def candidates(typed: Sequence[str], current: str) -> list[tuple[str, str]] | None:
    """The words that can stand in the place of the `current` one behind those that are `typed`, the program's name first;
    none where that is a path, None where it is a command or an option."""
    words = list(typed[1:])
    command = next((word for word in words if not word.startswith("-")), None)
    if command is None:
        return None
    before, option = "", words[-1]
    if option == "@":  # bash ends a word there
        return [(name, "") for name in (value[1:] for value, _ in values.profiles(words)) if name.startswith(current)]
    if current.startswith("--") and "=" in current:  # as zsh and fish have it; bash has three words
        option, _, current = current.partition("=")
        before = f"{option}="
    elif current.startswith("-"):
        return None
    several = option in _SEVERAL
    if option in OPTIONS:
        source = OF_COMMANDS.get((command, option), OPTIONS[option])
    else:
        source, several = _argument(command, words, current)
    if source is None:
        return []
    if several and "," in current:
        left, _, current = current.rpartition(",")
        before += f"{left},"
    folded = current.casefold()
    return [(before + value, about) for value, about in source(words) if value.casefold().startswith(folded)]


def _argument(
    command: str, words: Sequence[str], current: str
) -> tuple[Callable[[Sequence[str]], Values] | None, bool]:
    """What an argument of a command can be, and whether it can be several with commas between."""
    arguments = [word for at, word in enumerate(words) if not word.startswith("-") and words[at - 1] not in OPTIONS]
    if command == "help":
        return values.topics, False
    if command == "report" and current.startswith("@"):
        return values.profiles, False
    is_path = any(sign in current for sign in "/\\.*")
    if command in _METRIC_FIRST and not is_path and (len(arguments) == 1 or command == "trend"):
        return values.metrics, command == "trend"
    return None, False


def _typed(shell: str) -> tuple[list[str], str]:
    """The words before the cursor, and the one that it is in."""
    if shell != "bash":
        line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
        words = _split(line)
        return (words, "") if not words or line.endswith(" ") else (words[:-1], words[-1])
    words, place = _split(os.environ.get("COMP_WORDS", "")), int(os.environ.get("COMP_CWORD", "0"))
    typed, current = words[:place], words[place] if place < len(words) else ""
    if current == "=":  # bash ends a word at each = and @
        current = ""
    return [word for word in typed if word != "="], current


def _split(line: str) -> list[str]:
    """The words of a line whose last quotation mark may still be open."""
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    return line.split()


def _bash(pairs: Sequence[tuple[str, str]]) -> None:
    print("\n".join(value for value, _ in pairs))


def _zsh(pairs: Sequence[tuple[str, str]]) -> None:
    entries = (f'"{_bare(value)}":"{_bare(about)}"' if about else f'"{_bare(value)}"' for value, about in pairs)
    print("_arguments '*: :((" + "\n".join(entries) + "))'" if pairs else "_files")


def _fish(pairs: Sequence[tuple[str, str]]) -> None:
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        sys.exit(0 if pairs else 1)
    print("\n".join(f"{value}\t{about}" if about else value for value, about in pairs))


def _bare(text: str) -> str:
    """Text without what a shell would read anything into."""
    return "".join(sign for sign in text if sign not in "\"'$`\\").replace(":", r"\\:")


_PRINTED = {"bash": _bash, "zsh": _zsh, "fish": _fish}
