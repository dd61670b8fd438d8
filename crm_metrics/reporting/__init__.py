"""From computed cells to a report: which windows it needs, its tidy rows, the order of its segments; and what any result was
made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crm_metrics.issues import Issue
from crm_metrics.tables import Coverage, Dataset, Digests, Source

# Why a figure is not available.
REASONS_IN_WORDS = {
    "no-rows": "no records in the period",
    "not-covered": "the data does not cover the period",
    "zero-denominator": "there is nothing to divide by",
    "missing-column": "a column it needs is not in the data",
    "missing-values": "some records lack the value it is made of",
    "mixed-currency": "its amounts are in several currencies",
    "no-rate": "its amounts have no exchange rate to the currency of the report",
    "immature-cohort": "all its records are too young to tell",
    "censored-median": "too few have ended to tell the median",
    "scale-ambiguous": "the scale of the answers is not clear",
    "not-converged": "the estimate did not settle",
    "infinite-mean": "the estimate has no finite mean",
    "not-identified": "the records do not tell the model's parameters",
    "contract-like": "purchases come as regularly as a contract bills",
    "failed-hold-out": "the model fails its test on the last quarter of the time",
    "negative-base": "what it is divided by is negative",
    "no-baseline": "there is nothing before the period, or no goal, to compare with",
}


@dataclass(frozen=True)
class Origin:
    """What a result was made from: the files, up to when they know, the settings file, and what was noticed; `digests`
    are the SHA-256 of files by their path; `where` is the filter whose rows it was made from, None for all."""

    as_of: date | None = None
    sources: Sequence[Source] = ()
    settings_file: str | None = None
    issues: Sequence[Issue] = ()
    notes: Sequence[str] = ()
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    where: str | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Origin:
        """The origin of everything that is made from a dataset."""
        return cls(
            dataset.as_of,
            dataset.sources,
            dataset.settings.file,
            dataset.issues,
            dataset.notes,
            dataset.coverage,
            Digests(dataset.raws),
            {**dataset.settings.in_force(), "as_of": dataset.as_of.isoformat()},
            dataset.settings.where,
        )
