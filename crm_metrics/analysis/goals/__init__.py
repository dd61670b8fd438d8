"""Goals: what each is for, how far it is met, and the chance that it will be."""

from crm_metrics.analysis.goals.standing import Standing, standings
from crm_metrics.analysis.goals.targets import Target, fill, not_compared, targets, unlike_deals

__all__ = ["Standing", "Target", "fill", "not_compared", "standings", "targets", "unlike_deals"]
