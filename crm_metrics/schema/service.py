"""The tables of serving: tickets and answers to surveys."""

from crm_metrics.schema.columns import (
    BOOL,
    CATEGORY,
    CUSTOMER,
    DATE,
    DELETED,
    ID,
    NUMBER,
    TEXT,
    UPDATED,
    Kind,
    Schema,
    define,
    state,
)

_HOURS = 'give both times and set your working hours, for example [hours] and below it mon = "09:00-17:30"'

SERVICE: dict[str, Schema] = {
    "tickets": Schema(
        "support tickets, cases or conversations",
        {
            "ticket_id": define(ID, "the ticket's id"),
            **CUSTOMER,
            "subject": define(TEXT, "subject"),
            "created_at": define(DATE, "when the ticket came in"),
            "first_response_at": define(DATE, "when a person first answered"),
            "solved_at": define(DATE, "when it was solved", "tickets.solved_at", "tickets.closed_at", "tickets.status"),
            "closed_at": define(DATE, "when it was closed, where the file also says when it was solved"),
            "first_response_minutes": define(Kind.MINUTES, "the help desk's own minutes to the first answer"),
            "first_response_business_minutes": define(Kind.MINUTES, "the same in its business hours"),
            "resolution_minutes": define(Kind.MINUTES, "the help desk's own minutes to the solution"),
            "resolution_business_minutes": define(Kind.MINUTES, "the same in its business hours"),
            "status": define(CATEGORY, "status"),
            "is_closed": define(BOOL, "the file's own flag: closed"),
            "priority": define(CATEGORY, "priority"),
            "channel": define(CATEGORY, "channel"),
            "team": define(CATEGORY, "team or group"),
            "owner": define(CATEGORY, "the assignee"),
            "replies": define(NUMBER, "replies by a person"),
            "reopens": define(NUMBER, "times reopened"),
            "sla_status": define(CATEGORY, "the help desk's own verdict on the response target"),
            "satisfaction": define(CATEGORY, "the rating as the file writes it"),
            "type": define(CATEGORY, "ticket type"),
            **UPDATED,
            **DELETED,
            "response_minutes": define(
                Kind.MINUTES,
                "minutes to the first answer, by the file's time stamps or the help desk's own column",
                "tickets.created_at",
                "tickets.first_response_at",
                "tickets.first_response_minutes",
            ),
            "wait_minutes": define(
                Kind.MINUTES,
                "minutes to the first answer, or to as-of (to the solution) without one",
                "tickets.response_minutes",
                "tickets.solved_at",
            ),
            "is_answered": define(
                BOOL, "a person has answered by as-of", "tickets.first_response_at", "tickets.first_response_minutes"
            ),
            "resolution_hours": define(
                Kind.HOURS,
                "hours to the solution",
                "tickets.created_at",
                "tickets.solved_at",
                "tickets.resolution_minutes",
            ),
            "business_response_minutes": define(
                Kind.MINUTES,
                "working minutes to the first answer, by the hours of the settings or the help desk's own column",
                "tickets.created_at",
                "tickets.first_response_at",
                "tickets.first_response_minutes",
                "tickets.first_response_business_minutes",
                remedy=_HOURS,
            ),
            "business_resolution_minutes": define(
                Kind.MINUTES,
                "working minutes to the solution, by the hours of the settings or the help desk's own column",
                "tickets.created_at",
                "tickets.solved_at",
                "tickets.resolution_minutes",
                "tickets.resolution_business_minutes",
                remedy=_HOURS,
            ),
            "is_reopened": define(BOOL, "reopened at least once", "tickets.reopens"),
            "is_one_touch": define(BOOL, "solved with exactly one reply", "tickets.replies"),
            "is_in_target": define(
                BOOL,
                "answered within the target; missing while it is too early to tell",
                "tickets.sla_status",
                "tickets.response_minutes",
                "tickets.wait_minutes",
                remedy="set a target, for example --set response_target_minutes=60",
            ),
            "is_satisfied": define(BOOL, "the rating is in the top of its scale", "tickets.satisfaction"),
            "satisfaction_score": define(NUMBER, "the rating on its own scale", "tickets.satisfaction"),
            **state("tickets.created_at", "tickets.solved_at"),
        },
        clocks=("created_at", "first_response_at", "solved_at"),
    ),
    "responses": Schema(
        "answers to surveys",
        {
            "response_id": define(ID, "the answer's id"),
            **CUSTOMER,
            "responded_at": define(DATE, "when the answer was given"),
            "asked_at": define(DATE, "when the survey was sent"),
            "kind": define(CATEGORY, "nps, csat or ces", "responses.kind", "responses.score"),
            "score": define(
                NUMBER,
                "the score as given",
                "responses.nps_score",
                "responses.csat_score",
                "responses.ces_score",
                "responses.completion",
                "responses.is_finished",
            ),
            "nps_score": define(NUMBER, "the score, where the header says that it is the promoter question"),
            "csat_score": define(NUMBER, "the score, where the header says that it is satisfaction"),
            "ces_score": define(NUMBER, "the score, where the header says that it is effort"),
            "scale": define(
                CATEGORY, "the scale the score is on, such as 0-10 or 1-5", "responses.score", "responses.kind"
            ),
            "comment": define(TEXT, "what the customer wrote"),
            "completion": define(CATEGORY, "completed or partial, or a preview: only completed answers count"),
            "is_finished": define(BOOL, "the answer was sent off: an unfinished one is left out"),
            "channel": define(CATEGORY, "channel"),
            "team": define(CATEGORY, "team"),
            "owner": define(CATEGORY, "whom the answer is about"),
            "product": define(CATEGORY, "product"),
            **UPDATED,
            "is_answered": define(BOOL, "a score was given", "responses.score"),
            "is_asked": define(BOOL, "the file says when the survey was sent", "responses.asked_at"),
            "nps_group": define(
                CATEGORY, "promoter, passive or detractor; missing for other kinds", "responses.score", "responses.kind"
            ),
            "effort_score": define(
                NUMBER, "the effort score; missing for other kinds", "responses.score", "responses.kind"
            ),
            "is_satisfied": define(
                BOOL, "the rating is in the top of its scale", "responses.score", "responses.kind", "responses.scale"
            ),
        },
        clocks=("responded_at",),
        called="survey answers",
    ),
}
