"""Values of one column that differ only in case, spaces and punctuation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_metrics.loaders.recognising import normalised

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.check import Bools
    from crm_metrics.analysis.quality.data import Rows


def spellings(rows: Rows, column: str) -> tuple[Bools, list[str]]:
    """The rows whose value is written in another way more often, and for each row of the table what it says and how it is
    written more often ("" for the others)."""
    values = rows.frame[column].astype("category")
    labels = [str(value) for value in values.cat.categories]
    codes = values.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    met = pd.DataFrame({"label": labels, "key": [_key(label) for label in labels], "count": counts})
    met = met[(met["count"] > 0) & (met["key"] != "")].sort_values(["count", "label"], ascending=[False, True])
    usual = met.drop_duplicates("key").set_index("key")
    said = [""] * (len(labels) + 1)
    for label, key in zip(met["label"], met["key"], strict=True):
        best = str(usual.loc[key, "label"])
        if label != best:
            said[labels.index(label)] = f"{column}: {label!r}, {usual.loc[key, 'count']:,} rows have {best!r}"
    texts = np.array(said, dtype=object)[codes]
    return texts != "", texts.tolist()


def _key(label: str) -> str:
    """What two spellings of one value share: "google-ads", "Google Ads" and "GoogleAds" are one; "-" alone is none."""
    return normalised(label).replace(" ", "")
