"""One value as people read it: the same text in every human format. CSV and JSON never come here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from crm_metrics.metrics.metric import Unit

MISSING = "–"
MINUS = "−"

_SUFFIXES = {
    Unit.PERCENT: " %",
    Unit.RATIO: "×",
    Unit.MINUTES: " min",
    Unit.HOURS: " h",
    Unit.DAYS: " days",
    Unit.MONTHS: " months",
}
# Below this a figure is the noise of floating point arithmetic.
_NOISE = 1e-6
_DIGITS = Context(prec=400)

_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _CONTROLS}
_VISIBLE |= {code: f"\\u{code:04x}" for code in (*range(0xD800, 0xE000), 0xFFFE, 0xFFFF)}
_VISIBLE |= {ord(character): " " for character in _BREAKS}


def value(number: float | None, unit: str, currency: str | None = None, *, like: float | None = None) -> str:
    """The number with its unit: "63.2 %", "12,345 USD", "35.9 h"; "–" when there is none. Durations are in the unit
    people say, chosen by the size of `like`, else by their own. A number that is not 0 is never shown as 0."""
    if number is None or not math.isfinite(number):
        return MISSING
    unit, factor = spoken(unit, number if like is None else like)
    shown = number * factor
    if not math.isfinite(shown):
        return MISSING
    return _digits(shown, decimals(shown, unit)) + suffix(unit, currency)


def change(difference: float | None, relative: float | None, unit: str, currency: str | None = None) -> str:
    """The change since the compared period: in points for shares, points and scores, else in percent of what it was; in
    the unit itself where there is no percentage to give (from 0, say); empty when it is not known."""
    if difference is not None and unit in (Unit.PERCENT, Unit.POINTS, Unit.SCORE):
        points = difference * 100 if unit == Unit.PERCENT else difference
        return _signed(points, decimals(points, unit)) + {"percent": " pp", "points": " pts"}.get(unit, "")
    if relative is not None:
        return _signed(relative * 100, 0 if round(abs(relative), 3) >= 0.1 else 1) + " %"
    if difference is not None:
        unit, factor = spoken(unit, difference)
        return _signed(difference * factor, decimals(difference * factor, unit)) + suffix(unit, currency)
    return ""


def limits(low: float | None, high: float | None, unit: str, *, like: float | None = None) -> str:
    """Two limits in as few digits as tell them apart: "25 – 55 %", "66k – 153k"; money without its currency. Where one
    is missing, "from 97 %" or "up to 97 %"; empty without any."""
    finite = [number for number in (low, high) if number is not None and math.isfinite(number)]
    if not finite:
        return ""
    unit, factor = spoken(unit, like if like is not None else finite[-1])
    largest = max(map(abs, finite)) * factor
    thousands = next((pair for pair in ((1e6, "M"), (1e3, "k")) if largest >= 10 * pair[0]), (1.0, ""))
    shown = [number * factor / thousands[0] for number in finite]
    span = abs(shown[-1] - shown[0]) or abs(shown[0])
    places = min(max(0, 1 - math.floor(math.log10(span))), _usual(abs(shown[-1]), unit)) if span else 0
    texts = [_digits(number, places) + thousands[1] for number in shown]
    words = (
        f"{texts[0]} {MISSING} {texts[-1]}"
        if len(finite) == 2
        else f"{'from' if high not in finite else 'up to'} {texts[0]}"
    )
    return words + ("" if unit in (Unit.MONEY, Unit.MONEY_PER_DAY) else suffix(unit))


def count(number: float) -> str:
    """A whole number with separators: "4,238"."""
    return value(number, Unit.COUNT)


def several(number: float, noun: str) -> str:
    """A number of things: "1 file", "4,238 files"."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def listed(texts: Sequence[str], most: int, more: str = " and") -> str:
    """The first so many texts, and how many there are besides."""
    return ", ".join(texts[:most]) + (f"{more} {len(texts) - most} more" if len(texts) > most else "")


def visible(text: str) -> str:
    """The text on one line with every character that could move a terminal's cursor, or turn the direction of writing,
    spelled out: ESC becomes `\\x1b`."""
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


def spoken(unit: str, size: float) -> tuple[Unit, float]:
    """The unit in which people say a duration of this size, and by what a number in its own unit is multiplied: minutes
    up to two hours, then hours (never days: working hours make other days). Shares are in percent, all else as it
    is."""
    if unit == Unit.MINUTES and round(abs(size), 1) >= 120:
        return Unit.HOURS, 1 / 60
    if unit == Unit.HOURS and 0 < round(abs(size), 1) < 2:
        return Unit.MINUTES, 60.0
    return Unit(unit), 100.0 if unit == Unit.PERCENT else 1.0


def suffix(unit: str, currency: str | None = None) -> str:
    """What stands behind a number in a unit; money in its currency, where there is one."""
    if unit in (Unit.MONEY, Unit.MONEY_PER_DAY):
        named = f" {visible(currency)}" if currency else ""
        if unit == Unit.MONEY_PER_DAY:
            return f"{named}/day" if named else " a day"
        return named
    return _SUFFIXES.get(Unit(unit), "")


def decimals(number: float, unit: str) -> int:
    """How many decimals a number has that is shown in a unit; shares come in percent. Of one that would be shown as 0 its
    first two digits count."""
    return _telling(number, _usual(abs(number), unit))


def _usual(size: float, unit: str) -> int:
    match unit:
        case Unit.COUNT:
            return 0 if abs(size - round(size)) < _NOISE else 1
        case Unit.MONEY | Unit.MONEY_PER_DAY:
            return 2 if round(size, 2) < 1000 else 0
        case Unit.MINUTES:
            return 1 if round(size, 1) < 10 else 0
        case Unit.HOURS | Unit.DAYS | Unit.MONTHS:
            return 1 if round(size, 1) < 1000 else 0
        case Unit.SCORE:
            return 2
    return 1


def _telling(number: float, places: int) -> int:
    """So many decimals, or more where a number that is not 0 would be shown as 0: then its first two digits count."""
    size = abs(number)
    if size < _NOISE or size >= 10.0**-places or _rounded(number, places):
        return places
    return -int(Decimal(f"{size:.1e}").as_tuple().exponent)


def _rounded(number: float, places: int) -> Decimal:
    # As a spreadsheet does, on 15 digits and half away from zero, so that both show the same: 0.6315 is 63.2 %.
    return Decimal(f"{abs(number):.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _DIGITS)


def _digits(number: float, places: int) -> str:
    rounded = _rounded(number, _telling(number, places))
    text = f"{rounded:,f}"
    return f"{MINUS}{text}" if number < 0 and rounded else text


def _signed(number: float, places: int) -> str:
    text = _digits(number, places)
    return f"+{text}" if number > 0 and text.strip("0.,") else text
