"""Help topics: all of them, one, or the parts that hold what you look for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from typing import Annotated

from crm_metrics.commands import Call, argument

ABOUT, PLACE = "help topics, and where what you look for is said", 180
SHARED = ("no_pager", "debug")

_WIDEST = 100  # longer lines of prose are hard to read


def run(
    call: Call, *, words: Annotated[Sequence[str], argument("[TOPIC or words]", "A topic, or what you look for.")] = ()
) -> None:
    """Shows the topics, one of them, or where words are answered."""
    call.show(lambda is_screen: _shown(_text(words), is_screen=is_screen))


def _text(words: Sequence[str]) -> str:
    """What is asked for, as Markdown."""
    from crm_metrics import help as topics
    from crm_metrics.errors import UsageError

    if not words:
        wide = max(map(len, topics.names()))
        listed = "\n".join(f"  {topic.name:<{wide}}  {topic.title}" for topic in topics.topics())
        return (
            f"Help topics\n\n{listed}\n\n"
            "'crm-metrics help TOPIC' shows one, 'crm-metrics help WORDS' what is said of them:\n"
            "crm-metrics help why is it not available"
        )
    try:
        return topics.called(" ".join(words)).text
    except UsageError:
        from crm_metrics.metrics.catalog import built_in
        from crm_metrics.metrics.describe import described

        if (name := "_".join(words).casefold()) in (catalog := built_in()):
            return described(catalog[name], catalog)
        if not (sections := topics.sections_about(words)):
            raise
    return "\n\n".join(f"## {section.topic}: {section.heading}\n\n{section.text.strip()}" for section in sections)


def _shown(text: str, *, is_screen: bool) -> str:
    """Markdown laid out for a screen, its title no larger than other headings; for everything else as it is."""
    if not is_screen or not text.startswith("#"):
        return text.rstrip() + "\n"
    from rich.console import Console
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size().columns, _WIDEST)
    linked = re.sub(r"\[([^\]]+)\]\(([\w-]+)\.md[^)]*\)", _topic_of, text)
    console = Console(width=width, force_terminal=True)
    with console.capture() as captured:
        console.print(Markdown(f"#{linked}", code_theme="ansi_light", hyperlinks=False))
    return captured.get()


def _topic_of(link: re.Match[str]) -> str:
    """What a link says, and the topic that it leads to: a screen has nothing to click."""
    words, name = " ".join(link[1].split()), link[2]
    return f"topic `{name}`" if words == name else f"{words} (topic `{name}`)"
