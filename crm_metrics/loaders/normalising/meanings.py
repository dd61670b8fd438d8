"""What the settings say that the values of a column mean, put in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import Cells

_SHOWN = 5
# Where a file has no outcomes of its own, the settings' words for them are values of one of these.
_TELLING = ("status", "stage")


def translated(file: File, name: str, column: coerced.Texts, cells: Cells) -> coerced.Texts:
    """The texts of a column, those that the settings name as what they mean; both are noted."""
    rules = file.meanings(name)
    if not rules:
        return column
    labels = [str(label) for label in column.values.to_pylist()]
    meant = [rules.get(folded(label)) for label in labels]
    _note(file, name, labels, meant, column.codes, cells, name)
    texts = [label if word is None else word for label, word in zip(labels, meant, strict=True)]
    return coerced.relabelled(pa.array(texts, pa.string()), column.codes)


def outcomes(file: File, values: dict[str, Any], cells: Cells) -> None:
    """Add the outcome of deals by the settings' words for it where the file has no column of outcomes: what the words do not
    name is missing, and told from the rest of the row."""
    rules = file.meanings("outcome")
    if not rules or file.layout.table != "deals" or "outcome" in file.recognised.columns:
        return
    read = [name for name in _TELLING if name in values]
    for name in read:
        labels = [str(label) for label in values[name].categories]
        meant = [rules.get(folded(label)) for label in labels]
        if any(meant) or name == read[-1]:
            _note(file, name, labels, meant, values[name].codes, cells, "outcome")
            states = coerced.relabelled(pa.array(meant, pa.string()), values[name].codes.astype(np.int32))
            values["outcome"] = coerced.category(states)
            return


def _note(
    file: File,
    name: str,
    labels: Sequence[str],
    meant: Sequence[str | None],
    codes: NDArray[Any],
    cells: Cells,
    ruled: str,
) -> None:
    """Say which values of a column were read as the settings say for a column, and which of those are in no cell."""
    hit = np.array([*(word is not None for word in meant), False], dtype=bool)[codes]
    if hit.any():
        pairs = [f"{label} → {word}" for label, word in zip(labels, meant, strict=True) if word is not None]
        file.note("values-set", cells.rows[hit], column=file.header(name), seen=_listed(pairs))
    unmet = [word for word in file.meanings(ruled) if word not in set(map(folded, labels))]
    if unmet:
        file.note("values-unused", column=file.header(name), seen=_listed(unmet))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
