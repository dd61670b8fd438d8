"""The currencies there are: their codes, their signs and their names."""

from __future__ import annotations

import re

_CODES = """
AED ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK
LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR
PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SOS SRD SYP SZL THB TJS
TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
"""
CODES = frozenset(_CODES.split())
# Every sign with the currencies it stands for; a sign of several is one of them only where something else says which.
SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
    "Rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "Rs.": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "元": ("CNY", "TWD"),
    "€": ("EUR",),
    "£": ("GBP",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₩": ("KRW",),
    "원": ("KRW",),
    "₪": ("ILS",),
    "₫": ("VND",),
    "đ": ("VND",),
    "₴": ("UAH",),
    "₦": ("NGN",),
    "₱": ("PHP",),
    "฿": ("THB",),
    "円": ("JPY",),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
    "Fr.": ("CHF",),
    "SFr.": ("CHF",),
    "lei": ("RON",),
    "лв": ("BGN",),
    "R$": ("BRL",),
    "US$": ("USD",),
    "U$S": ("USD",),
    "USD$": ("USD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "CAD$": ("CAD",),
    "CDN$": ("CAD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "AUD$": ("AUD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
    "SG$": ("SGD",),
    "NT$": ("TWD",),
    "MX$": ("MXN",),
    "Mex$": ("MXN",),
    "AR$": ("ARS",),
    "CLP$": ("CLP",),
    "COL$": ("COP",),
    "JP¥": ("JPY",),
    "CN¥": ("CNY",),
    "RMB": ("CNY",),
    "¤": (),
}
_FOLDED = {sign.casefold(): codes for sign, codes in SIGNS.items()}
_LONGEST_FIRST = sorted(SIGNS, key=lambda sign: (-len(sign), sign))
# A sign or a code beside a number, as a regular expression; a blank may stand inside, as in "AU $3".
_SIGNS = "|".join(r"\s?".join(map(re.escape, sign)) for sign in _LONGEST_FIRST)
TOKEN = f"(?i:{_SIGNS}|{'|'.join(sorted(CODES))})"

# Of one currency or of several, as languages write them behind a number of them.
_NAMES = """
dollar dollars dolar dolares euro euros franc francs franken krona krone kronen kroner kronor peso pesos pound pounds real
reais rupee rupees yen zl zloty zlotych
"""
_ONE_WORD = frozenset(_NAMES.split())

# How many digits of a currency lie behind the point, for amounts in its smallest unit; 2 for all others. As payment
# providers count: ISK and UGX have no smaller unit any more, but their amounts still have two digits.
_WITHOUT, _THREE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", "BHD JOD KWD OMR TND"
DIGITS = {**dict.fromkeys(_WITHOUT.split(), 0), **dict.fromkeys(_THREE.split(), 3)}


def of_sign(text: str) -> tuple[str, ...] | None:
    """The currencies that a sign stands for; None for what is no sign."""
    return _FOLDED.get("".join(text.split()).casefold())


def is_named(word: str) -> bool:
    """Whether a word is the name of a currency, or of several: euro, dollars."""
    return word in _ONE_WORD
