"""One recognised file becomes rows of its canonical table, with what was noticed about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.errors import DataError
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing import dates, numbers
from crm_metrics.loaders.coercing.words import MISSING, MISSING_TEXT, spellings_of_missing
from crm_metrics.loaders.identity import IDS
from crm_metrics.loaders.planning import Plan, plan
from crm_metrics.loaders.reading import As, Cells, Raw
from crm_metrics.loaders.recognising import Recognised, normalised
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, Source, Unusable

SCORES = ("score", "nps_score", "csat_score", "ces_score")
_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}


@dataclass
class FileRows:
    """The rows of one file in canonical columns; `calendar` names the date columns without a time of day."""

    frame: pd.DataFrame
    source: Source
    recognised: Recognised
    issues: list[Issue]
    calendar: dict[str, bool] = field(default_factory=dict)
    unusable: dict[str, Unusable] = field(default_factory=dict)


def normalise(
    raw: Raw,
    recognised: Recognised,
    wanted: Iterable[str],
    settings: Settings,
    index: int,
    *,
    unread: str | None = None,
) -> FileRows:
    """The file's wanted columns, coerced, without rows that are no records. `unread` is an id that is only wanted to see
    whether it repeats: it is left away when it does not. Raises `DataError` when a wanted column can be read in two
    ways."""
    return _File(raw, recognised, settings, index).rows(wanted, unread)


class _File:
    """One file being normalised: what its columns share (row numbers, date order, decimal separator)."""

    def __init__(self, raw: Raw, recognised: Recognised, settings: Settings, index: int) -> None:
        self.raw, self.recognised, self.settings, self.index = raw, recognised, settings, index
        self.layout = recognised.layout
        self.schema = schema.TABLES[self.layout.table]
        self.issues: list[Issue] = []
        self.unusable: dict[str, Unusable] = {}
        self.calendar: dict[str, bool] = {}
        self.missing_text = MISSING_TEXT | {word.casefold() for word in self.layout.missing}
        self.missing = MISSING | self.missing_text

    def rows(self, wanted: Iterable[str], unread: str | None) -> FileRows:
        chosen = {name: self.recognised.columns[name] for name in wanted if name in self.recognised.columns}
        self._refuse_candidates(chosen)
        file_plan = plan(self.raw, chosen, self._kind, totals=bool(self.layout.total_rows), unread=unread)
        cells = self.raw.read(file_plan.columns, [*spellings_of_missing(), *self.layout.missing])
        if unread in file_plan.names:
            self._identity(unread, file_plan, cells)
        self.issues += cells.issues
        values = self._coerced(file_plan, cells)
        values |= {SOURCE: np.full(len(cells.rows), self.index, dtype=np.int16), ROW: cells.rows}
        frame = pd.DataFrame(values, copy=False)
        left_out = Counter(record.reason for record in cells.left_out)
        frame = self._records(frame, file_plan, cells, left_out)
        self._copies(frame)
        self._currency(frame)
        source = Source(
            self.index,
            self.raw.path,
            self.layout.table,
            self.layout.vendor,
            len(cells.rows) + len(cells.left_out),
            left_out,
            {name: self.raw.header[place] for name, place in self.recognised.columns.items()},
            tuple(
                label for place, label in enumerate(self.raw.header) if place not in self.recognised.columns.values()
            ),
        )
        return FileRows(frame, source, self.recognised, self.issues, self.calendar, self.unusable)

    def _identity(self, name: str, file_plan: Plan, cells: Cells) -> None:
        """Leave an id away that was read as numbers and does not repeat; read it as text when it does."""
        place = file_plan.names[name]
        if not pa.types.is_integer(cells.columns[place].type):
            return
        ids = cells.columns[place].to_numpy()
        if ids.dtype == np.int64 and ((np.diff(ids) > 0).all() or len(np.unique(ids)) == len(ids)):
            del file_plan.names[name], cells.columns[place]
        else:
            cells.columns[place] = self.raw.read({place: As.PLAIN}).columns[place]

    def _kind(self, name: str) -> Kind:
        known = self.schema.columns.get(name)
        return known.kind if known else Kind.CATEGORY

    def _note(self, code: str, rows: NDArray[Any] | None = None, count: int | None = None, **detail: str) -> None:
        shown = tuple(int(row) for row in rows[:10]) if rows is not None else ()
        size = count if count is not None else (len(rows) if rows is not None else 0)
        self.issues.append(Issue(code, self.raw.path, size, shown, detail))

    def _header(self, name: str) -> str:
        return self.raw.header[self.recognised.columns[name]]

    def _refuse_candidates(self, chosen: dict[str, int]) -> None:
        for name in chosen:
            labels = self.recognised.candidates.get(name)
            if labels is None or self._kind(name) in schema.TEXTUAL:
                continue
            if name == "conversions":
                seen = " or ".join(labels)
                self.unusable[name] = Unusable(
                    "missing-column", f"{name} could be {seen}", "rename the one that counts"
                )
                self._note("two-candidates", column=name, seen=seen)
                continue
            raise DataError(
                f"{name} could be the column {' or '.join(repr(label) for label in labels)}",
                where=self.raw.path,
                hint=f"Rename the one that counts to {name!r}, or remove the other from the export.",
            )

    def _coerced(self, file_plan: Plan, cells: Cells) -> dict[str, Any]:
        values: dict[str, Any] = {}
        text_dates: dict[str, coerced.Texts] = {}
        text_numbers: dict[str, coerced.Texts] = {}
        for name, place in file_plan.names.items():
            column, kind = cells.columns[place], self._kind(name)
            if kind is Kind.DATE:
                if pa.types.is_temporal(column.type):
                    values[name] = self._moments(name, coerced.typed_moments(column))
                else:
                    text_dates[name] = coerced.texts(column, self.missing)
            elif name in SCORES:
                values[name] = self._scores(name, column, cells)
            elif kind in schema.NUMERIC:
                if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
                    values[name] = self._scaled(name, coerced.typed_numbers(column))
                else:
                    text_numbers[name] = coerced.texts(column, self.missing)
            elif kind is Kind.BOOL:
                values[name] = self._flags(name, column, cells)
            elif pa.types.is_string(column.type):
                values[name] = self._ids(column)
            else:
                values[name] = coerced.category(coerced.texts(column, self.missing_text))
        values |= self._text_dates(text_dates, cells)
        values |= self._text_numbers(text_numbers, cells, [*values])
        return values

    # ---- dates ----

    def _text_dates(self, found: dict[str, coerced.Texts], cells: Cells) -> dict[str, Any]:
        if not found:
            return {}
        written = {name: dates.take_apart(column.values) for name, column in found.items()}
        order = self._order(found, written)
        result = {}
        for name, column in found.items():
            moments = dates.resolve(written[name], order)
            bad = moments == dates.NEVER
            if bad.any():
                rows = cells.rows[column.rows_of(bad)]
                self._note("unreadable-date", rows, column=self._header(name), seen=column.at(int(np.argmax(bad))))
            result[name] = self._moments(
                name, column.spread(moments, dates.NEVER), self._zones(name, column, written[name])
            )
        return result

    def _order(self, found: dict[str, coerced.Texts], written: dict[str, dates.Written]) -> str:
        """The day/month order of the file's dates: the setting, else what one of its date columns proves."""
        ambiguous = {name: parts for name, parts in written.items() if parts.open.any()}
        if not ambiguous:
            return "dmy"
        preset = self.settings.date_order or self.layout.date_order
        if preset:
            return preset
        allowed = set.intersection(*(parts.orders for parts in ambiguous.values()))
        if len(allowed) == 2:
            proof = self._proof_elsewhere(set(found))
            allowed = proof or allowed
        if len(allowed) == 1:
            order = next(iter(allowed))
            for name, parts in ambiguous.items():
                if parts.proof is not None:
                    words = {"dmy": "day", "mdy": "month"}
                    shown = f"{found[name].at(parts.proof)} in {self._header(name)}"
                    self._note("date-order", order=words[order], proof=shown)
                    break
            return order
        if len(allowed) == 2 and all((parts.first == parts.second)[parts.open].all() for parts in ambiguous.values()):
            return "dmy"
        raise self._undecided(found, ambiguous, allowed)

    def _proof_elsewhere(self, used: set[str]) -> set[str]:
        """The orders that the file's other date columns allow, read only for this."""
        others = {
            name: place
            for name, place in self.recognised.columns.items()
            if self._kind(name) is Kind.DATE and name not in used
        }
        if not others:
            return set()
        cells = self.raw.read(dict.fromkeys(others.values(), As.TEXT))
        allowed = {"dmy", "mdy"}
        for place in others.values():
            if not pa.types.is_temporal(cells.columns[place].type):
                allowed &= dates.take_apart(coerced.texts(cells.columns[place], self.missing).values).orders
        return allowed

    def _undecided(
        self, found: dict[str, coerced.Texts], ambiguous: dict[str, dates.Written], allowed: set[str]
    ) -> DataError:
        name, parts = next(iter(ambiguous.items()))
        shown = found[name].at(int(np.argmax(parts.open)))
        if allowed:
            what = f"the dates can be read day first or month first ({self._header(name)}: {shown}); nothing in the file proves which"
        else:
            what = f"some dates are day first and others month first ({self._header(name)}: {shown})"
        return DataError(what, where=self.raw.path, hint="Say which with --date-order dmy or --date-order mdy.")

    def _zones(self, name: str, column: coerced.Texts, parts: dates.Written) -> NDArray[np.float64] | None:
        """Each row's offset from UTC in minutes, NaN where none is written; None when no row has one."""
        if np.isnan(parts.zone).all():
            return None
        if self.settings.timezone is None:
            zones = {
                f"{'+' if zone >= 0 else '-'}{abs(int(zone)) // 60:02d}:{abs(int(zone)) % 60:02d}"
                for zone in parts.zone
                if zone == zone
            }
            self._note("zone-seen", column=self._header(name), seen=", ".join(sorted(zones)))
            return None
        return column.spread(parts.zone, np.nan)

    def _moments(self, name: str, wall: NDArray[np.int64], offsets: NDArray[np.float64] | None = None) -> Any:
        """The column as instants; whether it holds calendar dates is remembered."""
        known = wall != dates.NEVER
        self.calendar[name] = bool((wall[known] % dates.DAY == 0).all())
        if self.settings.timezone:
            wall = self._in_utc(name, wall, known, offsets)
        return wall.view("datetime64[us]")

    def _in_utc(
        self, name: str, wall: NDArray[np.int64], known: NDArray[np.bool_], offsets: NDArray[np.float64] | None
    ) -> NDArray[np.int64]:
        zone = self.settings.timezone
        assert zone is not None
        stated = self.recognised.suffixes.get(name, "")
        if not self.calendar[name] and (stated == "UTC" or "/" in stated):
            zone = stated if stated == "UTC" or _is_zone(stated) else zone
        index = pd.DatetimeIndex(wall[known].view("datetime64[us]"))
        local = index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
        result = wall.copy()
        result[known] = local.tz_convert("UTC").tz_localize(None).as_unit("us").to_numpy().view(np.int64)
        if offsets is not None:
            has = known & ~np.isnan(offsets)
            result[has] = wall[has] - (offsets[has] * 60).astype(np.int64) * dates.SECOND
        return result

    # ---- numbers ----

    def _text_numbers(self, found: dict[str, coerced.Texts], cells: Cells, typed: list[str]) -> dict[str, Any]:
        written = {name: numbers.take_apart(column.values) for name, column in found.items()}
        signs = coerced.separator(written, self.settings.decimal)
        result = {}
        for name, column in found.items():
            sign = signs[name]
            if sign is None:
                parts = written[name]
                place = parts.doubtful if parts.doubtful is not None else 0
                raise DataError(
                    f"{column.at(place)} in {self._header(name)} can be a whole number or have decimals; nothing in the file proves which",
                    where=self.raw.path,
                    hint="Say which sign separates decimals with --decimal . or --decimal ,",
                )
            by_value = numbers.resolve(written[name], sign)
            if self._kind(name) is Kind.MINUTES:
                clock = numbers.clock_minutes(column.values)
                scale = coerced.MINUTES[self.recognised.units.get(name, "minutes")]
                by_value = np.where(np.isnan(clock), by_value, clock / scale)
            bad = np.isnan(by_value)
            if bad.any():
                rows = cells.rows[column.rows_of(bad)]
                self._note("unreadable-number", rows, column=self._header(name), seen=column.at(int(np.argmax(bad))))
            percent = written[name].percent
            values = self._scaled(
                name, column.spread(by_value, np.nan), percent=percent[~bad] if len(percent) else percent
            )
            result[name] = values
        return result

    def _scaled(
        self, name: str, values: NDArray[np.float64], percent: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        kind = self._kind(name)
        if kind is Kind.MINUTES:
            return values * coerced.MINUTES[self.recognised.units.get(name, "minutes")]
        if kind is Kind.SHARE:
            return self._shares(name, values, percent)
        return values

    def _shares(self, name: str, values: NDArray[np.float64], percent: NDArray[np.bool_] | None) -> NDArray[np.float64]:
        """Fractions, whether written as 0.45, 45 or 45 %: decided once for the column."""
        if percent is not None and percent.any() and not percent.all():
            raise DataError(
                f"some values of {self._header(name)} have a percent sign and others have none",
                where=self.raw.path,
                hint="Write them all in one way.",
            )
        header = self._header(name)
        stated = (percent is not None and percent.any()) or "%" in header or self.layout.probability == "percent"
        as_percent = bool(stated or np.nanmax(values, initial=0) > 1)
        self._note("percent-read", column=header, form="percent" if as_percent else "fractions of 1")
        result = values / 100 if as_percent else values
        outside = (result < 0) | (result > 1)
        if outside.any():
            self._note(
                "out-of-range",
                count=int(outside.sum()),
                column=header,
                range="0 to 100 %",
                seen=str(values[outside][0]),
            )
        return np.where(outside, np.nan, result)

    def _scores(self, name: str, column: Any, cells: Cells) -> NDArray[np.float64]:
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            return coerced.typed_numbers(column)
        found = coerced.texts(column, self.missing)
        values, bad = coerced.leading_numbers(found)
        if bad.any():
            rows = cells.rows[found.rows_of(bad)]
            self._note("unreadable-number", rows, column=self._header(name), seen=found.at(int(np.argmax(bad))))
        return values

    # ---- flags and text ----

    def _flags(self, name: str, column: Any, cells: Cells) -> Any:
        found = coerced.texts(column, self.missing)
        values, bad = coerced.flags(found, blank_is_false=self.layout.blank_is_false)
        if bad.any():
            rows = cells.rows[found.rows_of(bad)]
            self._note("unreadable-flag", rows, column=self._header(name), seen=found.at(int(np.argmax(bad))))
        return values

    def _ids(self, column: Any) -> Any:
        trimmed = pc.utf8_trim_whitespace(column)
        empty = pc.is_in(trimmed, pa.array(["", *sorted(self.layout.missing)]))
        if pc.any(empty).as_py():
            trimmed = pc.if_else(empty, None, trimmed)
        return pd.Series(trimmed.to_pandas(), dtype="str", copy=False)

    def _records(self, frame: pd.DataFrame, file_plan: Plan, cells: Cells, left_out: Counter[str]) -> pd.DataFrame:
        """The frame without total rows and deleted records, which are counted."""
        keep = np.ones(len(frame), dtype=bool)
        if file_plan.totals is not None:
            first = coerced.texts(cells.columns[file_plan.totals], None)
            starts = [normalised(str(value)) for value in first.values.to_pylist()]
            prefixes = tuple(normalised(prefix) for prefix in self.layout.total_rows)
            written = [str(value) for value in first.values.to_pylist()]
            total = np.array(
                [":" in text and start.startswith(prefixes) for text, start in zip(written, starts, strict=True)],
                dtype=bool,
            )
            rows = first.rows_of(total) if len(total) else np.zeros(0, dtype=np.int64)
            keep[rows] = False
            if len(rows):
                left_out["total-row"] += len(rows)
                self._note("total-row", cells.rows[rows])
                # What a total row holds in a date column is no broken date.
                totals = set(cells.rows[rows].tolist())
                self.issues[:] = [issue for issue in self.issues if not _only_in(issue, totals)]
        if "is_deleted" in frame:
            deleted = keep & frame["is_deleted"].fillna(False).to_numpy(dtype=bool)
            if deleted.any():
                left_out["deleted-row"] += int(deleted.sum())
                self._note("deleted-row", cells.rows[deleted])
                keep &= ~deleted
        return frame if keep.all() else frame[keep].reset_index(drop=True)

    def _copies(self, frame: pd.DataFrame) -> None:
        """Report rows that are exact copies of another where no id tells them apart; two equal purchases on one day happen,
        so they are kept."""
        own = IDS.get(self.layout.table)
        if own is None or own in self.recognised.columns:
            return
        read = [name for name in frame.columns if name not in (SOURCE, ROW)]
        if not read or not frame.duplicated(read).any():
            return
        # Copies so far may differ in a column that nothing needs.
        whole = self.raw.read(dict.fromkeys(range(len(self.raw.header)), As.TEXT))
        cells = {place: coerced.category(coerced.texts(column, None)) for place, column in whole.columns.items()}
        copies = whole.rows[pd.DataFrame(cells).duplicated().to_numpy()]
        copies = copies[np.isin(copies, frame[ROW].to_numpy())]
        if len(copies):
            self._note("exact-duplicate", copies)

    def _currency(self, frame: pd.DataFrame) -> None:
        """Currency that only a header names, such as `Spend [USD]`, is written onto every row."""
        if "currency" not in self.schema.columns:
            return
        if "currency" in frame:
            codes = frame["currency"].cat
            frame["currency"] = _upper(codes.categories, codes.codes.to_numpy())
            return
        for name in ("amount", "cost", "mrr"):
            suffix = self.recognised.suffixes.get(name, "")
            code = _CURRENCY_SIGNS.get(suffix, suffix.upper())
            if name in frame and len(code) == 3 and code.isalpha():
                frame["currency"] = pd.Categorical.from_codes(
                    np.zeros(len(frame), dtype=np.int8), pd.Index([code], dtype="str")
                )


def _upper(labels: pd.Index, codes: NDArray[Any]) -> pd.Categorical:
    """Currency codes in capitals, as ISO 4217 writes them: Stripe exports `usd`."""
    upper = [str(label).upper() for label in labels]
    known = sorted(set(upper))
    place = np.array([*(known.index(label) for label in upper), -1], dtype=np.int32)
    return pd.Categorical.from_codes(place[codes], pd.Index(known, dtype="str"))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _only_in(issue: Issue, rows: set[int]) -> bool:
    return (
        issue.code in ("unreadable-date", "unreadable-number") and issue.count <= len(rows) and set(issue.rows) <= rows
    )
