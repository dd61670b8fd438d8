"""The command line: arguments in, exit code out. Nothing else prints or exits."""

from crm_metrics.cli.app import main

__all__ = ["main"]
