"""The catalogue of a run: the built-in metrics and the user's own, from a file and from the settings."""

from __future__ import annotations

from pathlib import Path

from crm_metrics.metrics.catalog import Catalog, built_in, with_blocks, with_own
from crm_metrics.metrics.goals import check_goals
from crm_metrics.settings import Settings


def catalog_of(settings: Settings, metrics_file: str | Path | None = None) -> Catalog:
    """The built-in catalogue with the metrics of `metrics_file`, else of the file that the settings name, and those written
    in the settings themselves. Raises `SettingsError` for everything the format does not allow, and for goals that do not
    fit the catalogue."""
    catalog = built_in()
    if path := metrics_file or settings.metrics_file:
        catalog = with_own(catalog, Path(path))
    if settings.metric:
        catalog = with_blocks(catalog, settings.metric, f"{settings.file or 'settings'}, metric")
    check_goals(settings, catalog)
    return catalog
