"""Why a metric changed: a page for people, JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crm_metrics.api.opening import Why


def render(why: Why, format: str, out: TextIO, *, verbose: bool = False, color: bool | None = None) -> None:  # noqa: A002
    """Writes the change and what it came of to `out`; with `verbose` every dimension and segment."""
    if format == "json":
        from crm_metrics.renderers.changes import machine

        machine.write(why, out)
    else:
        from crm_metrics.renderers.changes import page

        page.write(why, out, verbose=verbose, color=color)
