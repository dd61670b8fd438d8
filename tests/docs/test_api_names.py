"""The names of the Python API: each is there, and only what is asked for is imported."""

import subprocess
import sys

import pytest

from crm_metrics import api, commands


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_there(name: str):
    assert getattr(api, name).__doc__


def test_every_question_of_a_room_is_one_of_them():
    questions = {name for name in commands.names() if hasattr(commands.room(name), name)}

    assert questions <= {*api.__all__}
    assert {*api.__all__} <= {*dir(api)}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'reports'"):
        api.reports  # noqa: B018


def test_a_report_imports_nothing_of_the_other_commands():
    code = "import sys; from crm_metrics import api; api.report; print(*sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {"report"} == {name.split(".")[2] for name in seen if name.startswith("crm_metrics.commands.")}
