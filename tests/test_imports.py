"""The floors of the package: a module imports from its own floor and those below, never from above."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

import crm_metrics

PACKAGE = Path(crm_metrics.__file__).parent
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "help", "issues", "progress", "shipped"),
    ("schema", "expressions", "periods", "settings", "metrics", "tables"),
    ("loaders", "engine"),
    ("intervals",),
    ("analysis",),
    ("reporting",),
    ("query", "session", "book", "history"),
    ("writers", "commands"),
    ("api", "cli"),
    ("__main__",),
)
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
APART = {"loaders": {"engine"}, "engine": {"loaders"}, "writers": {"commands", "analysis"}}
MODULES = sorted(
    path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


def room(parts: tuple[str, ...]) -> str:
    """The module or folder of the package that a path leads into."""
    return parts[0].removesuffix(".py")


@cache
def names_imported(path: Path) -> list[str]:
    """The modules that a file imports, also within functions and for types only, with what it takes from them."""
    package = ("crm_metrics", *path.parts[:-1])
    found = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{start}.{alias.name}" for alias in node.names]
        else:
            continue
        found += names
    return found


def imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports from."""
    for name in names_imported(path):
        top, _, rest = name.partition(".")
        inside = rest.partition(".")[0]
        if top == "crm_metrics" and ((PACKAGE / inside).is_dir() or (PACKAGE / f"{inside}.py").is_file()) and inside:
            yield inside


def test_every_module_has_a_floor() -> None:
    assert set() == {room(path.parts) for path in MODULES} - FLOOR.keys()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_from_its_own_floor_and_those_below(path: Path) -> None:
    own = room(path.parts)
    above = {name for name in imported(path) if FLOOR[name] > FLOOR[own] or name in APART.get(own, ())}

    assert set() == above


def module(path: Path) -> str:
    return ".".join(("crm_metrics", *path.with_suffix("").parts)).removesuffix(".__init__")


def leads_to() -> dict[str, set[str]]:
    """The modules that each module imports, anywhere in it and for types only."""
    known = {module(path) for path in MODULES}
    found = {}
    for path in MODULES:
        whole = {name if name in known else name.rpartition(".")[0] for name in names_imported(path)}
        found[module(path)] = (whole & known) - {module(path)}
    return found


def test_no_module_leads_back_to_itself() -> None:
    left = leads_to()
    while free := [name for name, imported in left.items() if not imported & left.keys()]:
        left = {name: imported for name, imported in left.items() if name not in free}

    assert {} == left


def test_the_mathematics_makes_no_facts() -> None:
    analysis = [path for path in MODULES if path.parts[0] == "analysis"]
    names = [(path, name) for path in analysis for name in names_imported(path)]

    assert [] == [pair for pair in names if pair[1].startswith("crm_metrics.loaders.facts")]


def test_a_command_knows_no_writer() -> None:
    from crm_metrics.writers import formats

    known = {f"crm_metrics.writers.{name}" for name in (*formats(), "drawing")}
    commands = [path for path in MODULES if path.parts[0] in ("cli", "api", "analysis", "commands")]

    assert [] == [(path, name) for path in commands for name in names_imported(path) if name in known]


def test_the_package_itself_imports_nothing() -> None:
    assert [] == list(imported(Path("__init__.py")))


def run(*commands: Sequence[str], **environment: str) -> list[tuple[int, str, list[str]]]:
    """Run command lines one after another in a process of their own: of each the exit code, standard output, and the slow
    packages that are imported after it."""
    code = (
        "import sys\n"
        f"for arguments in {[[*command] for command in commands]!r}:\n"
        "    sys.argv = ['crm-metrics', *arguments]\n"
        "    code = 0\n"
        "    try:\n"
        "        from crm_metrics.cli.app import app\n"
        "        app()\n"
        "    except SystemExit as left:\n"
        "        code = left.code or 0\n"
        "    slow = [name for name in ('pandas', 'numpy', 'pyarrow', 'openpyxl', 'scipy') if name in sys.modules]\n"
        "    print('\\n#', code, *slow, end='\\0')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
        timeout=60,
    )
    outcomes = []
    for printed in done.stdout.split("\0")[:-1]:
        out, _, last = printed.rpartition("\n#")
        exit_code, *slow = last.split()
        outcomes.append((int(exit_code), out, slow))
    return outcomes


