"""The command line: arguments in, exit code out. Nothing else prints or exits."""

import os
from typing import NoReturn

from crm_metrics.cli.process import expect_interrupts, open_streams, silence_libraries

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and leave with its exit code; on Tab print what can stand there."""
    expect_interrupts()
    open_streams()
    silence_libraries()
    from crm_metrics.cli.process import leave, spare_collections

    spare_collections()
    action, _, shell = os.environ.get("_CRM_METRICS_COMPLETE", "").partition("_")
    if action == "complete":
        from crm_metrics.cli.completing import answered

        if answered(shell):
            leave(0)
    from crm_metrics.cli.app import main

    main()
