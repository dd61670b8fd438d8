"""Ids that a vendor writes in more than one way."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SHORT = r"^[A-Za-z0-9]{15}$"
_ENDINGS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_BITS = np.array([1, 2, 4, 8, 16])


def without_prefix(ids: pa.Array, prefix: str) -> pa.Array:
    """The ids without what only some exports write before them."""
    start = pc.starts_with(ids, prefix)
    return pc.if_else(start, pc.utf8_slice_codeunits(ids, len(prefix)), ids)


def in_long_form(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Salesforce's ids of 15 characters, which its reports have, as the same ids of 18, which all else has: the three behind
    say which of the 15 are capitals, five at a time. Other ids stay."""
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    short = pc.match_substring_regex(ids, _SHORT).fill_null(False)
    if not pc.any(short).as_py():
        return ids
    written = np.array(ids.filter(short).to_pylist(), dtype="S15")
    letters = written.view(np.uint8).reshape(-1, 3, 5)
    capitals = (letters >= ord("A")) & (letters <= ord("Z"))
    endings = np.ascontiguousarray(_ENDINGS[capitals @ _BITS]).view("S3").reshape(-1)
    whole = pa.array(np.char.add(written, endings).astype("U18"), pa.string())
    return pc.replace_with_mask(ids, short, whole)
