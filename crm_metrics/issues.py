"""The catalogue of data problems: each has a code, a severity and a sentence."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Severity(StrEnum):
    """An `error` stands in the way of figures; a `warning` may change one; a `note` says how something was read."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


ERROR, WARNING, NOTE = Severity

# code: (severity, sentence). `{count}` rows of `{path}`; further names come from the issue's detail.
CATALOGUE: dict[str, tuple[Severity, str]] = {
    # files
    "unrecognised-file": (WARNING, "not recognised as any table, skipped; its columns: {columns}{advice}"),
    "close-second": (WARNING, "read as {table}; it could nearly as well be {second}: if it is, add {option}"),
    "empty-file": (WARNING, "holds no rows"),
    "same-file": (WARNING, "has the same content as {other}; counted once"),
    "web-page": (NOTE, "is a web page; its tables are read as one sheet"),
    "hidden-sheet": (NOTE, "is a hidden sheet; it is read all the same"),
    "encoding-guessed": (NOTE, "is not UTF-8; read as {encoding}"),
    "malformed-row": (WARNING, "{count} rows have {seen} cells where the header has {expected}; left out"),
    "short-row": (
        WARNING,
        "{count} rows have fewer cells than the header ({seen} instead of {expected}); "
        "the cells that are not there are read as missing",
    ),
    "header-rows": (NOTE, "has {seen} header rows, read as one"),
    "repeated-header": (NOTE, "{count} repeats of the header left out"),
    "total-row": (NOTE, "{count} total rows left out"),
    "perhaps-total": (
        WARNING,
        "{count} rows of {column} are called {seen} and cost more than the others of their time together; all are added: "
        "if they hold the others, leave these out of the file",
    ),
    "planned-row": (NOTE, "{count} rows are planned, not actual, by {column}; left out"),
    "bare-row": (NOTE, "{count} rows hold no record: the name of a group, a number or an attribute alone; left out"),
    "refunds-by-title": (WARNING, "{count} rows are money given back, as {seen} says; taken off"),
    "several-tables": (NOTE, "is one of {count} tables in its sheet; each is read on its own"),
    "merged-cells": (
        NOTE,
        "{count} rows of {column} are part of a merged cell; its text is taken for all its rows, a number once",
    ),
    "error-cell": (WARNING, "{count} error cells in {column} ({seen}); read as missing"),
    "duplicate-header": (WARNING, "the header {column} occurs more than once, with other cells; the first one is used"),
    # rows
    "deleted-row": (NOTE, "{count} rows are marked deleted, merged, spam or a test; left out"),
    "repeated-id": (WARNING, "{count} rows repeat an id in {column}; the newest row of each id is counted"),
    "part-of-deal": (NOTE, "{count} rows repeat a deal for another part of its amount, in {column}; it counts once"),
    "alike-record": (WARNING, "{count} rows are like another in all that is known of them and have no id; each counts"),
    "older-version": (NOTE, "{count} rows are older versions of rows in {other}; left out"),
    "only-older": (NOTE, "{count} rows are in no newer export, such as {other}; they count"),
    "two-numberings": (
        WARNING,
        "{count} ids of {column} are in {other} too, of other records: each file numbers its own, and all count",
    ),
    "same-spend": (WARNING, "{count} rows are the same spend as {other} ({why}); left out"),
    "spend-in-parts": (WARNING, "{count} rows hold the spend of {other} too, of days within theirs; it counts once"),
    "same-customer": (NOTE, "{count} customers are in another list too; counted once"),
    "guest-id": (
        NOTE,
        "{count} rows have a {column} of 0, which is nobody's; a name or an e-mail address says who it is",
    ),
    "not-an-id": (WARNING, "{column} repeats with different content in {count} rows, so it is not taken as an id"),
    "exact-duplicate": (NOTE, "{count} rows are exact copies of another row without an id; kept"),
    "no-stage-change": (NOTE, "{count} rows record no change of the stage; left out"),
    "repeated-change": (NOTE, "{count} changes of stage are in another file too; counted once"),
    "overlap": (
        WARNING,
        "{count} rows are in {other} as well, and no column holds an id; they count twice. Give files that do not overlap",
    ),
    "cancelled-order": (NOTE, "{count} orders with status {seen} are left out"),
    "partial-response": (NOTE, "{count} unfinished answers left out"),
    # cells
    "unreadable-date": (WARNING, "{count} cells of {column} are no date ({seen}); read as missing"),
    "unreadable-number": (WARNING, "{count} cells of {column} are no number ({seen}); read as missing"),
    "unreadable-flag": (WARNING, "{count} cells of {column} are neither yes nor no ({seen}); read as missing"),
    "several-values": (
        WARNING,
        "{count} cells of {column} hold several values ({seen}); nothing says which one counts: read as missing",
    ),
    "out-of-range": (WARNING, "{count} values of {column} lie outside {range} ({seen}); left out"),
    "exchanged-dates": (
        WARNING,
        "{count} cells of {column} may have day and month exchanged ({seen}): a program has read the dates that it could, "
        "none of a day after the 12th, and left the others as text; import the file again with this column as text",
    ),
    "date-order": (NOTE, "dates are read {order} first; proof: {proof}"),
    "unix-time": (NOTE, "{column} holds Unix time ({seen}); read as moments in UTC"),
    "zone-seen": (NOTE, "{column} carries time zones ({seen}); without `timezone` its wall clock is used as it is"),
    "several-zones": (
        WARNING,
        "{column} carry several time zones ({seen}); their moments are read in UTC, whose days are counted. "
        "Say whose days count with --timezone ZONE",
    ),
    "no-cost": (WARNING, "{count} rows have no cost: the spend is that of the others, though what they brought counts"),
    "no-count": (
        WARNING,
        "{count} rows have a cost and no {column}: they count as none, and what is paid for each comes out too high",
    ),
    "perhaps-no-campaign": (
        WARNING,
        "its {column} is taken for what marketing cost, though no column names a campaign, a channel or clicks; "
        "if it is not, leave the file out",
    ),
    "perhaps-micros": (
        WARNING,
        "the {column} of {count} rows comes to {seen} a click: if it is in millionths, name the column cost_micros",
    ),
    "evening-clock": (
        WARNING,
        "every cell of {column} is of {seen} in UTC, as midnight is farther east, where it is the next day; read as the day "
        "that is written. Say whose days count with --timezone ZONE",
    ),
    "no-amount": (WARNING, "{count} rows have no amount: counted, and in no sum of money"),
    "constant-clock": (NOTE, "every cell of {column} has the same time of day ({seen}); read as {form}"),
    "no-date": (WARNING, "{count} rows have no {column}; they are in no figure that is placed by it"),
    "after-as-of": (WARNING, "{count} rows are dated after {as_of} in {column}; left out of figures up to then"),
    "date-out-of-line": (
        WARNING,
        "{count} records are dated far beyond all others, which end on {newest}; what the data covers does not follow them",
    ),
    "gap-in-days": (
        WARNING,
        "none of the {table} are dated from {first} to {last}, on {count} days: if nothing happened then, it is so, "
        "else an export is missing and figures of these days are too low",
    ),
    "file-ends-early": (
        WARNING,
        "its {table} end on {last}, those of the files beside it on {until}: figures of later days are without its own",
    ),
    "zero-as-blank": (NOTE, "{count} amounts of 0 mean not priced in exports of {vendor}; read as missing"),
    # meaning
    "unknown-state": (
        WARNING,
        "{count} rows have a {column} that is not known ({seen}){worth}; {reading}{line}",
    ),
    "none-won": (
        WARNING,
        "no deal is won: none of the stages of {count} open ones is known for it ({seen}); if one is, say so: {line}",
    ),
    "given-up-deal": (
        NOTE,
        "{count} deals are read as lost: by a reason for it, or archived without a chance, in a stage that is no end",
    ),
    "closed-open": (WARNING, "{count} deals have a date in {column}, but nothing says how they ended; counted as open"),
    "not-won": (NOTE, "{count} deals are not won, and past the day on which they closed; counted as lost"),
    "archived-open": (WARNING, "{count} deals are archived with a chance of being won; counted as open"),
    "other-state": (NOTE, "{count} tickets are left out: deleted, merged or no requests at all ({seen})"),
    "ended-without-date": (WARNING, "{count} subscriptions have ended without a date; in no figure"),
    "ended-without-reason": (
        NOTE,
        "{count} subscriptions ended for no reason that is given; neither in voluntary nor in involuntary churn",
    ),
    "values-set": (NOTE, "{count} cells of {column} are read as the settings say: {seen}"),
    "values-unused": (NOTE, "the settings say what {seen} in {column} means, but no cell holds it"),
    "no-stage": (WARNING, "{count} deals have no stage; counted as open"),
    "won-without-date": (
        WARNING,
        "{count} deals are {outcome} without a close date; in no figure by close date, never open",
    ),
    "closed-in-future": (
        WARNING,
        "{count} deals are {outcome} with a close date after {as_of}; neither won, lost nor open",
    ),
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
    "time-left": (
        WARNING,
        "{column} is the time that is left of a target, not the time taken ({seen}): not used",
    ),
    "money-unclear": (WARNING, "amounts in {column} can be thousands or millions, its header leaves it open: not used"),
    "fractional-count": (WARNING, "{count} cells of {column} hold parts of one ({seen}), as 1.2 for 1,200: not used"),
    "money-scale": (NOTE, "amounts in {column} are read as {form}"),
    "percent-read": (NOTE, "{column} is read as {form}"),
    # joins and derived tables
    "unmatched": (WARNING, "{count} of {total} rows have a {column} that is not in {other}{seen}"),
    "deals-derived": (NOTE, "no deals file: deals are taken from the history of their stages"),
    "customers-derived": (NOTE, "no customers file: customers are taken from {seen}"),
    "spells-from": (NOTE, "retention and churn are taken from {seen}"),
    "lead-conversion-from": (NOTE, "leads are counted as converted {how}"),
    "case-variants": (NOTE, "values of {column} that differ only in case are kept apart: {seen}"),
    "mixed-currency": (NOTE, "amounts are in {seen}; they are never added together"),
    "currency-conflict": (WARNING, "{column} is in {seen}: in no figure, until the export says one currency"),
    "currency-sign": (
        NOTE,
        "{column} has the sign {seen}, which several currencies have ({could} …): the currency is not known. "
        "Say it with --set currency=CODE",
    ),
    "two-candidates": (WARNING, "{column} could be {seen}; not used until one is named in the settings"),
    # surveys and billing
    "preview-response": (NOTE, "{count} rows left out: previews, tests or spam of the survey"),
    "unknown-rating": (WARNING, "{count} ratings are no known word or number like the others ({seen}); not counted"),
    "counted-elsewhere": (
        WARNING,
        "{count} {documents} left out: the {other} of {where} are given too, and no money may count twice. "
        "To count the {documents} instead, leave the file with the {other} out",
    ),
    "price-of-one": (
        WARNING,
        "{count} subscriptions have {other} above 1, and {column} is read as what is charged for all of them; "
        "if it is the price of one, add {option}",
    ),
    "discount-kept": (
        WARNING,
        "{count} subscriptions have a {column} ({seen}), which is not taken off {amount}: if that is before it, recurring "
        "revenue is less",
    ),
    "unknown-interval": (
        WARNING,
        "{count} subscriptions are charged at an interval that is not known ({seen}); in no recurring revenue. "
        "Write day, week, month, quarter or year, with a number before it if need be",
    ),
    "end-dates-inclusive": (
        NOTE,
        "{column} is the last paid day of {count} subscriptions: {seen} renewals begin the day after. If it is the first "
        'day without, set end_dates = "exclusive"',
    ),
    "mrr-of-today": (
        WARNING,
        "{count} subscriptions that have ended have a recurring revenue of 0, which is that of today; what they paid before "
        "is missing, and figures made of it are not given",
    ),
    "never-paid": (NOTE, "{count} rows have never paid anything; not counted as customers"),
    "no-sale": (WARNING, "left out by {column}: {count} rows ({seen}), {why}"),
    "zero-order": (NOTE, "{count} rows are of orders that come to 0 (trials, samples): no purchases, left out"),
    "unpaid-order": (NOTE, "not paid yet: {count} orders with status {seen}, counted as charged"),
    "days-of-stretch": (NOTE, "each row covers the {stretch} that {column} names"),
    "days-until": (NOTE, "{column} is when the next row begins; each row covers the days before it"),
    "days-above": (NOTE, "the costs have no days of their own; they are spread over those above the header: {seen}"),
    "mixed-results": (
        WARNING,
        "Results count different things ({seen}); not added together, so not taken as conversions",
    ),
    "settings-unused": (NOTE, "the settings for {seen} are about no file that was read"),
    "no-rate": (
        WARNING,
        "{count} rows have an amount in {seen} and no rate to {currency} ({why}); counted, but in no figure of money",
    ),
}


