"""Alerts: a figure, and what has to be so that somebody is called."""

from __future__ import annotations

import operator
import re
from typing import Annotated

from pydantic import AfterValidator

from crm_metrics.errors import did_you_mean
from crm_metrics.settings.blocks import ALERTS
from crm_metrics.settings.goals import Name
from crm_metrics.settings.kinds import Block

_PASSED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LIMIT = re.compile(r"(?P<sign>[<>]=?)\s*(?P<number>-?\d+(\.\d+)?)\s*(?P<percent>%?)")


def _condition(when: str) -> str:
    plain = when.strip().casefold()
    if plain not in ALERTS and not _LIMIT.fullmatch(plain):
        raise ValueError(
            f'{when!r} is no condition: worse, goal-missed, goal-behind, or a limit such as "< 0.3", "< 30 %" or ">= 100". '
            f"{did_you_mean(plain, ALERTS)}"
        )
    return plain


class Alert(Block):
    """Somebody is to be called `when` the figure is worse by more than chance brings, when its goal is missed or behind, or
    when it passes a limit."""

    metric: Name
    when: Annotated[str, AfterValidator(_condition)]

    @property
    def is_percent(self) -> bool:
        """Whether the limit is written in per cent."""
        return self.when.endswith("%")

    @property
    def limit(self) -> float | None:
        """The limit in the unit of the figure, shares as fractions; None where there is none."""
        match = _LIMIT.fullmatch(self.when)
        return None if match is None else float(match["number"]) / (100 if self.is_percent else 1)

    def is_passed(self, value: float) -> bool:
        """Whether a value is on the side of the limit that is to be told."""
        match = _LIMIT.fullmatch(self.when)
        return match is not None and _PASSED[match["sign"]](value, self.limit or 0.0)
