"""Currencies as files write them: a code, a sign, a name, beside the amounts or in their cells."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.loaders.coercing.words import folded

_SIGNS = "$€£¥₹₽₺₩₪₫₴₦฿"
_BY_SIGN = {"€": "EUR", "£": "GBP", "₹": "INR", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD"}
_BEFORE = rf"^[\s(+-]*(?P<sign>[A-Z]{{3}}\b|[A-Za-z]{{0,3}}[{_SIGNS}])"
_BEHIND = rf"(?P<sign>\b[A-Z]{{3}}|[{_SIGNS}])[\s)]*$"
_CODE = re.compile(r"^([A-Za-z]{3})(?:\s*[-–:(].*)?$")
_SEVERAL = ({"$"}, {"¥"})  # signs that more than one currency has
_BY_NAME = {
    "euro": "EUR",
    "us dollar": "USD",
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
    """The code of a currency that is written as code, as sign or by name: `EUR` of "eur", "Euro", "€" and "EUR - Euro". What
    is none of them comes back in capitals."""
    found = _CODE.match(text.strip())
    if found:
        return found[1].upper()
    return _BY_NAME.get(folded(text)) or _BY_SIGN.get(text.strip().upper()) or text.strip().upper()


def in_cells(texts: pa.Array) -> pa.Array | None:
    """The currency that each written amount names, `USD` of "USD 1,200" and `EUR` of "€1.200", null where it names none;
    None when none does, or all have one sign that several currencies share, such as $."""
    signs = pc.coalesce(*(pc.struct_field(pc.extract_regex(texts, pattern), "sign") for pattern in (_BEFORE, _BEHIND)))
    if signs.null_count == len(signs):
        return None
    labels = [None if sign is None else _BY_SIGN.get(sign, sign) for sign in signs.to_pylist()]
    return None if set(labels) - {None} in _SEVERAL else pa.array(labels, pa.string())
