"""Text cells: the spellings of missing, of yes and no, and one way to write each value."""

from __future__ import annotations

import unicodedata

# In date and number columns. In text columns only blank, "-" and "--": a country may be NA, an owner may be Null.
MISSING = frozenset(
    (
        *("na", "n/a", "null", "none", "nil", "nan", "offered", "select"),
        *("#n/a", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "#null!"),
        *("-", "--", "–", "—", "?", "."),
    )
) | {
    "",
    "(blank)",
    *(
        day + time
        for day in ("0000-00-00", "1900-01-01", "1970-01-01", "9999-12-31")
        for time in ("", " 00:00", " 00:00:00")
    ),
}
MISSING_TEXT = frozenset(("", "-", "--"))
# What nobody is called; "None" and "Nan" are names.
MISSING_NAMES = frozenset(word for word in MISSING if not word.isalnum()) | {"(none)", "(empty)"}
# Yes and no, and what spreadsheets in the nine languages write for true and false.
_TRUE = "true yes y t 1 1.0 x wahr ja j si sí sì sim oui vrai verdadero verdadeiro vero waar prawda tak はい"
_FALSE = "false no n f 0 0.0 falsch nein não nao non faux falso onwaar nee nej fałsz falsz nie いいえ"
TRUE, FALSE = frozenset(_TRUE.split()), frozenset(_FALSE.split())
# By language: the name of each month, further forms (the genitive of dates, odd abbreviations) behind a stroke.
MONTHS = (
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


def tidy(text: str) -> str:
    """The text trimmed, inner blanks collapsed, in Unicode normal form C; its case kept."""
    return " ".join((text if text.isascii() else unicodedata.normalize("NFC", text)).split())


def folded(text: str) -> str:
    """The text for comparing: tidy, and case aside."""
    return tidy(text).casefold()


def spellings_of_missing() -> list[str]:
    """The spellings of missing in the cases that exports use, for a reader that knows no case."""
    return sorted({form for word in MISSING for form in (word, word.upper(), word.capitalize(), word.title())})
