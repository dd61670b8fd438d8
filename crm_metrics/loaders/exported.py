"""The program's own cleaned tables, recognised when they are read again: each by the layout that its rows were read by, so
that words, scales and ids mean what they meant, but with canonical names and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm_metrics import schema
from crm_metrics.errors import DataError
from crm_metrics.loaders.layouts import GENERIC, Layout, layouts, normalised
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Recognised
from crm_metrics.schema import Kind

FILE, ROW, READ_AS = "source_file", "source_row", "read_as"
BESIDE = "beside"  # of rows that stand in a file of another table
# In CSV an apostrophe stands before what a spreadsheet would run as a formula, and before what would be taken for that.
GUARDED = r"^'('*[=+\-@\t\r])"
_DURATIONS = (Kind.MINUTES, Kind.HOURS, Kind.DAYS)
_CERTAIN = 1e9  # of the score of a reading


def name_of(recognised: Recognised, header: Sequence[str]) -> str:
    """What tells how the rows of a file were read: the layout, and the header of the record's own id where its layout leaves
    that open."""
    layout = recognised.layout
    alike = _alike(layout.vendor, layout.table, layouts())
    place = alike.index(layout) if layout in alike else 0
    key = recognised.columns.get(schema.TABLES[layout.table].key) if not layout.signature else None
    return f"{layout.vendor} {layout.table} {place + 1}" + (f": {normalised(header[key])}" if key is not None else "")


def _alike(vendor: str, table: str, among: Sequence[Layout]) -> list[Layout]:
    return [layout for layout in among if (layout.vendor, layout.table) == (vendor, table)]


class ReadAgain:
    """Recognises such files; the same layout is the same object each time. `own` are the user's own layouts."""

    def __init__(self, own: Sequence[Layout]) -> None:
        self._own, self._known = own, dict[str, Layout]()

    def recognise(self, raw: Raw) -> Recognised | None:
        """The reading of a file, None where it is none of these tables, or holds no rows. Raises `DataError` where
        its layout is not there: by another its words may mean something else."""
        if not {FILE, ROW, READ_AS} <= {*raw.header}:
            return None
        name = next(filter(None, raw.head[raw.header.index(READ_AS)]), None)
        if name is None:
            return None
        layout = self._layout(name)
        if layout is None:
            raise DataError(
                f"was made of a file that was read as {name!r}, which is not known here",
                where=raw.path,
                hint="Name the vendor file that it was read with in the settings, or write the tables again.",
            )
        specs = schema.TABLES[layout.table].columns
        labels = {label.partition(" (")[0]: (place, label) for place, label in enumerate(raw.header)}
        columns = {name: place for name, (place, _) in labels.items() if name in specs}
        notes = {name: labels[name][1].partition(" (")[2].removesuffix(")") for name in columns}
        suffixes = {name: text for name, text in notes.items() if text}
        units = {name: str(specs[name].kind) for name in columns if specs[name].kind in _DURATIONS}
        is_guarded = raw.path.casefold().endswith(".csv")
        return Recognised(layout, columns, suffixes, units, {}, _CERTAIN, is_guarded=is_guarded)

    def _layout(self, name: str) -> Layout | None:
        if name not in self._known:
            vendor, table, place = [*name.partition(":")[0].split(" "), "", ""][:3]
            alike = _alike(vendor, table, [*self._own, *layouts()])
            if place == BESIDE:
                alike, place = [replace(like, vendor=vendor) for like in _alike(GENERIC, table, layouts())], "1"
            if not place.isdecimal() or not 0 < int(place) <= len(alike):
                return None
            self._known[name] = _settled(alike[int(place) - 1])
        return self._known[name]


# What a layout says of how values and headers are written.
_WRITTEN = (
    *("units", "missing", "total_rows", "blank_is_false", "probability", "date_order", "amounts_per", "money"),
    *("total_blank", "siblings", "currency_of", "zero_is_missing", "separators", "stage_columns", "stage_fields"),
)


def _settled(layout: Layout) -> Layout:
    """The layout of values that are in canonical form already."""
    plain = Layout(layout.vendor, layout.title, layout.table, layout.columns)
    return replace(layout, **{name: getattr(plain, name) for name in _WRITTEN})
