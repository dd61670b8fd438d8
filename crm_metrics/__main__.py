"""`python -m crm_metrics` is the same as `crm-metrics`."""

from crm_metrics.cli import main

if __name__ == "__main__":
    main()
