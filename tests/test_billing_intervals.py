"""Intervals that something is charged at: words of twelve languages, a number with them, ISO 8601; what means two things is
not known."""

from __future__ import annotations

import math

import pytest

from crm_metrics.loaders.billing_intervals import PER_MONTH, share_of_month
from crm_metrics.loaders.state_words import folded
from crm_metrics.shipped import shipped

from .test_states import LANGUAGES

NORDIC = {"da", "no", "sv"}
SECTIONS = shipped("loaders/words", "intervals")
PLAIN = ("day", "week", "month", "quarter", "half year", "year")
# How each language says "every" before a number, and the plural of a month.
EVERY = {
    "en": "every {} months",
    "de": "alle {} Monate",
    "fr": "tous les {} mois",
    "es": "cada {} meses",
    "pt": "a cada {} meses",
    "it": "ogni {} mesi",
    "nl": "om de {} maanden",
    "pl": "co {} miesiące",
    "ja": "{}ヶ月ごと",
    "da": "hver {} måneder",
    "no": "hver {} måneder",
    "sv": "var {} månader",
}


def months(interval: str) -> float:
    """How many months an interval is."""
    share, count = share_of_month(interval)
    return max(count, 1) / share


def test_every_plain_interval_has_words_in_all_languages_and_no_other_section_is_there() -> None:
    assert set(SECTIONS) == {*PER_MONTH, "numbers", "around"}
    assert {name: set(SECTIONS[name]) for name in (*PLAIN, "numbers", "around")} == dict.fromkeys(
        (*PLAIN, "numbers", "around"), LANGUAGES | NORDIC
    )


@pytest.mark.parametrize("unit", PER_MONTH)
def test_every_word_is_the_interval_of_its_section_whatever_its_case(unit: str) -> None:
    words = [word for words in SECTIONS[unit].values() for word in words]
    wrong = [
        word
        for word in words
        for form in (word, word.upper(), f" {word}. ")
        if months(form) != pytest.approx(1 / PER_MONTH[unit])
    ]

    assert wrong == []


@pytest.mark.parametrize("language", EVERY)
def test_a_number_is_known_as_a_digit_and_as_a_word(language: str) -> None:
    numbers = SECTIONS["numbers"][language]

    assert [months(EVERY[language].format(word)) for word in numbers] == pytest.approx(range(2, 13))
    assert [months(EVERY[language].format(count)) for count in range(1, 37)] == pytest.approx(range(1, 37))


@pytest.mark.parametrize("language", EVERY)
def test_what_stands_around_an_interval_says_nothing(language: str) -> None:
    words = [word for word in SECTIONS["around"][language] if word.isascii() and folded(word) == word]
    monthly = max(SECTIONS["month"][language], key=len)

    assert [word for word in words if months(f"{word} {monthly}") != 1] == []


@pytest.mark.parametrize(
    ("interval", "count"),
    [
        *[
            ("P1M", 1),
            ("P3M", 3),
            ("P1Y", 12),
            ("p2y", 24),
            ("P0Y6M", 6),
            ("1-year", 12),
            ("12m", 12),
            ("24 Months", 24),
        ],
        *[("1 Month(s)", 1), ("EVERY_3_MONTHS", 3), ("HalfYearly", 6), ("/mo", 1), ("€ / Jahr", 12), ("p.a.", 12)],
        *[("Billed annually", 12), ("3-monatlich", 3), ("Halbjährliche Zahlung", 6), ("all’anno", 12), ("pół roku", 6)],
        *[("Roczny", 12), ("polrocznie", 6), ("３ヶ月ごと", 3), ("十二ヶ月", 12), ("半年払い", 6), ("年一括払い", 12)],
        *[("bimestral", 2), ("zweimonatlich", 2), ("quadrimestrale", 4), ("hver anden måned", 2), ("pr. år", 12)],
    ],
)
def test_intervals_as_tools_and_people_write_them(interval: str, count: float) -> None:
    assert months(interval) == pytest.approx(count)


@pytest.mark.parametrize(
    "interval",
    [
        # Twice in it, or once in two.
        *[
            "bimonthly",
            "Bi-monthly",
            "biweekly",
            "biannual",
            "bi-yearly",
            "bimensuel",
            "bisannuel",
            "quincenal",
            "bimensile",
        ],
        # Of two intervals neither is chosen; nothing is charged every 0 months; a minute is no month; 3月 is March.
        *["Annual contract, billed monthly", "month 2 3", "0 months", "P0M", "PT1M", "P1Y6M", "3月", "3 x year"],
        # No words of one language: "due" is Italian for two, "to" Danish.
        *["Due monthly", "to months"],
        *["one-time", "lifetime", "einmalig", "custom", "", "J", "A"],
    ],
)
def test_what_means_several_things_or_nothing_is_not_known(interval: str) -> None:
    assert math.isnan(share_of_month(interval)[0])
