"""The canonical tables as data: their columns, what each means, and which columns a derived one is made from.

Names ending in `_at` are dates, in `_id` identifiers, starting with `is_` truth values. A column with `needs` is
derived when facts are made; `needs` names the columns it is made from, so that only those have to be read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the cells of a column are."""

    ID = "id"
    TEXT = "text"
    CATEGORY = "category"
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    BOOL = "bool"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


NUMERIC = {Kind.NUMBER, Kind.MONEY, Kind.SHARE, Kind.MINUTES, Kind.HOURS, Kind.DAYS}
TEXTUAL = {Kind.ID, Kind.TEXT, Kind.CATEGORY}


@dataclass(frozen=True)
class Column:
    """One column: its kind, its meaning, and for a derived one the columns it is made from (`table.column`); `remedy` is
    what makes it available when a column alone does not."""

    kind: Kind
    about: str
    needs: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Schema:
    """A table. `bases` are the tables a derived table's rows come from; `clocks` are the dates that say how far the
    data reaches; `called` is what people call its rows, where that is not the table's name."""

    about: str
    columns: dict[str, Column]
    bases: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    called: str = ""


def _column(kind: Kind, about: str, *needs: str, remedy: str = "") -> Column:
    return Column(kind, about, needs, remedy)


I, T, C, D, N = Kind.ID, Kind.TEXT, Kind.CATEGORY, Kind.DATE, Kind.NUMBER
M, S, B = Kind.MONEY, Kind.SHARE, Kind.BOOL

_CUSTOMER = {
    "customer": _column(I, "the customer the row belongs to: their id, else their name, else their e-mail"),
    "customer_name": _column(T, "the customer's name as this file writes it"),
    "customer_email": _column(I, "the customer's e-mail address"),
}
_UPDATED = {"updated_at": _column(D, "when the record was last changed: the newest of several rows of one id counts")}
_DELETED = {"is_deleted": _column(B, "the record is in the recycle bin: left out")}
_STATE = {
    "open_from": _column(D, "from when the record was open"),
    "open_until": _column(D, "until when it was open; missing while it still is"),
}


def _state(*needs: str) -> dict[str, Column]:
    return {name: Column(column.kind, column.about, needs) for name, column in _STATE.items()}


