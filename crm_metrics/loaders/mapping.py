"""What the user's settings say about a file's columns, before and above what its header says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from crm_metrics import schema
from crm_metrics.errors import DataError, SettingsError, did_you_mean
from crm_metrics.loaders.beside import is_beside
from crm_metrics.loaders.exported import ReadAgain
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Layout, Recognised, layouts, normalised, recognise, unit_of
from crm_metrics.loaders.stretches import with_stretches
from crm_metrics.loaders.vocabulary import header_of
from crm_metrics.settings import FileRules, Settings


class Recogniser:
    """Recognises files, each once, by the user's own vendor files first, then by the built-in ones; a table or a column that
    the settings name stands. Raises `SettingsError` for vendor files with mistakes in them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._own: list[Layout] = []
        if settings.vendor_files:
            from crm_metrics.loaders import vendor_files  # what checks them takes a while, and few have any

            self._own = [layout for path in settings.vendor_files for layout in vendor_files.read(path)]
        self._again = ReadAgain(self._own)
        self._readings: dict[tuple[int, str | None], tuple[Raw, Recognised | None]] = {}

    def recognise(self, raw: Raw, table: str | None = None) -> Recognised | None:
        """The reading of a file, None when it is no known table; with `table`, as that table in the generic names. Who asks
        may change the columns of it. Raises `SettingsError` for a mapping that does not fit the file."""
        key = (id(raw), table)
        if key not in self._readings:
            self._readings[key] = raw, self._recognised(raw, table)
        reading = self._readings[key][1]
        return None if reading is None else replace(reading, columns={**reading.columns})

    def _recognised(self, raw: Raw, table: str | None) -> Recognised | None:
        rules = self.settings.rules(raw.path)
        if table is not None or not (rules.columns or rules.table or rules.vendor):
            return self._best(raw, raw.header, table)
        return self._mapped(raw, rules)

    def _best(self, raw: Raw, header: Sequence[str], table: str | None = None) -> Recognised | None:
        if table is None and (again := self._again.recognise(raw)) is not None:
            return again
        if table is None and self._own and (own := recognise(header, raw.path, among=self._own)) is not None:
            return own
        return recognise(header, raw.path, cells=raw.head, table=table)

    def _mapped(self, raw: Raw, rules: FileRules) -> Recognised | None:
        """The file as its own header says, else as it would say with the canonical names in it."""
        places = {
            name: self._place(raw, name, label) for name, label in rules.columns.items() if isinstance(label, str)
        }
        off = rules.columns.keys() - places.keys()
        renamed = list(raw.header)
        for name, place in places.items():
            renamed[place] = name
        readings: list[Recognised] = []
        refusal: DataError | None = None
        for header in (raw.header, renamed):
            try:
                recognised = self._stated(raw, header, rules)
            except DataError as error:
                refusal = error
                continue
            readings += [recognised] if recognised is not None else []
        for recognised in readings:
            if places.keys() <= schema.TABLES[recognised.layout.table].columns.keys():
                return _overlaid(recognised, places, off, raw.header)
        if readings:
            table = readings[-1].layout.table
            foreign = sorted(places.keys() - schema.TABLES[table].columns.keys())
            raise SettingsError(
                f"{raw.path} is read as {schema.called(table)}, which have no column {' or '.join(foreign)}. "
                f"{did_you_mean(foreign[0], schema.TABLES[table].columns)}",
                where=self._where(),
                hint='Say what the file holds with table = "…" in its [[files]] block, or change the mapping.',
            )
        if refusal is not None:
            raise refusal
        if rules.vendor is not None:
            kind = f" of {schema.called(rules.table)}" if rules.table else ""
            hint = f"'crm-metrics scan' shows what it is without vendor = {rules.vendor!r}."
            raise SettingsError(f"is no export{kind} as {rules.vendor} makes them", where=raw.path, hint=hint)
        return None

    def _stated(self, raw: Raw, header: Sequence[str], rules: FileRules) -> Recognised | None:
        """The reading as the table and the vendor that the settings name; without a vendor as one whose export fits, else in
        the generic names."""
        if rules.table is None and rules.vendor is None:
            return self._best(raw, header)
        all_layouts = [*self._own, *layouts()]
        vendors = {layout.vendor for layout in all_layouts}
        if rules.vendor not in (None, *vendors):
            what = f"vendor = {rules.vendor!r}: there is no such vendor. {did_you_mean(str(rules.vendor), vendors)}"
            raise SettingsError(what, where=self._where())
        fitting: list[Layout] = [
            layout
            for layout in all_layouts
            if rules.table in (None, layout.table)
            and (layout.vendor == rules.vendor if rules.vendor else layout.signature)
        ]
        recognised = recognise(header, raw.path, cells=raw.head, among=fitting)
        return recognised or (self._best(raw, header, rules.table) if rules.vendor is None else None)

    def _place(self, raw: Raw, name: str, label: str) -> int:
        exact = [place for place, header in enumerate(raw.header) if header.strip() == label.strip()]
        alike = [place for place, header in enumerate(raw.header) if normalised(header) == normalised(label)]
        places = exact or alike
        if len(places) == 1:
            return places[0]
        if places:
            what = f"{raw.path} has {len(places)} columns with the header {label!r}"
            raise SettingsError(f'{name} = "{label}": {what}', where=self._where(), hint="Rename all but one of them.")
        suggestion = did_you_mean(label, [header for header in raw.header if header])
        raise SettingsError(f'{name} = "{label}": {raw.path} has no such header. {suggestion}', where=self._where())

    def _where(self) -> str:
        return self.settings.file or "settings"


def _overlaid(
    recognised: Recognised, places: Mapping[str, int], off: Collection[str], header: Sequence[str]
) -> Recognised:
    """The reading with the mapped columns where the user says, and without those that are `off`; nothing else is read from
    the mapped headers."""
    taken = set(places.values())
    columns = {
        name: place
        for name, place in recognised.columns.items()
        if name not in places and name not in off and (place not in taken or is_beside(name))
    }
    columns |= places
    if recognised.layout.table == "spend":
        columns = with_stretches(columns, header)
    suffixes = {name: text for name, text in recognised.suffixes.items() if name in columns and name not in places}
    units = {name: unit for name, unit in recognised.units.items() if name in columns and name not in places}
    for name, place in places.items():
        if (text := header_of(header[place]).suffix) is not None:
            suffixes[name] = text
        units[name] = unit_of(header[place], recognised.layout) or "minutes"  # what the canonical name says
    candidates = {
        name: labels for name, labels in recognised.candidates.items() if name in columns and name not in places
    }
    return replace(recognised, columns=columns, suffixes=suffixes, units=units, candidates=candidates)
