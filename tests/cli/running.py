"""A command line run inside this process, where its outcome is all that counts, or as a process of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from crm_metrics.cli.app import app


@dataclass(frozen=True)
class Outcome:
    """The exit code, and what came on standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of CSV output."""
        return list(csv.DictReader(io.StringIO(self.out, newline="")))

    @property
    def values(self) -> dict[str, str]:
        """The value of each metric in CSV output, for a report without segments."""
        return {row["metric"]: row["value"] for row in self.rows}

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def refusal(self) -> tuple[int, str, bool]:
        """The exit code, standard output, and whether a traceback was shown."""
        return self.code, self.out, "Traceback" in self.err


def crm_metrics(*arguments: str, stdin: bytes | None = None) -> Outcome:
    """The outcome of a command line, run inside this process."""
    done = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="crm-metrics")
    return Outcome(done.exit_code, done.stdout, done.stderr)


def command(*arguments: str) -> list[str]:
    """The command line of the installed program, whatever lies in the working folder."""
    return [sys.executable, "-P", "-m", "crm_metrics", *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1", **variables}


def process(*arguments: str, stdin: bytes = b"", **variables: str) -> Outcome:
    """The outcome of a command line, run as a process of its own with further environment variables."""
    done = subprocess.run(
        command(*arguments), input=stdin, env=environment(**variables), capture_output=True, check=False, timeout=60
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