TABLES: dict[str, Schema] = {
    "customers": Schema(
        "customers, or companies of which some are customers",
        {
            "customer_id": _column(I, "the customer's own id, else name or e-mail"),
            "name": _column(T, "the customer's name"),
            "email": _column(I, "the customer's e-mail address"),
            "started_at": _column(D, "when they became a customer"),
            "ended_at": _column(D, "when they stopped being one"),
            "status": _column(C, "their status or lifecycle stage"),
            "is_churned": _column(
                B, "a flag or status says that they left", "customers.status", "customers.is_churned"
            ),
            "is_customer": _column(
                B,
                "a customer by as-of, not a prospect",
                "customers.started_at",
                "customers.status",
                "customers.is_churned",
            ),
            "segment": _column(C, "size or market segment"),
            "industry": _column(C, "industry or sector"),
            "country": _column(C, "country"),
            "region": _column(C, "region"),
            "source": _column(C, "where they came from"),
            "campaign": _column(C, "the campaign that brought them"),
            "owner": _column(C, "who looks after them"),
            "plan": _column(C, "plan or tier"),
            **_UPDATED,
            **_DELETED,
        },
        clocks=("started_at",),
    ),
    "leads": Schema(
        "leads and contacts",
        {
            "lead_id": _column(I, "the lead's id"),
            **_CUSTOMER,
            "created_at": _column(D, "when the lead came in"),
            "responded_at": _column(D, "when somebody first answered the lead"),
            "converted_at": _column(D, "when it became a customer or an opportunity", "leads.converted_at"),
            "is_converted": _column(
                B, "it has been converted", "leads.is_converted", "leads.converted_at", "leads.status"
            ),
            "status": _column(C, "lead status"),
            "source": _column(C, "lead source"),
            "channel": _column(C, "channel"),
            "campaign": _column(C, "campaign"),
            "owner": _column(C, "lead owner"),
            **_UPDATED,
            **_DELETED,
            "response_hours": _column(
                Kind.HOURS, "hours from arrival to the first answer", "leads.created_at", "leads.responded_at"
            ),
            "wait_hours": _column(
                Kind.HOURS,
                "hours from arrival to the first answer, or to as-of for those still waiting",
                "leads.created_at",
                "leads.responded_at",
            ),
            "is_responded": _column(B, "somebody has answered by as-of", "leads.responded_at"),
            "is_mature": _column(
                B, "at least `conversion_days` old at as-of", "leads.created_at", "leads.converted_at"
            ),
            "is_converted_in_window": _column(
                B, "converted within `conversion_days` of arriving", "leads.created_at", "leads.is_converted"
            ),
            "is_in_target": _column(
                B,
                "answered within the target; missing while it is too early to tell",
                "leads.created_at",
                "leads.responded_at",
                remedy="set a target, for example --set lead_response_target_hours=24",
            ),
        },
        clocks=("created_at", "responded_at", "converted_at"),
    ),
    "deals": Schema(
        "deals, or opportunities",
        {
            "deal_id": _column(I, "the deal's id"),
            "name": _column(T, "the deal's name"),
            **_CUSTOMER,
            "lead_id": _column(I, "the lead the deal came of"),
            "owner": _column(C, "the seller"),
            "pipeline": _column(C, "pipeline"),
            "stage": _column(C, "stage as the file writes it"),
            "is_won": _column(B, "the file's own flag: won"),
            "is_closed": _column(B, "the file's own flag: closed"),
            "status": _column(C, "the file's own status: open, won or lost"),
            "won_at": _column(D, "when it was won, where the file has a column of its own for it"),
            "lost_at": _column(D, "when it was lost, where the file has a column of its own for it"),
            "amount": _column(M, "the deal's value"),
            "currency": _column(C, "currency of the amount"),
            "probability": _column(S, "chance of winning, 0 to 1"),
            "created_at": _column(D, "when the deal was opened"),
            "closed_at": _column(D, "when it was won or lost", "deals.closed_at", "deals.outcome"),
            "expected_close_at": _column(
                D, "when an open deal is expected to close", "deals.closed_at", "deals.outcome"
            ),
            "source": _column(C, "where the deal came from"),
            "channel": _column(C, "channel"),
            "campaign": _column(
                C, "campaign; the advertising campaign's own spelling where one matches", "deals.source"
            ),
            "product": _column(C, "product"),
            "type": _column(C, "deal type"),
            "lost_reason": _column(C, "why it was lost"),
            **_UPDATED,
            **_DELETED,
            "outcome": _column(
                C,
                "won, lost or open",
                *(
                    f"deals.{name}"
                    for name in ("stage", "is_won", "is_closed", "status", "won_at", "lost_at", "closed_at")
                ),
            ),
            "cycle_days": _column(Kind.DAYS, "days from opened to closed", "deals.created_at", "deals.closed_at"),
            "cycle_wait_days": _column(
                Kind.DAYS, "days from opened to closed, or to as-of while open", "deals.created_at", "deals.closed_at"
            ),
            "is_still_open": _column(B, "open by the file", "deals.outcome"),
            "weighted_amount": _column(
                M,
                "amount × probability of an open deal",
                "deals.amount",
                "deals.probability",
                "deals.outcome",
            ),
            "is_young_open": _column(
                B,
                "open, and younger at as-of than the median cycle of all deals won",
                "deals.created_at",
                "deals.closed_at",
            ),
            "overdue_from": _column(
                D,
                "from when an open deal was overdue",
                "deals.expected_close_at",
                "deals.created_at",
                "deals.closed_at",
            ),
            "is_outcome_won": _column(B, "won", "deals.outcome"),
            "is_outcome_lost": _column(B, "lost", "deals.outcome"),
            "is_lost_to_competitor": _column(
                B, "lost, with a reason that names a competitor", "deals.lost_reason", "deals.outcome"
            ),
            **_state("deals.created_at", "deals.closed_at"),
        },
        clocks=("created_at", "closed_at"),
    ),
    "deal_stages": Schema(
        "the history of deals' stages",
        {
            "deal_id": _column(I, "the deal"),
            "stage": _column(C, "the stage it went to"),
            "from_stage": _column(C, "the stage it came from"),
            "field": _column(C, "what changed, where the file holds other changes too"),
            "entered_at": _column(D, "when it went there"),
            "left_at": _column(D, "when it left it"),
        },
        called="stage histories",
    ),
    "tickets": Schema(
        "support tickets, cases or conversations",
        {
            "ticket_id": _column(I, "the ticket's id"),
            **_CUSTOMER,
            "subject": _column(T, "subject"),
            "created_at": _column(D, "when the ticket came in"),
            "first_response_at": _column(D, "when a person first answered"),
            "solved_at": _column(D, "when it was solved", "tickets.solved_at", "tickets.closed_at", "tickets.status"),
            "closed_at": _column(D, "when it was closed, where the file also says when it was solved"),
            "first_response_minutes": _column(Kind.MINUTES, "the help desk's own minutes to the first answer"),
            "first_response_business_minutes": _column(Kind.MINUTES, "the same in its business hours"),
            "resolution_minutes": _column(Kind.MINUTES, "the help desk's own minutes to the solution"),
            "status": _column(C, "status"),
            "is_closed": _column(B, "the file's own flag: closed"),
            "priority": _column(C, "priority"),
            "channel": _column(C, "channel"),
            "team": _column(C, "team or group"),
            "owner": _column(C, "the assignee"),
            "replies": _column(N, "replies by a person"),
            "reopens": _column(N, "times reopened"),
            "sla_status": _column(C, "the help desk's own verdict on the response target"),
            "satisfaction": _column(C, "the rating as the file writes it"),
            "type": _column(C, "ticket type"),
            **_UPDATED,
            **_DELETED,
            "response_minutes": _column(
                Kind.MINUTES,
                "minutes to the first answer, by the file's time stamps or the help desk's own column",
                "tickets.created_at",
                "tickets.first_response_at",
                "tickets.first_response_minutes",
            ),
            "wait_minutes": _column(
                Kind.MINUTES,
                "minutes to the first answer, or to as-of (to the solution) without one",
                "tickets.response_minutes",
                "tickets.solved_at",
            ),
            "is_answered": _column(
                B, "a person has answered by as-of", "tickets.first_response_at", "tickets.first_response_minutes"
            ),
            "resolution_hours": _column(
                Kind.HOURS,
                "hours to the solution",
                "tickets.created_at",
                "tickets.solved_at",
                "tickets.resolution_minutes",
            ),
            "is_reopened": _column(B, "reopened at least once", "tickets.reopens"),
            "is_one_touch": _column(B, "solved with exactly one reply", "tickets.replies"),
            "is_in_target": _column(
                B,
                "answered within the target; missing while it is too early to tell",
                "tickets.sla_status",
                "tickets.response_minutes",
                "tickets.wait_minutes",
                remedy="set a target, for example --set response_target_minutes=60",
            ),
            "is_satisfied": _column(B, "the rating is in the top of its scale", "tickets.satisfaction"),
            "satisfaction_score": _column(N, "the rating on its own scale", "tickets.satisfaction"),
            **_state("tickets.created_at", "tickets.solved_at"),
        },
        clocks=("created_at", "first_response_at", "solved_at"),
    ),
    "responses": Schema(
        "answers to surveys",
        {
            "response_id": _column(I, "the answer's id"),
            **_CUSTOMER,
            "responded_at": _column(D, "when the answer was given"),
            "asked_at": _column(D, "when the survey was sent"),
            "kind": _column(C, "nps, csat or ces", "responses.kind", "responses.score"),
            "score": _column(
                N, "the score as given", "responses.nps_score", "responses.csat_score", "responses.ces_score"
            ),
            "nps_score": _column(N, "the score, where the header says that it is the promoter question"),
            "csat_score": _column(N, "the score, where the header says that it is satisfaction"),
            "ces_score": _column(N, "the score, where the header says that it is effort"),
            "scale": _column(C, "the scale the score is on, such as 0-10 or 1-5", "responses.score", "responses.kind"),
            "comment": _column(T, "what the customer wrote"),
            "channel": _column(C, "channel"),
            "team": _column(C, "team"),
            "owner": _column(C, "whom the answer is about"),
            "product": _column(C, "product"),
            **_UPDATED,
            "is_answered": _column(B, "a score was given", "responses.score"),
            "nps_group": _column(
                C, "promoter, passive or detractor; missing for other kinds", "responses.score", "responses.kind"
            ),
            "effort_score": _column(
                N, "the effort score; missing for other kinds", "responses.score", "responses.kind"
            ),
            "is_satisfied": _column(
                B, "the rating is in the top of its scale", "responses.score", "responses.kind", "responses.scale"
            ),
        },
        clocks=("responded_at",),
        called="survey answers",
    ),
    "orders": Schema(
        "orders, invoices or payments",
        {
            "order_id": _column(I, "the order's id"),
            **_CUSTOMER,
            "ordered_at": _column(D, "when it was ordered"),
            "amount": _column(M, "what was charged"),
            "refunded_amount": _column(M, "what was given back of it"),
            "currency": _column(C, "currency"),
            "status": _column(C, "status: cancelled, voided and failed orders are left out"),
            "product": _column(C, "product, where the file has one row per line"),
            "quantity": _column(N, "units, where the file has one row per line"),
            "channel": _column(C, "channel"),
            "source": _column(C, "source"),
            "campaign": _column(C, "campaign"),
            "owner": _column(C, "seller"),
            **_UPDATED,
            **_DELETED,
        },
        clocks=("ordered_at",),
    ),
    "order_lines": Schema(
        "the lines of orders",
        {
            "order_id": _column(I, "the order the line belongs to"),
            "line_id": _column(I, "the line's own id"),
            "product": _column(C, "product"),
            "quantity": _column(N, "units"),
            "amount": _column(M, "the line's amount"),
            "unit_price": _column(M, "price of one unit"),
            "currency": _column(C, "currency"),
        },
        called="order lines",
    ),
    "subscriptions": Schema(
        "subscriptions",
        {
            "subscription_id": _column(I, "the subscription's id"),
            **_CUSTOMER,
            "started_at": _column(D, "when it started"),
            "ended_at": _column(D, "when it ended"),
            "canceled_at": _column(D, "when it was cancelled"),
            "trial_ends_at": _column(D, "when its trial ends"),
            "status": _column(C, "status"),
            "mrr": _column(M, "recurring revenue a month"),
            "amount": _column(M, "what is charged per interval"),
            "interval": _column(C, "the interval: day, week, month, quarter or year"),
            "quantity": _column(N, "seats"),
            "currency": _column(C, "currency"),
            "plan": _column(C, "plan"),
            "is_trial": _column(B, "a trial"),
            **_UPDATED,
        },
        clocks=("started_at",),
    ),
    "spend": Schema(
        "the cost of campaigns; a cost that covers several days is spread over them",
        {
            "spent_at": _column(D, "the day of the cost"),
            "spent_to_at": _column(D, "the last day a cost covers"),
            "campaign": _column(C, "campaign"),
            "channel": _column(C, "channel"),
            "source": _column(C, "source"),
            "cost": _column(M, "cost"),
            "currency": _column(C, "currency"),
            "impressions": _column(N, "impressions"),
            "clicks": _column(N, "clicks; interactions where there are no clicks"),
            "conversions": _column(N, "conversions or purchases"),
            "leads": _column(N, "leads the campaign reports"),
        },
        clocks=("spent_at",),
        called="campaign costs",
    ),
    "owners": Schema(
        "sellers or agents with their team and region",
        {
            "owner": _column(C, "name or id as other files write it"),
            "team": _column(C, "team"),
            "region": _column(C, "region"),
            "manager": _column(C, "manager"),
        },
        called="sellers' attributes",
    ),
    "products": Schema(
        "the product list",
        {
            "product": _column(C, "product as other files write it"),
            "category": _column(C, "category or series"),
            "price": _column(M, "list price"),
        },
    ),
    # ---- derived ----
    "spells": Schema(
        "one row per unbroken time as a customer",
        {
            "customer": _column(I, "the customer"),
            "started_at": _column(D, "when it began"),
            "ended_at": _column(
                D, "when it ended; missing while it lasts; absent when no source says when customers leave"
            ),
            "ordinal": _column(N, "1 for the customer's first spell"),
        },
        bases=("subscriptions", "customers", "orders", "deals"),
        called="times as a customer",
    ),
    "purchases": Schema(
        "orders where there are orders, won deals otherwise",
        {
            "customer": _column(I, "the buyer; missing for an order without one"),
            "order_id": _column(I, "the order's or deal's id"),
            "purchased_at": _column(D, "when it was bought"),
            "amount": _column(M, "what was charged; negative for a refund"),
            "currency": _column(C, "currency"),
            "ordinal": _column(N, "1 for the customer's first purchase; missing for a refund"),
            "is_refund": _column(B, "money given back: in revenue, in no count"),
            "has_customer": _column(B, "the buyer is known"),
            "counted_from": _column(
                D, "from when it counts in the buyer's value: its date, or their first purchase if that is later"
            ),
        },
        bases=("orders", "deals"),
    ),
    "sold_lines": Schema(
        "one row per product of a purchase",
        {
            "customer": _column(I, "the buyer"),
            "order_id": _column(I, "the order's or deal's id"),
            "purchased_at": _column(D, "when it was bought"),
            "product": _column(C, "product"),
            "quantity": _column(N, "units"),
            "amount": _column(M, "the line's amount"),
            "is_refund": _column(B, "a line of money given back: in revenue, in no count"),
            "currency": _column(C, "currency"),
        },
        bases=("order_lines", "orders", "deals"),
        called="products sold",
    ),
    "recurring": Schema(
        "one row per stretch of time in which a customer's recurring revenue stayed the same",
        {
            "customer": _column(I, "the customer"),
            "started_at": _column(D, "from when"),
            "ended_at": _column(D, "until when; missing while it lasts"),
            "mrr": _column(M, "the customer's recurring revenue a month, all subscriptions together"),
            "currency": _column(C, "currency"),
        },
        bases=("subscriptions",),
        called="recurring revenue",
    ),
    "movements": Schema(
        "one row per change of a customer's recurring revenue",
        {
            "customer": _column(I, "the customer"),
            "moved_at": _column(D, "when it changed"),
            "kind": _column(C, "new, expansion, contraction, churn or reactivation"),
            "amount": _column(M, "the size of the change, always positive"),
            "currency": _column(C, "currency"),
        },
        bases=("subscriptions",),
        called="movements of recurring revenue",
    ),
    "lead_counts": Schema(
        "leads, or without a leads file the leads that the spend file reports",
        {
            "counted_at": _column(D, "when the lead came in, or the day of the spend"),
            "leads": _column(N, "1 for a lead; as many as the spend file says"),
        },
        bases=("leads", "spend"),
        called="leads",
    ),
    "first_responses": Schema(
        "one row per answered ticket, or per answered lead when no tickets are given",
        {
            "created_at": _column(D, "when the ticket or lead came in"),
            "minutes": _column(Kind.MINUTES, "minutes to the first answer"),
        },
        bases=("tickets", "leads"),
        called="first answers",
    ),
    "ratings": Schema(
        "satisfaction: survey answers where there are some, else the ratings of tickets",
        {
            "rated_at": _column(D, "survey: when answered; ticket: when created"),
            "is_satisfied": _column(B, "in the top of its scale"),
            "score": _column(N, "the score on its own scale"),
            "scale": _column(C, "the scale"),
        },
        bases=("responses", "tickets"),
        called="satisfaction ratings",
    ),
}

