"""The formats there are."""

import subprocess
import sys

import pytest

from crm_metrics import writers
from crm_metrics.errors import UsageError
from tests.renderers.reports import full_report, rendered


def test_formats_are_found_by_looking_into_the_folder():
    expected = {"csv", "html", "json", "jsonl", "markdown", "png", "svg", "text", "tsv", "xlsx"}

    assert expected == set(writers.formats())


def test_an_unknown_format_names_the_nearest_one():
    with pytest.raises(UsageError, match="Did you mean jsonl"):
        rendered(full_report(), "jsnl")


def test_looking_up_the_formats_imports_neither_pandas_nor_rich():
    code = (
        "import sys; from crm_metrics import writers; writers.formats(); print({'pandas', 'rich'} & set(sys.modules))"
    )
    expected = "set()\n"

    assert expected == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
