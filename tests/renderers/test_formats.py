"""The formats there are."""

import subprocess
import sys

import pytest

from crm_metrics import renderers
from crm_metrics.errors import UsageError
from tests.renderers.reports import full_report, rendered


def test_formats_are_found_by_looking_into_the_folder():
    expected = {"csv", "tsv", "json", "jsonl", "table"}

    assert expected <= set(renderers.known())


def test_an_unknown_format_names_the_nearest_one():
    with pytest.raises(UsageError, match="Did you mean jsonl"):
        rendered(full_report(), "jsnl")


def test_looking_up_the_formats_imports_neither_pandas_nor_rich():
    code = (
        "import sys; from crm_metrics import renderers; renderers.known(); print({'pandas', 'rich'} & set(sys.modules))"
    )
    expected = "set()\n"

    assert expected == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
