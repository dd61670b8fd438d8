"""`crm-metrics help`: the topics, one of them, or where words are answered."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import NoPager
from crm_metrics.cli.output import opened

_WIDEST = 100  # longer lines of prose are hard to read


def help(  # noqa: A001
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC or words]", help="A topic, or what you look for.", show_default=False),
    ] = None,
    no_pager: NoPager = False,
) -> None:
    """Help topics: all of them, one, or the parts that hold what you look for."""
    with guarded(debug=False), opened(None, plain=False, pager=not no_pager) as out:
        out.write(_shown(_text(words or []), is_screen=out.isatty()))


def _text(words: list[str]) -> str:
    """What is asked for, as Markdown."""
    from crm_metrics import help as topics
    from crm_metrics.errors import UsageError

    if not words:
        wide = max(map(len, topics.names()))
        listed = "\n".join(f"  {one.name:<{wide}}  {one.title}" for one in topics.topics())
        return (
            f"Help topics\n\n{listed}\n\n"
            "'crm-metrics help TOPIC' shows one, 'crm-metrics help WORDS' what is said of them:\n"
            "crm-metrics help why is it not available"
        )
    try:
        return topics.called(" ".join(words)).text
    except UsageError:
        if not (sections := topics.found(words)):
            raise
    return "\n\n".join(f"## {one.topic}: {one.heading}\n\n{one.text.strip()}" for one in sections)


def _shown(text: str, *, is_screen: bool) -> str:
    """Markdown laid out for a screen, its title no larger than other headings; for everything else as it is."""
    if not is_screen or not text.startswith("#"):
        return text.rstrip() + "\n"
    from rich.console import Console
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size().columns, _WIDEST)
    console = Console(width=width, force_terminal=True)
    with console.capture() as captured:
        console.print(Markdown(f"#{text}", code_theme="ansi_light", hyperlinks=False))
    return captured.get()
