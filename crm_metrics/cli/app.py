"""The commands put together. A room is imported only when its command is asked for, and what computes only when it runs:
help and usage errors stay quick."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from crm_metrics import __version__, commands
from crm_metrics.cli.command import command_of
from crm_metrics.cli.process import leave
from crm_metrics.errors import EXIT_USAGE

_EXAMPLES = """\
Key figures from the CSV and Excel files that your CRM, help desk, survey and billing tools export.

  crm-metrics report exports/                          the last complete month
  crm-metrics report exports/ -p 2025-Q3 --by owner    a quarter, by owner
  crm-metrics report deals.csv -p 2025 --by month -f csv -o kpis.csv

Commands
{commands}

'crm-metrics COMMAND --help' lists the options of a command."""


class _Command(TyperCommand):
    """A command that takes an option with one value once: of two, nobody knows which was meant. Its help shows arguments as
    they are declared, without their types."""

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)
        for param in params:
            if param.param_type_name == "argument":
                param.display_type_rich = lambda ctx: ""
        return params

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        names = [(param.metavar or "", param.required) for param in self.params if param.param_type_name == "argument"]
        shown = [name if must or (name[0], name[-1]) == ("[", "]") else f"[{name}]" for name, must in names]
        return ["[OPTIONS]", *shown]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for option in dict.fromkeys(order):
                if order.count(option) > 1 and not (option.multiple or getattr(option, "is_flag", False)):
                    ctx.fail(
                        f"{' / '.join(option.opts)} is given twice. Give it once: which one counts cannot be told."
                    )
        return super().parse_args(ctx, args)


class _Imported(Mapping[str, Any]):
    """The commands by name, each made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(name, cls=_Command)(command_of(name))
        return typer.main.get_command(alone)

    @cached_property
    def _names(self) -> list[str]:
        return commands.names()

    def __iter__(self) -> Iterator[str]:
        return iter(commands.overview())

    def __len__(self) -> int:
        return len(self._names)


class _Commands(TyperGroup):
    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.commands = _Imported()  # type: ignore[assignment]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, of which none is made for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(commands.overview().items()))


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
        overview = commands.overview()
        wide = max(map(len, overview))
        typer.echo(
            _EXAMPLES.format(commands="\n".join(f"  {name:<{wide}}  {about}" for name, about in overview.items()))
        )


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    try:
        app(prog_name="crm-metrics")
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except OSError as error:  # of help, which nothing guards, for a stream that takes nothing
        sys.stderr.write(f"crm-metrics: standard output: cannot be written: {error.strerror}\n")
        code = EXIT_USAGE
    leave(code)
