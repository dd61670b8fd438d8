"""The names of the months in the nine languages, and the abbreviations for zones that mean one zone only."""

from __future__ import annotations

import unicodedata

# By language: the name of each month, further forms (the genitive of dates, odd abbreviations) behind a stroke.
_NAMES = (
    "january february march april may june july august september october november december",
    "januar|jänner februar märz|mrz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    "styczeń|stycznia luty|lutego marzec|marca kwiecień|kwietnia maj|maja czerwiec|czerwca lipiec|lipca sierpień|sierpnia "
    "wrzesień|września październik|października listopad|listopada grudzień|grudnia",
)
# Minutes east of UTC. Not CST, IST, BST, AST: each is the zone of several countries.
_ZONES = (
    "Z=0 UTC=0 GMT=0 WET=0 WEST=60 CET=60 CEST=120 MEZ=60 MESZ=120 EET=120 EEST=180 MSK=180 JST=540 AEST=600 AEDT=660 "
    "NZST=720 NZDT=780 BRT=-180 EST=-300 EDT=-240 MST=-420 MDT=-360 PST=-480 PDT=-420 AKST=-540 HST=-600"
)
ZONES = {name: int(minutes) for name, _, minutes in (zone.partition("=") for zone in _ZONES.split())}


def plain(name: str) -> str:
    """The name without accents and case, the point of an abbreviation taken away."""
    apart = unicodedata.normalize("NFKD", name.casefold().rstrip("."))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _by_name() -> dict[str, int]:
    """The month of every name and of its beginnings of three letters and more; what begins two months names neither: jui."""
    found: dict[str, set[int]] = {}
    for language in _NAMES:
        for month, forms in enumerate(language.split(), 1):
            for form in map(plain, forms.split("|")):
                for end in range(3, len(form) + 1):
                    found.setdefault(form[:end], set()).add(month)
    return {name: next(iter(of)) for name, of in found.items() if len(of) == 1}


_MONTHS = _by_name()


def month_of(name: str) -> int:
    """The number of the month that is written so in one of the languages; 0 for none."""
    return _MONTHS.get(plain(name), 0)
