"""Findings as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from crm_metrics.renderers.findings.first import first

if TYPE_CHECKING:
    from crm_metrics.analysis.quality import Finding

# The version of the form; it changes when a key is renamed or removed, not when one is added.
FORMAT_VERSION = 1
_SHOWN = 10


def write(findings: Sequence[Finding], out: TextIO) -> None:
    """Writes one JSON object: shares are fractions, `first` are up to ten of the rows; the row is
    null where a whole file is meant."""
    json.dump({"format": FORMAT_VERSION, "findings": [_finding(found) for found in findings]}, out, indent=1)
    out.write("\n")


def _finding(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "check": check.name,
        "dimension": str(check.dimension),
        "severity": str(check.severity),
        "count": finding.count,
        "of": finding.of,
        "share": finding.count / finding.of if finding.of else None,
        "sentence": check.sentence,
        "effect": check.effect,
        "metrics": list(finding.metrics),
        "files": [{"path": part.path, "count": part.count} for part in finding.parts],
        "first": [{"path": path, "row": row, "seen": seen} for path, row, seen in first(finding, _SHOWN)],
    }