# What each derived table's own columns are made from; every other column of it is its bases' column of that name.
_DERIVED_NEEDS: dict[str, tuple[str, ...]] = {
    "spells": (
        *(
            f"subscriptions.{name}"
            for name in (
                "customer",
                "started_at",
                "ended_at",
                "canceled_at",
                "status",
                "is_trial",
                "trial_ends_at",
                "currency",
            )
        ),
        "customers.started_at",
        "customers.ended_at",
        "orders.customer",
        "orders.ordered_at",
        "orders.status",
        "orders.amount",
        "deals.customer",
        "deals.closed_at",
    ),
    "purchases": (
        *(
            f"orders.{name}"
            for name in ("customer", "ordered_at", "amount", "refunded_amount", "currency", "status", "product")
        ),
        *(f"deals.{name}" for name in ("customer", "closed_at", "amount", "currency", "outcome")),
    ),
    "sold_lines": (
        *(f"order_lines.{name}" for name in ("order_id", "product", "quantity", "amount", "unit_price", "currency")),
        *(
            f"orders.{name}"
            for name in ("customer", "ordered_at", "amount", "currency", "status", "product", "quantity")
        ),
        *(f"deals.{name}" for name in ("customer", "closed_at", "amount", "currency", "outcome", "product")),
    ),
    "recurring": tuple(
        f"subscriptions.{name}"
        for name in (
            "customer",
            "started_at",
            "ended_at",
            "canceled_at",
            "trial_ends_at",
            "status",
            "mrr",
            "amount",
            "interval",
            "quantity",
            "currency",
            "is_trial",
        )
    ),
    "lead_counts": ("leads.created_at", "spend.spent_at", "spend.leads"),
    "first_responses": ("tickets.response_minutes", "leads.response_hours"),
    "ratings": (
        "responses.score",
        "responses.kind",
        "responses.scale",
        "responses.responded_at",
        "tickets.created_at",
        "tickets.satisfaction",
    ),
}
_DERIVED_NEEDS["movements"] = _DERIVED_NEEDS["recurring"]

