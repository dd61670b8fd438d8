"""Currencies as files write them: a code, a sign, a name, in a header, in a column of their own or beside each amount."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.coercing.words import folded

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
TOKEN = "|".join([*(r"\s?".join(map(re.escape, sign)) for sign in _LONGEST_FIRST), "[A-Za-z]{3}"])
_BEFORE = rf"^[\s(+\-−–]*(?P<sign>{TOKEN})[\s(+\-−–]*[\d.,]"
_BEHIND = rf"[\d.,\-–—][\s)]*(?P<sign>{TOKEN})[\s)]*$"
_CODE = re.compile(r"^([A-Za-z]{3})(?:\s*[-–:(].*)?$")
_PAIR = re.compile(r"\s[:–-]\s")
_BY_NAME = {
    "euro": "EUR",
    "euros": "EUR",
    "us dollar": "USD",
    "us dollars": "USD",
    "u.s. dollar": "USD",
    "pound sterling": "GBP",
    "british pound": "GBP",
    "canadian dollar": "CAD",
    "australian dollar": "AUD",
    "new zealand dollar": "NZD",
    "swiss franc": "CHF",
    "japanese yen": "JPY",
    "yen": "JPY",
    "indian rupee": "INR",
    "danish krone": "DKK",
    "norwegian krone": "NOK",
    "swedish krona": "SEK",
    "polish zloty": "PLN",
    "brazilian real": "BRL",
    "mexican peso": "MXN",
    "singapore dollar": "SGD",
}

# How many digits of a currency lie behind the point, for amounts in its smallest unit; 2 for all others. As payment
# providers count: ISK and UGX have no smaller unit any more, but their amounts still have two digits.
_WITHOUT, _THREE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", "BHD JOD KWD OMR TND"
DIGITS = {**dict.fromkeys(_WITHOUT.split(), 0), **dict.fromkeys(_THREE.split(), 3)}


def code_of(text: str) -> str:
    """The code of a currency that is written as code, as sign or by name: `EUR` of "eur", "Euro", "€", "EUR - Euro",
    "€ : Euro" and "Euro - EUR". A sign of several currencies comes back as it is, what is none of them in capitals."""
    tidy = text.strip()
    if (codes := of_sign(tidy)) is not None:
        return codes[0] if len(codes) == 1 else tidy
    if code := _CODE.match(tidy):
        return code[1].upper()
    for part in (tidy, *_PAIR.split(tidy)):  # by name before by sign: "US Dollar : $"
        if named := _BY_NAME.get(folded(part)):
            return named
        if part.upper() in CODES:
            return part.upper()
        if len(alone := of_sign(part) or ()) == 1:
            return alone[0]
    return tidy.upper()


def of_sign(text: str) -> tuple[str, ...] | None:
    """The currencies that a sign stands for; None for what is no sign."""
    return _FOLDED.get("".join(text.split()).casefold())


def of_header(text: str) -> str | None:
    """The code or the sign of several that the brackets of a header hold, or its last word; None where neither does."""
    tidy = text.strip()
    codes = of_sign(tidy)
    if codes is not None:
        return codes[0] if len(codes) == 1 else tidy if codes else None
    return tidy.upper() if tidy.upper() in CODES else None


def in_cells(texts: pa.Array) -> list[str | None] | None:
    """What each written amount is in, `USD` of "USD 1,200", `EUR` of "€1.200", `$` of "$4": a code, or a sign of several
    currencies; None where it says nothing, and None for all when none says anything."""
    texts = pc.utf8_normalize(texts, "NFKC")
    signs = pc.coalesce(*(pc.struct_field(pc.extract_regex(texts, pattern), "sign") for pattern in (_BEFORE, _BEHIND)))
    if signs.null_count == len(signs):
        return None
    written = {sign: code_of(sign) for sign in pc.unique(signs).to_pylist() if sign is not None}
    return [None if sign is None else written[sign] for sign in signs.to_pylist()]


def decided(sign: str, *hints: str | None) -> str | None:
    """The currency that a sign of several stands for, by the first code that something else says: None where nothing does;
    the sign itself where what is said is none of its currencies. A code stays."""
    meant = of_sign(sign)
    if meant is None:
        return sign
    codes = [code for code in hints if code]
    return next((code for code in codes if code in meant), sign if codes else None)