def test_the_command_line_is_imported_without_pandas() -> None:
    code = "import crm_metrics.cli.app; import sys; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "False" == done.stdout.strip()


def test_a_report_without_settings_does_not_import_what_checks_them(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Order ID,Customer,Order date,Amount\n1,A,2025-03-03,100\n")
    code = (
        "import sys; from crm_metrics import api; api.report(['orders.csv'], period='2025-03'); "
        "print(sorted(name for name in sys.modules if name.startswith('crm_metrics.settings.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    needed = [f"crm_metrics.settings.{name}" for name in ("blocks", "files", "lines", "model")]

    assert str(needed) == done.stdout.strip()


def test_help_needs_nothing_that_computes() -> None:
    pages = [["--help"], ["report", "--help"], ["metrics", "--help"], ["scan", "--help"], ["--version"], []]
    outcomes = run(*pages)

    assert [(0, [])] * len(pages) == [(code, slow) for code, _, slow in outcomes]
    assert all(out.strip() for _, out, _ in outcomes)


MISTAKES = [
    ["report", "--nope"],
    ["nope"],
    ["report"],
    ["report", "x.csv", "-p", "2025-13"],
    ["report", "x.csv", "-m", "win_rat"],
    ["report", "x.csv", "-f", "pdf"],
    ["report", "x.csv", "--set", "gross_margn=1"],
    ["scan"],
    ["scan", "no-such-file.csv"],
    ["check", "x.csv", "-f", "pdf"],
    ["check", "no-such-file.csv"],
    ["check", "x.csv", "--only", "won-without-dates"],
    ["init", "no-such-file.csv"],
    ["customers", "x.csv", "--where", "revenue >"],
    ["customers", "x.csv", "--unit", "week"],
    ["customers", "no-such-file.csv"],
    ["cohorts", "x.csv", "--of", "sales"],
    ["cohorts", "no-such-file.csv"],
    ["funnel", "x.csv", "-p", "2025-13"],
    ["funnel", "x.csv", "--segment", "stage=Demo"],
    ["funnel", "no-such-file.csv"],
    ["forecast", "revenue_wom", "x.csv"],
    ["forecast", "revenue_won", "no-such-file.csv"],
    ["pipeline", "x.csv", "-p", "2025-Q1"],
    ["pipeline", "no-such-file.csv"],
]


def test_a_usage_error_needs_nothing_that_computes() -> None:
    outcomes = zip(MISTAKES, run(*MISTAKES), strict=True)

    assert [] == [(line, code, slow) for line, (code, _, slow) in outcomes if (code, slow) != (2, [])]


def test_a_list_of_metrics_needs_nothing_that_computes() -> None:
    ((code, out, slow),) = run(["metrics"])

    assert (0, []) == (code, slow)
    assert "win_rate" in out


def test_a_report_needs_no_scipy() -> None:
    asked = ["report", str(Path(__file__).parent.parent / "sample_data")]
    outcomes = run(asked, [*asked, "--by", "owner", "--compare", "previous"])

    assert [(0, ["pandas", "numpy", "pyarrow"])] * 2 == [(code, slow) for code, _, slow in outcomes]
    assert all("Win rate" in out for _, out, _ in outcomes)


def test_shell_completion_needs_nothing_that_computes() -> None:
    completing = {"_CRM_METRICS_COMPLETE": "complete_bash", "COMP_WORDS": "crm-metrics re", "COMP_CWORD": "1"}
    ((code, out, slow),) = run([], **completing)

    assert (0, []) == (code, slow)
    assert "report" in out.split()