# "1 rows have" is "1 row has".
_SINGULAR = {" have": " has", " are": " is"}
_ONE = re.compile(
    r"(?<![\d,.])1 (total row|order line|unfinished answer|error cell|open deal"
    r"|repeat|record|row|cell|deal|ticket|order|value|amount|lead|subscription|rating)s( have| are)?"
)
_SHOWN_ROWS = 10


@dataclass(frozen=True)
class Issue:
    """One problem: its code, the file, how many rows it touches, the first of them as a spreadsheet numbers them, and the
    words its sentence needs; `every` holds the numbers of all its rows as an array, where whoever found it kept them."""

    code: str
    path: str = ""
    count: int = 0
    rows: tuple[int, ...] = ()
    detail: dict[str, str] = field(default_factory=dict)
    every: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of_rows(cls, code: str, path: str, rows: Any, **detail: str) -> Self:
        """A problem of these rows of a file, an array or a sequence of their numbers."""
        return cls(code, path, len(rows), tuple(int(row) for row in rows[:_SHOWN_ROWS]), detail, rows)

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code][0]

    @property
    def sentence(self) -> str:
        """The problem in words, with up to three row numbers."""
        words = CATALOGUE[self.code][1].format_map({**self.detail, "count": f"{self.count:,}", "path": self.path})
        if self.count == 1:
            words = _ONE.sub(lambda match: f"1 {match[1]}{_SINGULAR.get(match[2], '')}", words, count=1)
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:3])
            words += f" (row {shown}{', …' if self.count > 3 else ''})"
        return words
