"""The first stage: from paths to raw tables (a header, and columns read on demand). It knows nothing of CRM."""

from crm_metrics.loaders.reading.inputs import open_inputs
from crm_metrics.loaders.reading.raw import As, Cells, LeftOut, Opened, Raw

__all__ = ["As", "Cells", "LeftOut", "Opened", "Raw", "open_inputs"]
