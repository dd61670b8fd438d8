"""Answers to surveys and ratings of tickets."""

from __future__ import annotations

from fractions import Fraction

from .figures import (
    Figure,
    Number,
    UnavailableError,
    divide,
    mean,
    minus,
    number,
    times,
)
from .rows import Row, clean, fold
from .service import Service


class Voice(Service):
    """Answers to surveys and ratings of tickets."""

    def answers(self, kind: str) -> list[Row]:
        """The answers of a kind in the period, with a score."""
        rows = self.world.at("responses", "responded_at")
        self.world.need("responses.kind", "responses.score")
        if not any(fold(row.get("kind")) == kind for row in self.world.tables["responses"]):
            raise UnavailableError("?")  # nobody was asked this question
        return [row for row in rows if fold(row.get("kind")) == kind and row.get("score") is not None]

    def all_scores(self, kind: str) -> list[Fraction]:
        rows = self.world.tables.get("responses", [])
        scores = [number(row.get("score")) for row in rows if fold(row.get("kind")) == kind]
        return [score for score in scores if score is not None]

    def declared_scale(self, kind: str) -> str | None:
        for row in self.world.tables.get("responses", []):
            if fold(row.get("kind")) == kind and clean(row.get("scale")) is not None:
                return clean(row["scale"])
        return None

    def nps_scores(self) -> list[Fraction]:
        answers = self.answers("nps")
        scores = self.all_scores("nps")
        outside = [score for score in scores if not 0 <= score <= 10]
        if Fraction(len(outside)) > Fraction(len(scores), 50):
            raise UnavailableError("scale-ambiguous")
        if scores and self.declared_scale("nps") is None and all(1 <= score <= 5 for score in scores):
            raise UnavailableError("scale-ambiguous")
        return [s for s in (number(row["score"]) for row in answers) if s is not None and 0 <= s <= 10]

    def nps_answers(self) -> Number:
        return Fraction(len(self.nps_scores()))

    def promoters(self) -> Number:
        return Fraction(sum(1 for score in self.nps_scores() if score >= 9))

    def detractors(self) -> Number:
        return Fraction(sum(1 for score in self.nps_scores() if score < 7))

    def nps(self) -> Figure:
        balance = minus(self.figure("promoters"), self.figure("detractors"))
        return divide(times(Figure(Fraction(100)), balance), self.figure("nps_answers"))

    def csat_scale(self) -> tuple[int, int]:
        """The scale of the survey: declared, else observed."""
        declared = self.declared_scale("csat")
        if declared is not None:
            low, high = declared.replace("–", "-").split("-")
            return int(low), int(high)
        scores = self.all_scores("csat")
        if scores and 6 <= max(scores) <= 10:
            return 1, 10
        if scores and max(scores) <= 5 and min(scores) >= 1 and len(scores) >= 30:
            return 1, 5
        raise UnavailableError("scale-ambiguous")

    def survey_ratings(self) -> list[Fraction]:
        answers = self.answers("csat")
        low, high = self.csat_scale()
        return [s for s in (number(row["score"]) for row in answers) if s is not None and low <= s <= high]

    def has_survey(self) -> bool:
        return bool(self.all_scores("csat"))

    def ticket_ratings(self) -> list[bool]:
        tickets = self.created_tickets()
        self.world.need("tickets.satisfaction")
        given = [fold(ticket.get("satisfaction")) for ticket in tickets]
        return [rating == "good" for rating in given if rating in ("good", "bad", "neutral")]

    def satisfied(self) -> list[bool]:
        """Of each rating of the period: is it in the top of its scale? Survey answers, else tickets' ratings."""
        if self.has_survey():
            top = self.csat_scale()[1] - 1
            return [score >= top for score in self.survey_ratings()]
        return self.ticket_ratings()

    def ratings(self) -> Number:
        return Fraction(len(self.satisfied()))

    def csat(self) -> Figure:
        happy = self.satisfied()
        return divide(Figure(Fraction(sum(happy))), Figure(Fraction(len(happy))))

    def csat_score(self) -> Number:
        if self.has_survey():
            return mean(list(self.survey_ratings()))
        self.ticket_ratings()
        raise UnavailableError("?")

    def ticket_csat(self) -> Figure:
        happy = self.ticket_ratings()
        if not any(row.get("satisfaction") is not None for row in self.world.tables["tickets"]):
            raise UnavailableError("?")  # no ticket has ever been rated
        return divide(Figure(Fraction(sum(happy))), Figure(Fraction(len(happy))))

    def ticket_csat_score(self) -> Number:
        """Good and bad are no numbers."""
        self.ticket_ratings()
        raise UnavailableError("?")

    def ces(self) -> Number:
        return mean([number(row["score"]) for row in self.answers("ces")])

    def response_rate(self) -> Figure:
        asked = self.world.at("responses", "asked_at")
        self.world.need("responses.score")
        answered = 0
        for row in asked:
            when = row.get("responded_at")
            answered += row.get("score") is not None and (when is None or self.world.happened(when))
        return divide(Figure(Fraction(answered)), Figure(Fraction(len(asked))))
