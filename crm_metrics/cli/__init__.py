"""The command line: arguments in, exit code out. Nothing else prints or exits."""

from typing import NoReturn

from crm_metrics.cli.process import spare_collections

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    spare_collections()
    from crm_metrics.cli.app import main

    main()
