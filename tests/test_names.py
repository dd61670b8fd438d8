"""Names say what a value is: words that fit any value are none of the package's names."""

from __future__ import annotations

import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import crm_metrics

PACKAGE = Path(crm_metrics.__file__).parent
SAY_NOTHING = frozenset(
    "one found known made looking asking everything noticed workbench given told said whole".split()
)
# How often rooms that are not clean yet still use them; a number here may only become smaller.
LEFT = {
    "analysis": 2,
    "api": 2,
    "cli": 87,
    "commands": 1285,
    "engine": 239,
    "errors": 4,
    "help": 20,
    "issues": 1,
    "loaders": 89,
    "metrics": 61,
    "reporting": 14,
    "session": 13,
    "settings": 7,
    "writers": 167,
}


def names_of(path: Path) -> Iterator[str]:
    """The names in a file, without comments and texts."""
    with path.open("rb") as file:
        yield from (token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.NAME)


def counted() -> Counter[str]:
    """How often each room uses names that say nothing."""
    uses = Counter[str]()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        uses[room] += sum(name in SAY_NOTHING for name in (*names_of(path), path.stem))
    return uses


def test_no_name_of_a_clean_room_says_nothing_and_the_others_become_fewer() -> None:
    assert {} == {room: uses for room, uses in counted().items() if uses > LEFT.get(room, 0)}


def test_a_name_is_told_from_a_word_in_a_text(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text('"""What was found."""\nfound = "known"  # one\n', encoding="utf-8")

    assert ["found"] == list(names_of(file))
