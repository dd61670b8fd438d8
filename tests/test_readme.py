"""The README and the help topics are true: their commands run, and what they say is printed is printed.

Run is every line that starts with crm-metrics, of whatever kind its block is, and every `python` block, with a copy of the
sample data, in the place of `exports` too; what a shell does with the output is left to the shell. A `toml` block whose
first line is `# NAME` is the file NAME. A `text` block is what the block before it prints: its lines in this order, with `…`
for lines left away; how wide columns are is not compared. What says last-month runs on the day of the newest export.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from crm_metrics import help as topics
from tests.cli.running import crm_metrics

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TOPICS = [ROOT / "crm_metrics" / "help" / f"{name}.md" for name in topics.names()]
PAGES = [README, *TOPICS]
EXPORTS = {".csv", ".xlsx"}
SCHEDULED = ("cron", "ini", "bat", "yaml")
INSTALLING = [
    "pip install . && crm-metrics report sample_data",
    'pip install ".[test]" && python -m pytest -n auto',
]
ENDS = re.compile(r"[|<>&;]+")


@dataclass(frozen=True)
class Block:
    page: Path
    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]

    @property
    def name(self) -> str | None:
        """The name of the file that it is."""
        return self.lines[0].removeprefix("# ") if self.lines[0].startswith("# ") else None

    @property
    def commands(self) -> list[str]:
        """What runs the program, up to the quotation mark that ends it, where one does."""
        if self.language == "sh":
            return [line for line in self.lines if line not in INSTALLING]
        found = re.findall(r"(?<![-\w/])crm-metrics [a-z].*", self.text) if self.language in SCHEDULED else []
        return [line.removesuffix('"') for line in found]


@dataclass(frozen=True)
class Run:
    """A command, and the lines that the page says it prints."""

    block: Block
    command: str
    claimed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.block.page.stem}: {self.command.splitlines()[0]}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(page, *pair) for pair in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


BLOCKS = {page: blocks_of(page) for page in PAGES}
FILES = {
    block.name: block.text for blocks in BLOCKS.values() for block in blocks if block.language == "toml" and block.name
}


def runs() -> Iterator[Run]:
    for page, blocks in BLOCKS.items():
        for block, after in pairwise([*blocks, Block(page, "", "")]):
            claimed = tuple(after.lines) if after.language == "text" else ()
            if block.language == "python":
                yield Run(block, block.text, claimed)
            elif block.commands:
                *first, last = block.commands
                yield from (Run(block, command) for command in first)
                yield Run(block, last, claimed)


# A line that stands on several pages runs once.
RUNS = list({(run.command, run.claimed): run for run in runs()}.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the pages take it for granted: the sample data, and the files that they show."""
    made = tmp_path_factory.mktemp("clone")
    (made / "sample_data").mkdir()
    for path in (ROOT / "sample_data").iterdir():
        if path.suffix in EXPORTS:
            shutil.copy2(path, made / "sample_data")
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


def plain(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def missing(claimed: tuple[str, ...], printed: str) -> list[str]:
    """The claimed lines that are not printed, or not behind the one before."""
    left = plain(printed)
    lost = []
    for line in claimed:
        wanted = " ".join(line.split())
        if wanted == "…":
            continue
        if wanted in left:
            left = left[left.index(wanted) + 1 :]
        else:
            lost.append(wanted)
    return lost


def outcome(run: Run) -> tuple[int, str, str]:
    """The exit code and what is printed, by a line of a shell up to where the output goes on to something else."""
    if run.block.language == "python":
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(run.command, run.block.page, "exec"), {})
        return 0, printed.getvalue(), ""
    words = shell_words(run.command)
    end = next((at for at, word in enumerate(words) if ENDS.fullmatch(word)), len(words))
    end -= words[end - 1 : end + 1] == ["2", ">>"]
    stdin = words[end + 1] if words[end : end + 1] == ["<"] else None
    own = ("--as-of", "2026-01-05") if "last-month" in words else ()
    return printed_by(
        (*("sample_data" if word.rstrip("/") == "exports" else word for word in words[1:end]), *own), stdin
    )


@cache
def printed_by(arguments: tuple[str, ...], stdin: str | None) -> tuple[int, str, str]:
    """The outcome of a command line; one that stands on several pages runs once."""
    done = crm_metrics(*arguments, stdin=Path(stdin).read_bytes() if stdin else None)
    return done.code, done.out, done.err


def shell_words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|<>&;")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That folder to work in, and no settings of the user."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "nobody's settings"))


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_it_runs_and_prints_what_the_page_says(run: Run):
    code, out, err = outcome(run)

    may_find = code == 1 and ("--fail-on" in run.command or " check " in run.command)
    assert (0 if may_find else code, "" if may_find else err * bool(code)) == (0, "")
    assert missing(run.claimed, out) == []
    assert out or " -o " in run.command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_text_block_is_the_output_of_a_command_that_is_run(page: Path):
    claimed = sum(bool(run.claimed) for run in runs() if run.block.page == page)
    assert claimed == sum(block.language == "text" for block in BLOCKS[page])


def test_there_are_two_commands_to_set_up_and_nothing_else_installs():
    lines = [line for blocks in BLOCKS.values() for block in blocks if block.language == "sh" for line in block.lines]
    assert [line for line in lines if not line.startswith("crm-metrics ")] == INSTALLING
    assert [line for line in lines if "pip " in line] == INSTALLING


def test_every_file_that_a_command_names_is_shown():
    named = {name for run in RUNS for name in re.findall(r"--(?:config|metrics-file) (\S+)", run.command)}
    assert named - FILES.keys() == set()


def test_no_two_pages_show_different_files_of_one_name():
    shown = [block.name for blocks in BLOCKS.values() for block in blocks if block.language == "toml" and block.name]
    assert sorted(shown) == sorted(FILES)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = [block for blocks in BLOCKS.values() for block in blocks if block.language == "ini" and block.name]
    for unit in units:
        (tmp_path / str(unit.name)).write_text(unit.text, encoding="utf-8")
    paths = [str(tmp_path / str(unit.name)) for unit in units]
    (tmp_path / "broken.timer").write_text("[Timer]\nOnCalendar=whenever\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *paths, str(tmp_path / "broken.timer")],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "broken.timer" not in done.stderr:
        pytest.skip("systemd-analyze cannot verify units here")
    said = [line for line in done.stderr.splitlines() if "kpis" in line]
    assert (len(units), said) == (2, [])


@pytest.mark.parametrize(
    "block",
    [block for blocks in BLOCKS.values() for block in blocks if block.language == "cron"],
    ids=lambda block: block.page.stem,
)
def test_a_crontab_has_five_fields_and_no_bare_percent_sign(block: Block):
    fields = r"(?:[\d*,/-]+ +){5}"
    assert [line for line in block.lines if not re.match(rf"{fields}cd ", line) or "%" in line.replace("\\%", "")] == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as its headings give them."""
    text = page.read_text(encoding="utf-8")
    return {re.sub(r"[^\w -]", "", head.casefold()).replace(" ", "-") for head in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path):
    lost = []
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if "://" not in link and not (target.exists() and (not anchor or anchor in headings(target))):
            lost.append(link)
    assert lost == []


def test_every_topic_is_linked_from_the_readme():
    linked = set(re.findall(r"\]\(crm_metrics/help/([\w-]+)\.md", README.read_text(encoding="utf-8")))
    assert linked == set(topics.names())


def test_the_readme_is_two_minutes_long():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200
