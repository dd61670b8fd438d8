"""The commands put together. A command's module is imported only when that command is asked for, and what computes only when
it runs: help and usage errors stay quick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from crm_metrics import __version__
from crm_metrics.cli.process import leave

# A command is the function of the same name in the module of the same name; what is said of it stands in the overview.
COMMANDS = {
    "report": "the figures (the main job)",
    "review": "a period on one page: what changed and why, goals, bottleneck, whom to call",
    "explain": "one figure, opened: formula, what is counted, and every record behind it",
    "why": "what a change came of: each segment's own rate and its share of the mix",
    "trend": "charts of figures over time: trend, season and changes of level, where there are any",
    "forecast": "what a figure will be in a period that is not over, by methods tested on the past",
    "goals": "targets: how far each is reached, the pace it needs, the chance of meeting it",
    "pipeline": "open deals: value, chances, coverage of goals, which are at risk; what changed since an older export",
    "funnel": "the stages deals go through: how many go on, are lost or wait, and where most is lost",
    "customers": "one row per customer: purchases, segment, chance of being alive, predicted value; who left",
    "cohorts": "customers who began together: who came back or stayed, and what they brought",
    "products": "each product's sales, what is bought together, and what the best customers buy",
    "voice": "what customers say: promoters and detractors, the words that set them apart, quotes",
    "scan": "what was recognised in the files: tables, columns, dates, stages, problems",
    "check": "what is wrong with the data; silent and exit code 0 when nothing is",
    "init": "writes crm-metrics.toml from what was found",
    "metrics": "what each figure means; 'crm-metrics metrics win_rate' explains one",
    "help": "help topics, and where what you look for is said",
}

_EXAMPLES = """\
Key figures from the CSV and Excel files that your CRM, help desk, survey and billing tools export.

  crm-metrics report exports/                          the last complete month
  crm-metrics report exports/ -p 2025-Q3 --by owner    a quarter, by owner
  crm-metrics report deals.csv -p 2025 --by month -f csv -o kpis.csv

Commands
{commands}

'crm-metrics COMMAND --help' lists the options of a command."""


class _Command(TyperCommand):
    """A command that takes an option with one value once: of two, nobody knows which was meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for one in dict.fromkeys(order):
                if order.count(one) > 1 and not (one.multiple or getattr(one, "is_flag", False)):
                    ctx.fail(f"{' / '.join(one.opts)} is given twice. Give it once: which one counts cannot be told.")
        return super().parse_args(ctx, args)


class _Imported(Mapping[str, Any]):
    """The commands by name, each made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(name, cls=_Command)(getattr(import_module(f"crm_metrics.cli.{name}"), name))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Commands(TyperGroup):
    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.commands = _Imported()  # type: ignore[assignment]


app = typer.Typer(
    name="crm-metrics",
    cls=_Commands,
    help="Key figures of a period from the files that CRM, help desk, survey and billing tools export.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        wide = max(map(len, COMMANDS))
        typer.echo(_EXAMPLES.format(commands="\n".join(f"  {name:<{wide}}  {said}" for name, said in COMMANDS.items())))


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    try:
        app(prog_name="crm-metrics")
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    leave(code)
