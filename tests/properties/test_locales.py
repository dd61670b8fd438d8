"""The same data with dates, numbers and truth values as each locale writes them gives the same figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import pytest

from crm_metrics import schema
from crm_metrics.loaders.currency_codes import of_sign
from crm_metrics.schema import NUMERIC, Kind

from .conftest import Reports
from .exports import SEEDS, Exports, File, of_seed
from .figures import nearly, some

PERIOD = "2023-12..2024-05"
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "ene feb mar abr may jun jul ago sept oct nov dic",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
Form = Callable[[datetime], str]


@dataclass(frozen=True)
class Locale:
    """How a locale writes a day, the time behind it, an amount, and yes and no; `order` where days alone leave it open."""

    day: Form
    time: Form
    thousands: str
    decimal: str
    flags: tuple[str, str]
    money: str = "{}"
    order: str | None = None
    is_indian: bool = False


def named(language: str, form: str) -> Form:
    """Days with the names of their months."""
    return lambda day: form.format(d=day.day, m=MONTHS[language].split()[day.month - 1], y=day.year)


def clock(form: str) -> Form:
    return lambda moment: moment.strftime(form)


ISO = clock("%Y-%m-%d")
SECONDS = clock(" %H:%M:%S")
LOCALES = {
    "de": Locale(clock("%d.%m.%Y"), SECONDS, ".", ",", ("WAHR", "FALSCH"), "{} €"),
    "de-long": Locale(named("de", "{d}. {m} {y}"), clock(" um %H:%M:%S Uhr"), ".", ",", ("Ja", "Nein")),
    "ch": Locale(clock("%d.%m.%Y"), SECONDS, "'", ".", ("WAHR", "FALSCH"), "CHF {}"),
    "fr": Locale(clock("%d/%m/%Y"), SECONDS, "\u202f", ",", ("VRAI", "FAUX"), "{}\u00a0€", "dmy"),
    "fr-long": Locale(named("fr", "{d} {m} {y}"), clock(" à %H:%M:%S"), "\u00a0", ",", ("Oui", "Non")),
    "es": Locale(named("es", "{d} {m} {y}"), SECONDS, "", ",", ("VERDADERO", "FALSO"), "{} EUR"),
    "pt": Locale(named("pt", "{d} de {m} de {y}"), SECONDS, ".", ",", ("VERDADEIRO", "FALSO"), "R$ {}"),
    "it": Locale(clock("%d/%m/%Y"), clock(" %H.%M.%S"), ".", ",", ("VERO", "FALSO"), "€ {}", "dmy"),
    "it-long": Locale(named("it", "{d} {m} {y}"), SECONDS, ".", ",", ("sì", "no")),
    "nl": Locale(clock("%d-%m-%Y"), SECONDS, ".", ",", ("WAAR", "ONWAAR"), "€ {}", "dmy"),
    "nl-long": Locale(named("nl", "{d} {m} {y}"), SECONDS, ".", ",", ("ja", "nee")),
    "pl": Locale(named("pl", "{d} {m} {y}"), SECONDS, " ", ",", ("PRAWDA", "FAŁSZ"), "{} zł"),
    "ja": Locale(clock("%Y年%m月%d日"), clock(" %H時%M分%S秒"), ",", ".", ("TRUE", "FALSE"), "￥{}"),
    "us": Locale(clock("%m/%d/%Y"), clock(" %I:%M:%S %p"), ",", ".", ("TRUE", "FALSE"), "${}", "mdy"),
    "us-long": Locale(clock("%b %d, %Y"), clock(", %I:%M:%S %p"), ",", ".", ("Yes", "No"), "US${}"),
    "in": Locale(clock("%d-%m-%Y"), SECONDS, ",", ".", ("TRUE", "FALSE"), "₹ {}", "dmy", True),
    "jira": Locale(clock("%d/%b/%y"), clock(" %I:%M:%S %p"), ",", ".", ("Yes", "No")),
    "api": Locale(ISO, clock("T%H:%M:%S.000"), "", ".", ("true", "false"), "{} USD"),
}


def date_as(cell: str, locale: Locale) -> str:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return cell
    if moment.tzinfo is not None or moment.microsecond:
        return cell
    return locale.day(moment) + (locale.time(moment) if len(cell) > 10 else "")


def number_as(cell: str, locale: Locale, *, is_money: bool) -> str:
    try:
        value = Decimal(cell)
    except ArithmeticError:
        return cell
    whole, _, rest = f"{abs(value):f}".partition(".")
    if is_money:
        ends = [whole[-3:]]
        head = whole[:-3]
        step = 2 if locale.is_indian else 3
        while head:
            ends.insert(0, head[-step:])
            head = head[:-step]
        whole, rest = locale.thousands.join(ends), rest.ljust(2, "0")
    return ("-" if value < 0 else "") + whole + (locale.decimal + rest if rest else "")


def written_in(file: File, locale: Locale) -> File:
    """The file as the locale writes it; the sign of its currency only where a column says that the amount is in it."""
    if file.table is None:
        return file
    known = schema.TABLES[file.table].columns
    kinds = [known[name].kind if name in known else Kind.TEXT for name in file.header]

    place = file.header.index("currency") if "currency" in file.header else None
    signed = of_sign(locale.money.replace("{}", "")) or ()

    def cell_as(cell: str, kind: Kind, currency: str) -> str:
        if not cell:
            return cell
        if kind is Kind.DATE:
            return date_as(cell, locale)
        if kind in NUMERIC:
            text = number_as(cell, locale, is_money=kind is Kind.MONEY)
            return locale.money.format(text) if kind is Kind.MONEY and currency in signed else text
        if kind is Kind.BOOL and cell.casefold() in ("true", "false"):
            return locale.flags[cell.casefold() == "false"]
        return cell

    return file.with_rows(
        [
            [
                cell_as(cell, kind, row[place] if place is not None else "")
                for cell, kind in zip(row, kinds, strict=True)
            ]
            for row in file.rows
        ]
    )


def in_locale(exports: Exports, locale: Locale) -> Exports:
    settings = exports.settings
    if locale.order is not None:
        settings = settings.but(date_order=locale.order)
    return replace(exports.with_files(lambda _, file: written_in(file, locale)), settings=settings)


@pytest.mark.parametrize("name", LOCALES)
def test_what_a_locale_writes_changes_no_figure(reports: Reports, name: str) -> None:
    seed = SEEDS[list(LOCALES).index(name) % len(SEEDS)]
    exports = of_seed(seed)

    assert [] == some(reports.changes(exports, in_locale(exports, LOCALES[name]), PERIOD, same=nearly).items())
