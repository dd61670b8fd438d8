"""The pages that list: what stands between `<!-- made: NAME -->` and `<!-- end -->` in a help topic is made of the program.

`python -m pytest tests/test_help.py --update` writes it anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import typer

from crm_metrics import commands as rooms, errors, writers
from crm_metrics.analysis import quality
from crm_metrics.cli.app import app
from crm_metrics.metrics.catalog import FAMILY_TITLES, OTHER_TOOLS, built_in
from crm_metrics.schema import called
from crm_metrics.settings.files import described
from crm_metrics.shipped import listed, shipped

MADE = re.compile(r"(?<=<!-- made: )(?P<name>[\w-]+) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """A topic's text with every list as the program has it now."""
    return MADE.sub(lambda marked: f"{marked['name']} -->\n\n{_PAGES[marked['name']]()}\n\n", text)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), ["---"] * len(list(heads)), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _sentence(module: str) -> str:
    return str(import_module(module).__doc__).partition("\n")[0].rstrip(".")


def formats() -> str:
    endings = {name: ending for ending, name in writers._ENDINGS.items()}
    return _table(
        ("format", "ending", "what it is"),
        (
            (f"`{name}`", f"`{endings.get(name, f'.{name}')}`", _sentence(f"crm_metrics.writers.{name}"))
            for name in writers.formats()
        ),
    )


def vendors() -> str:
    tools: dict[str, list[str]] = {}
    for one in listed("loaders/vendors"):
        read = shipped("loaders/vendors", one)
        if one != "generic":
            tools[read["title"]] = sorted({called(layout["table"]) for layout in read["layout"]})
    return _table(
        ("tool", "what is read"),
        ((f"**{title}**", ", ".join(tools[title])) for title in sorted(tools, key=str.casefold)),
    )


def checks() -> str:
    return _table(
        ("check", "about", "what it finds"),
        ((f"`{check.name}`", str(check.dimension), check.sentence) for check in quality.all_checks().values()),
    )


def metrics() -> str:
    return _table(
        ("figure", "family", "unit", "title", "also called"),
        (
            (f"`{one.name}`", FAMILY_TITLES[one.family], str(one.unit), one.title, ", ".join(one.also))
            for one in built_in().listed()
        ),
    )


def differences() -> str:
    told: dict[str, dict[str, list[str]]] = {}
    for one in built_in().listed():
        for tool, words in one.differs.items():
            title = OTHER_TOOLS.get(tool) or shipped("loaders/vendors", tool)["title"]
            told.setdefault(title, {}).setdefault(words, []).append(f"`{one.name}`")
    return "\n\n".join(
        f"## {tool}\n\n" + "\n".join(f"- {', '.join(figures)}: {words}" for words, figures in told[tool].items())
        for tool in sorted(told, key=str.casefold)
    )


def settings() -> str:
    lines = []
    for one in described():
        is_empty = one.default in (None, (), {})
        default = f" Without it {_toml(one.default)}." if not is_empty else ""
        example = (
            f"\n\n  ```toml\n{''.join(f'  {line}'.rstrip() + chr(10) for line in one.example.splitlines())}  ```\n"
        )
        short = "\n" not in one.example
        lines.append(f"- `{one.name}`: {one.about}.{default}" + (f" `{one.example}`" if short else example))
    return "\n".join(lines).rstrip()


def exit_codes() -> str:
    return _table(("code", "meaning"), ((str(code), said) for code, said in errors.EXIT_CODES.items()))


def commands() -> str:
    parts = [_table(("command", "what it does"), ((f"`{name}`", about) for name, about in rooms.overview().items()))]
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    options = {name: {_option(one): one for one in known[name].params} for name in rooms.overview()}
    times = Counter(key for of in options.values() for key in of if key.startswith("`-"))
    common = {key for key, count in times.items() if count > len(rooms.names()) / 2}
    parts.append("## Options of most commands\n\n" + "\n".join(f"- {key}" for key in sorted(common, key=_by_name)))
    for name in rooms.overview():
        own = [f"- {key}" for key in options[name] if key not in common and "--help" not in key]
        lacks = [
            key.split("`")[1].split(" ")[0].rstrip(",") for key in sorted(common - options[name].keys(), key=_by_name)
        ]
        less = f"\n\nNot for it: {', '.join(f'`{one}`' for one in lacks)}." if 0 < len(lacks) < len(common) / 2 else ""
        parts.append(f"## {name}\n\n{known[name].help}\n\n" + "\n".join(own) + less)
    return "\n\n".join(part.rstrip() for part in parts)


def _by_name(option: str) -> str:
    return re.sub(r"`-{1,2}(\w,)?", "", option)


def _option(one: Any) -> str:
    names = one.opts if one.param_type_name == "option" else []
    metavar = one.metavar or ("" if one.param_type_name == "option" else one.name.upper())
    written = " ".join(filter(None, (", ".join(sorted(names, key=len)), metavar)))
    return f"`{written}`: {one.help}"


def _toml(value: object) -> str:
    return f"`{value}`" if isinstance(value, str | int | float) else ", ".join(map(str, value))  # type: ignore[call-overload]


_PAGES: dict[str, Callable[[], str]] = {
    "formats": formats,
    "vendors": vendors,
    "checks": checks,
    "metrics": metrics,
    "differences": differences,
    "settings": settings,
    "exit-codes": exit_codes,
    "commands": commands,
}
