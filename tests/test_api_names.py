"""The names of the Python API: each is there, and only what is asked for is imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from crm_metrics import api

HERE = Path(api.__file__)


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_there(name: str):
    assert getattr(api, name).__doc__


def test_what_type_checkers_see_is_what_is_there():
    tree = ast.parse(HERE.read_text(encoding="utf-8"))
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}

    assert {*api.__all__, "import_module", "TYPE_CHECKING", "Any"} == typed
    assert set(api.__all__) == api._HOME.keys()
    assert sorted(api.__all__) == sorted(set(dir(api)) & set(api.__all__))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'reports'"):
        api.reports  # noqa: B018


def test_a_report_imports_nothing_of_the_other_commands():
    code = "import sys; from crm_metrics import api; api.report; print(*sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {"report"} == {name.split(".")[2] for name in seen if name.startswith("crm_metrics.commands.")}
