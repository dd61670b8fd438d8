"""What depends on the tables alone, worked out once for all metrics, periods and segments that are asked of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Result = TypeVar("Result")


class Shared:
    """Results by method and arguments, of one set of tables and settings as known on one day."""

    def __init__(self) -> None:
        self.results: dict[tuple[object, ...], Any] = {}
        self._of: tuple[object, ...] = ()

    def is_of(self, *asked: object) -> None:
        """Refuses other tables, settings or days than those it was first used for."""
        self._of = self._of or asked
        assert all(one is other or one == other for one, other in zip(self._of, asked, strict=True))


def once(method: Callable[..., Result]) -> Callable[..., Result]:
    """A method of a world or family that looks at neither period nor segment, and writes nothing down."""

    @wraps(method)
    def kept(self: Any, *arguments: object) -> Result:
        key = (method.__qualname__, *arguments)
        if key not in self.shared.results:
            self.shared.results[key] = method(self, *arguments)
        return self.shared.results[key]

    return kept
