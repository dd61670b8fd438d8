"""Tab-separated values: the main table of a book with every column, under their names for machines."""

from functools import partial

from crm_metrics.writers.drawing.tidy import delimited

HAS_DIALECTS = True
write = partial(delimited, separator="\t")
