"""Currencies as files write them: a code, a sign, a name, in a header, in a column of their own or beside each amount."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.coercing.numbers import whole_units
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.currency_codes import CODES, TOKEN, of_sign
from crm_metrics.loaders.scales import scale_of

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


def of_header(text: str) -> str | None:
    """The code or the sign of several that the brackets of a header hold, or its last word, also where it says how many
    there are to a 1 (`k€`); None where neither does."""
    scale = scale_of(f"({text})")
    tidy = code_of(scale.currency) if scale and scale.currency else text.strip()
    codes = of_sign(tidy)
    if codes is not None:
        return codes[0] if len(codes) == 1 else tidy if codes else None
    return tidy.upper() if tidy.upper() in CODES else None


def in_cells(texts: pa.Array) -> list[str | None] | None:
    """What each written amount is in, `USD` of "USD 1,200", `EUR` of "€1.200", `$` of "$4": a code, or a sign of several
    currencies; None where it says nothing, and None for all when none says anything."""
    texts = pc.utf8_normalize(whole_units(texts)[0], "NFKC")
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
