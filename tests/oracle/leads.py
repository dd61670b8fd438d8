"""Leads: how fast they are answered, how many are converted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .family import Family, in_target
from .figures import (
    Figure,
    Number,
    UnavailableError,
    divide,
    mean,
    median,
    survival_median,
)
from .rows import Row, day, duration, sensible


class Leads(Family):
    """Leads: how fast they are answered, how many are converted."""

    def created_leads(self) -> list[Row]:
        return self.world.at("leads", "created_at")

    def is_converted(self, lead: Row) -> bool:
        """By T: the flag, else the date."""
        at = lead.get("converted_at")
        if at is not None and not self.world.happened(at):
            return False
        flag = lead.get("is_converted")
        return at is not None if flag is None else bool(flag)

    def need_conversions(self) -> None:
        self.world.need_some("leads", "is_converted", "converted_at")

    def has_conversion_dates(self) -> bool:
        """Dates are there, or a column for them while nobody has been converted; or there is nothing else to go by."""
        leads = self.world.tables["leads"]
        dated = any(lead.get("converted_at") is not None for lead in leads)
        if not dated and self.world.has("leads", "converted_at"):
            dated = not any(self.is_converted(lead) for lead in leads)
        return dated or not self.world.has("leads", "is_converted")

    def window_days(self) -> int:
        return int(self.world.settings.get("conversion_days", 90))

    def is_old_enough(self, lead: Row) -> bool:
        return (self.world.known("leads") - day(lead["created_at"])).days >= self.window_days()

    def is_converted_in_window(self, lead: Row) -> bool:
        if not self.is_converted(lead) or lead.get("converted_at") is None:
            return False
        length = sensible(duration(lead["created_at"], lead["converted_at"], 1))
        days = (day(lead["converted_at"]) - day(lead["created_at"])).days
        return length is not None and days <= self.window_days()

    def leads_created(self) -> Number:
        return Fraction(len(self.created_leads()))

    def lead_conversion_rate(self) -> Figure:
        leads = self.created_leads()
        self.need_conversions()
        if not self.has_conversion_dates():
            converted = [lead for lead in leads if self.is_converted(lead)]
            return divide(Figure(Fraction(len(converted))), Figure(Fraction(len(leads))))
        self.world.need("leads.created_at")
        old = [lead for lead in leads if self.is_old_enough(lead)]
        if leads and not old:
            raise UnavailableError("immature-cohort")
        in_time = [lead for lead in old if self.is_converted_in_window(lead)]
        return divide(Figure(Fraction(len(in_time))), Figure(Fraction(len(old))))

    def leads_created_converted(self) -> Number:
        leads = self.created_leads()
        self.need_conversions()
        return Fraction(sum(1 for lead in leads if self.is_converted(lead)))

    def lead_conversion_to_date(self) -> Figure:
        return self.ratio("leads_created_converted", "leads_created")

    def leads_converted(self) -> Number:
        self.need_conversions()
        return Fraction(sum(1 for lead in self.world.at("leads", "converted_at") if self.is_converted(lead)))

    def lead_conversion_in_period(self) -> Figure:
        return self.ratio("leads_converted", "leads_created")

    def marketing_qualified_leads(self) -> Number:
        return Fraction(len(self.world.at("leads", "became_mql_at")))

    def sales_qualified_leads(self) -> Number:
        return Fraction(len(self.world.at("leads", "became_sql_at")))

    def leads_to_opportunities(self) -> Number:
        return Fraction(len(self.world.at("leads", "became_opportunity_at")))

    def stage_at(self, lead: Row, stage: str) -> Any:
        """When the lead came to a stage, if it had by T."""
        at = lead.get(f"became_{stage}_at")
        return at if self.world.happened(at) else None

    def was(self, lead: Row, stage: str) -> bool | None:
        """Whether the lead came to a stage in time; None where it would have been before it came in."""
        at = self.stage_at(lead, stage)
        if at is None:
            return False
        length = duration(lead["created_at"], at, 1)
        assert length is not None
        return None if length < 0 else (day(at) - day(lead["created_at"])).days <= self.window_days()

    def went_on(self, lead: Row, earlier: str, later: str) -> bool | None:
        """Of a lead that was in the earlier stage whether it came to the later one; None where that cannot be told."""
        length = duration(self.stage_at(lead, earlier), self.stage_at(lead, later), 1)
        is_told = self.was(lead, earlier) and (length is None or length >= 0)
        return self.was(lead, later) if is_told else None

    def share_of_old(self, judge: Callable[[Row], bool | None], *stages: str) -> Figure:
        leads = self.created_leads()
        self.world.need("leads.created_at", *(f"leads.became_{stage}_at" for stage in stages))
        judged = [judge(lead) for lead in leads if self.is_old_enough(lead)]
        told = [answer for answer in judged if answer is not None]
        if not told and any(not self.is_old_enough(lead) for lead in leads):
            raise UnavailableError("immature-cohort")
        return divide(Figure(Fraction(sum(told))), Figure(Fraction(len(told))))

    def mql_rate(self) -> Figure:
        return self.share_of_old(lambda lead: self.was(lead, "mql"), "mql")

    def lead_to_sql_rate(self) -> Figure:
        return self.share_of_old(lambda lead: self.was(lead, "sql"), "sql")

    def lead_to_opportunity_rate(self) -> Figure:
        return self.share_of_old(lambda lead: self.was(lead, "opportunity"), "opportunity")

    def mql_to_sql_rate(self) -> Figure:
        return self.share_of_old(lambda lead: self.went_on(lead, "mql", "sql"), "mql", "sql")

    def sql_to_opportunity_rate(self) -> Figure:
        return self.share_of_old(lambda lead: self.went_on(lead, "sql", "opportunity"), "sql", "opportunity")

    def lead_responses(self) -> list[Fraction | None]:
        """Hours to the answer of the leads of the period that were answered; None where that is impossible."""
        leads = self.created_leads()
        self.world.need("leads.created_at", "leads.responded_at")
        answered = [(lead, self.world.answer("leads", lead)) for lead in leads]
        return [sensible(duration(lead["created_at"], at, 24)) for lead, at in answered if at is not None]

    def lead_response_time(self) -> Number:
        return median(self.lead_responses())

    def lead_response_time_mean(self) -> Number:
        return mean(self.lead_responses())

    def lead_waits(self) -> list[tuple[Fraction, bool]]:
        """Hours to the answer, or until T, and whether it came. Impossible ones are left out."""
        leads = self.created_leads()
        self.world.need("leads.created_at", "leads.responded_at")
        calendar = self.world.is_calendar("leads", "responded_at")
        waits = []
        for lead in leads:
            at = self.world.answer("leads", lead)
            if at is None:
                waits.append((self.world.waited("leads", lead["created_at"], calendar, 24), False))
            else:
                hours = sensible(duration(lead["created_at"], at, 24))
                if hours is not None:
                    waits.append((hours, True))
        return waits

    def lead_response_time_censored(self) -> Number:
        return survival_median(self.lead_waits())

    def leads_unanswered(self) -> Number:
        leads = self.created_leads()
        self.world.need("leads.responded_at")
        return Fraction(sum(1 for lead in leads if self.world.answer("leads", lead) is None))

    def lead_unanswered_rate(self) -> Figure:
        return self.ratio("leads_unanswered", "leads_created")

    def lead_response_in_target(self) -> Figure:
        waits = self.lead_waits()
        return in_target(waits, self.world.settings.get("lead_response_target_hours"))
