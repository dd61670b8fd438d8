"""One recognised file becomes rows of its canonical table, with what was noticed about it."""

from crm_metrics.loaders.normalising.rows import FileRows, normalise

__all__ = ["FileRows", "normalise"]
