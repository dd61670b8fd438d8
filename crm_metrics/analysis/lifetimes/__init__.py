"""How long customers stay and what they will bring: models of purchases, of amounts and of renewals."""

from crm_metrics.analysis.lifetimes.histories import Histories, Ledger, ledger
from crm_metrics.analysis.lifetimes.model import Model, Unit, fitted, predicted
from crm_metrics.analysis.lifetimes.verdict import judged

__all__ = ["Histories", "Ledger", "Model", "Unit", "fitted", "judged", "ledger", "predicted"]