# Columns another table needs so that its rows can be joined to it.
_LINKS = ("customer", "customer_name", "customer_email")


def called(table: str) -> str:
    """What people call the rows of a table."""
    return TABLES[table].called or table


def is_derived(table: str) -> bool:
    """Whether the table's rows are made from those of other tables."""
    return bool(TABLES[table].bases)


def column(table: str, name: str) -> Column | None:
    """The column's description; for a derived table also that of its bases' columns; None for one not in the schema."""
    schema = TABLES[table]
    if name in schema.columns:
        return schema.columns[name]
    return next((TABLES[base].columns[name] for base in schema.bases if name in TABLES[base].columns), None)


def inputs(wanted: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns that have to be read for the wanted `(table, column)` pairs, by table; ids, deletion flags and the
    dates that decide as-of are not included: a loader always reads those."""
    result: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    queue = list(wanted)
    while queue:
        table, name = queue.pop()
        if (table, name) in seen:
            continue
        seen.add((table, name))
        schema = TABLES[table]
        if schema.bases:
            queue += [tuple(need.split(".")) for need in _DERIVED_NEEDS[table]]  # type: ignore[misc]
            if name not in schema.columns:
                queue += [(base, name) for base in schema.bases]
            continue
        names = result.setdefault(table, set())
        if name == "customer":
            names.update(link for link in _LINKS if link in schema.columns)
        names.add(name)
        known = schema.columns.get(name)
        queue += [tuple(need.split(".")) for need in (known.needs if known else ())]  # type: ignore[misc]
    return result
