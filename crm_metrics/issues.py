"""The catalogue of data problems: each has a code, a severity and a sentence."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """A `warning` may change a figure; a `note` says how something was read."""

    WARNING = "warning"
    NOTE = "note"


WARNING, NOTE = Severity.WARNING, Severity.NOTE

# code: (severity, sentence). `{count}` rows of `{path}`; further names come from the issue's detail.
CATALOGUE: dict[str, tuple[Severity, str]] = {
    # files
    "unrecognised-file": (WARNING, "not recognised as any table, skipped; its columns: {columns}"),
    "empty-file": (WARNING, "holds no rows"),
    "encoding-guessed": (NOTE, "is not UTF-8; read as {encoding}"),
    "malformed-row": (WARNING, "{count} rows have {seen} cells where the header has {expected}; left out"),
    "short-row": (
        WARNING,
        "{count} rows have fewer cells than the header ({seen} instead of {expected}); "
        "the cells that are not there are read as missing",
    ),
    "repeated-header": (NOTE, "{count} rows repeat the header; left out"),
    "total-row": (NOTE, "{count} total rows left out"),
    "error-cell": (WARNING, "{count} error cells in {column} ({seen}); read as missing"),
    "duplicate-header": (NOTE, "the header {column} occurs more than once; the first one is used"),
    # rows
    "deleted-row": (NOTE, "{count} rows are marked deleted; left out"),
    "repeated-id": (WARNING, "{count} rows repeat an id in {column}; the newest row of each id is counted"),
    "not-an-id": (WARNING, "{column} repeats with different content in {count} rows, so it is not taken as an id"),
    "exact-duplicate": (NOTE, "{count} rows are exact copies of another row without an id; kept"),
    "cancelled-order": (NOTE, "{count} orders with status {seen} are left out"),
    "partial-response": (NOTE, "{count} unfinished answers left out"),
    # cells
    "unreadable-date": (WARNING, "{count} cells of {column} are no date ({seen}); read as missing"),
    "unreadable-number": (WARNING, "{count} cells of {column} are no number ({seen}); read as missing"),
    "unreadable-flag": (WARNING, "{count} cells of {column} are neither yes nor no ({seen}); read as missing"),
    "out-of-range": (WARNING, "{count} values of {column} lie outside {range} ({seen}); left out"),
    "date-order": (NOTE, "dates are read {order} first; proof: {proof}"),
    "zone-seen": (NOTE, "{column} carries time zones ({seen}); without `timezone` its wall clock is used as it is"),
    "no-date": (WARNING, "{count} rows have no {column}; they are in no figure that is placed by it"),
    "after-as-of": (WARNING, "{count} rows are dated after {as_of} in {column}; left out of figures up to then"),
    "zero-as-blank": (NOTE, "{count} amounts of 0 mean not priced in exports of {vendor}; read as missing"),
    # meaning
    "won-without-date": (
        WARNING,
        "{count} deals are {outcome} without a close date; in no figure by close date, never open",
    ),
    "closed-in-future": (WARNING, "{count} deals are {outcome} with a close date after {as_of}; left out"),
    "outcome-conflict": (WARNING, "{count} deals have a stage that contradicts their {column}; the {column} decides"),
    "converted-conflict": (WARNING, "{count} leads have a status that contradicts {column}; {column} decides"),
    "negative-duration": (WARNING, "{count} rows have {end} before {start}; left out of {duration}"),
    "ended-before-started": (WARNING, "{count} rows end before they start; never counted as active"),
    "solved-without-date": (WARNING, "{count} tickets are {status} without a solved date; in no figure by that date"),
    "unplaced-open": (NOTE, "{count} open deals have no {column}: open now, in no earlier pipeline"),
    "order-without-customer": (NOTE, "{count} orders have no customer; in revenue, in no figure per customer"),
    "lines-without-order": (WARNING, "{count} order lines belong to no order that was read; left out"),
    "stage-open": (NOTE, "stages read as open: {seen}"),
    "scale-read": (NOTE, "{column} is read on the scale {scale} ({why})"),
    "kind-read": (NOTE, "{column} is read as {kind} ({why})"),
    "percent-read": (NOTE, "{column} is read as {form}"),
    # joins and derived tables
    "unmatched": (WARNING, "{count} of {total} rows have a {column} that is not in {other}{seen}"),
    "customers-derived": (NOTE, "no customers file: customers are taken from {seen}"),
    "spells-from": (NOTE, "retention and churn are taken from {seen}"),
    "lead-conversion-from": (NOTE, "leads are counted as converted {how}"),
    "case-variants": (NOTE, "values of {column} that differ only in case are kept apart: {seen}"),
    "mixed-currency": (NOTE, "amounts are in {seen}; they are never added together"),
    "two-candidates": (WARNING, "{column} could be {seen}; not used until one is named in the settings"),
}


# "1 rows have" is "1 row has".
_ONE = re.compile(
    r"(?<![\d,.])1 (total row|order line|unfinished answer|error cell|open deal"
    r"|row|cell|deal|ticket|order|value|amount|lead)s( have)?"
)


@dataclass(frozen=True)
class Issue:
    """One problem: its code, the file, how many rows it touches, the first of them as a spreadsheet numbers them, and the
    words its sentence needs."""

    code: str
    path: str = ""
    count: int = 0
    rows: tuple[int, ...] = ()
    detail: dict[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code][0]

    @property
    def sentence(self) -> str:
        """The problem in words, with up to three row numbers."""
        words = CATALOGUE[self.code][1].format_map({**self.detail, "count": f"{self.count:,}", "path": self.path})
        if self.count == 1:
            words = _ONE.sub(lambda found: f"1 {found[1]}{' has' if found[2] else ''}", words, count=1)
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:3])
            words += f" (row {shown}{', …' if self.count > 3 else ''})"
        return words
