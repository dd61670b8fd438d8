"""Headers that say which stretch of time each row of a report covers: week, month, quarter or year, in nine languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WORDS = {
    "week": "week weeks woche kalenderwoche kw semaine semana settimana tydzien 週",
    "month": "month months monat mois mes mese maand miesiac 月 年月",
    "quarter": "quarter quarters quartal trimestre kwartaal kwartal 四半期",
    "year": "year years jahr annee ano anno jaar rok 年",
}
_LAST_DAY = "end ends ending ended ende endet bis fin fine fim final einde koniec do 終了 終了日"
_BESIDE = (
    "start starts starting started begin begins beginning beginnend beginn commencing of from ab the date datum iso "
    "monday montag debut du le inicio inizio inicial poczatek od spent reporting calendar 開始 開始日"
)
_STRETCH = {word: stretch for stretch, words in _WORDS.items() for word in words.split()}
COLUMNS = {f"spent_{stretch}": stretch for stretch in _WORDS}


@dataclass(frozen=True)
class Stretch:
    """A stretch of time by name; `by_last_day`: its date is its last day ("Week ending")."""

    name: str
    by_last_day: bool = False


def stretch_of(header: str) -> Stretch | None:
    """The stretch that a header names, with no more than words for where its date stands in it; None for other headers."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", unicodedata.normalize("NFKC", header).replace("ł", "l"))
    apart = unicodedata.normalize("NFD", spaced.casefold())
    words = "".join(sign for sign in apart if not unicodedata.combining(sign) or sign in "\u3099\u309a").split()
    named = {_STRETCH[word] for word in words if word in _STRETCH}
    rest = {word for word in words if word not in _STRETCH}
    if len(named) != 1 or rest - {*_LAST_DAY.split(), *_BESIDE.split()}:
        return None
    return Stretch(named.pop(), bool(rest & {*_LAST_DAY.split()}))


def with_stretches(columns: Mapping[str, int], header: Sequence[str]) -> dict[str, int]:
    """The columns of a file of spend with those whose headers name stretches of time, of two for one the first. What was
    taken for the day of a cost is none under such a header, unless a last day goes with it."""
    placed = dict(columns)
    for place, label in enumerate(header):
        if (stretch := stretch_of(label)) is None:
            continue
        if placed.get("spent_at") == place and "spent_to_at" not in placed:
            del placed["spent_at"]
        if place not in placed.values():
            placed.setdefault(f"spent_{stretch.name}", place)
    return placed
