"""How long customers stay and what they will bring: models of purchases, of amounts and of renewals."""

from crm_metrics.analysis.lifetimes.histories import Histories, Ledger, day_numbers, ledger
from crm_metrics.analysis.lifetimes.model import UNITS, Model, Prediction, Unit, fitted, predicted
from crm_metrics.analysis.lifetimes.verdict import judged

__all__ = [
    "UNITS",
    "Histories",
    "Ledger",
    "Model",
    "Prediction",
    "Unit",
    "day_numbers",
    "fitted",
    "judged",
    "ledger",
    "predicted",
]
