"""A file as it is recognised: its header, and a sample of the cells below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from crm_metrics.loaders.content import Content, looked_at
from crm_metrics.loaders.scales import scale_of
from crm_metrics.loaders.vocabulary import Header, Meaning, english, header_of, languages, meanings_of, words_of


@dataclass(frozen=True)
class Sheet:
    """A header and a sample of the cells below it, by column; without cells the header decides alone."""

    labels: tuple[str, ...]
    cells: Sequence[Sequence[str | None]] = ()
    path: str = ""
    _looked: dict[int, Content] = field(default_factory=dict, compare=False)
    kept: dict[str, Any] = field(default_factory=dict, compare=False)  # what is worked out once, by table

    def content(self, place: int) -> Content | None:
        """What is in a column; None where there are no records."""
        if place >= len(self.cells) or not self.cells[place]:
            return None
        if place not in self._looked:
            label = self.labels[place]  # a header that stands once more says nothing of the cells
            self._looked[place] = looked_at([cell if cell != label else None for cell in self.cells[place]])
        return self._looked[place]

    def is_blank(self, place: int) -> bool:
        content = self.content(place)
        return content is not None and content.form == "blank"

    def is_of_records(self, place: int) -> bool:
        """Whether rows that share a cell of a column are one record on several rows: they agree in every date, and in half
        of all that varies from row to row."""
        rows: dict[str | None, list[int]] = defaultdict(list)
        for at, cell in enumerate(self.cells[place]):
            rows[cell].append(at)
        groups = [shared for cell, shared in rows.items() if cell and len(shared) > 1]
        varying = [other for other, cells in enumerate(self.cells) if other != place and len({*cells}) > 1]
        agreed = {at for at in varying if all(len({self.cells[at][row] for row in shared}) == 1 for shared in groups)}
        dated = {at for at in varying if (content := self.content(at)) is not None and content.form == "date"}
        return bool(groups) and dated <= agreed and 2 * len(agreed) >= len(varying) > 0

    @cached_property
    def about(self) -> frozenset[str]:
        """The things that the name of the file or its sheet says its rows are: the last that it names."""
        file, _, sheet = self.path.replace("\\", "/").rpartition("/")[2].partition("#")
        # Other languages are known already where the header is not English.
        is_foreign = sum(not meanings for meanings in self.meanings) > 1 or not all(map(str.isascii, self.labels))
        spoken = languages() if is_foreign else ()
        for word in reversed([*words_of(file.rpartition(".")[0]), *words_of(sheet)]):
            for form in (word, word.removesuffix("s"), word.removesuffix("ies") + "y"):
                for language in (english(), *spoken):
                    if form in language.things:
                        return frozenset(language.things[form])
        return frozenset()

    @cached_property
    def said(self) -> frozenset[str | None]:
        """All things and attributes that the headers name."""
        return frozenset(part for meanings in self.meanings for meaning in meanings for part in meaning[:2])

    @cached_property
    def heads(self) -> list[Header]:
        return [header_of(label) for label in self.labels]

    @cached_property
    def in_parts(self) -> frozenset[int]:
        """The amounts that stand in whole units beside it: `total_cents` beside `total`."""
        scales = [scale_of(label) for label in self.labels]
        words = [head.words for head in self.heads]
        return frozenset(at for at, scale in enumerate(scales) if scale and words_of(scale.name) in words)

    @cached_property
    def meanings(self) -> tuple[tuple[Meaning, ...], ...]:
        return meanings_of(self.labels)
