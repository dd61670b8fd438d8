"""The tables of selling: customers, leads, deals and their stages."""

from crm_metrics.schema.columns import (
    BOOL,
    CATEGORY,
    CUSTOMER,
    DATE,
    DELETED,
    ID,
    IDENTITY,
    MONEY,
    SHARE,
    TEXT,
    UPDATED,
    Kind,
    Link,
    Schema,
    define,
    state,
)

# What can say that a deal is won, lost or open.
_TELLING = (
    *("stage", "is_won", "is_lost", "is_closed", "status", "won_at", "lost_at", "closed_at"),
    *("is_active", "is_archived", "lost_reason", "probability"),
)

SALES: dict[str, Schema] = {
    "customers": Schema(
        "customers, or companies of which some are customers",
        {
            "customer_id": define(ID, "the customer's own id, else name or e-mail"),
            "name": define(TEXT, "the customer's name"),
            "email": define(ID, "the customer's e-mail address"),
            "started_at": define(DATE, "when they became a customer"),
            "ended_at": define(DATE, "when they stopped being one"),
            "status": define(CATEGORY, "their status or lifecycle stage"),
            "is_churned": define(
                BOOL,
                "a flag, a status or a date says that they left",
                *(f"customers.{name}" for name in ("status", "is_churned", "is_active", "ended_at")),
            ),
            "is_customer": define(
                BOOL,
                "a customer by as-of, not a prospect",
                "customers.started_at",
                "customers.status",
                "customers.is_churned",
            ),
            "is_active": define(BOOL, "the file's own flag: still a customer"),
            "segment": define(CATEGORY, "size or market segment"),
            "industry": define(CATEGORY, "industry or sector"),
            "country": define(CATEGORY, "country"),
            "region": define(CATEGORY, "region"),
            "source": define(CATEGORY, "where they came from"),
            "campaign": define(CATEGORY, "the campaign that brought them"),
            "owner": define(CATEGORY, "who looks after them"),
            "plan": define(CATEGORY, "plan or tier"),
            "total_spend": define(MONEY, "what they have paid so far, or how many times: 0 is a prospect"),
            **UPDATED,
            **DELETED,
        },
        key="customer_id",
        identity=("customer_id", "name", "email"),
        link=Link("customer", "customer", rank=3),
        placed_by="started_at",
        undated=True,  # a prospect has not started
        moments=("started_at",),
        always=(*UPDATED, *DELETED, "total_spend"),
        states=("active", "left", "customer", "prospect"),
    ),
    "leads": Schema(
        "leads and contacts",
        {
            "lead_id": define(ID, "the lead's id"),
            **CUSTOMER,
            "created_at": define(DATE, "when the lead came in"),
            "responded_at": define(DATE, "when somebody first answered the lead"),
            "converted_at": define(DATE, "when it became a customer or an opportunity", "leads.converted_at"),
            "is_converted": define(
                BOOL, "it has been converted", "leads.is_converted", "leads.converted_at", "leads.status"
            ),
            "status": define(CATEGORY, "lead status"),
            "source": define(CATEGORY, "lead source"),
            "channel": define(CATEGORY, "channel"),
            "campaign": define(CATEGORY, "campaign"),
            "owner": define(CATEGORY, "lead owner"),
            **UPDATED,
            **DELETED,
            "response_hours": define(
                Kind.HOURS, "hours from arrival to the first answer", "leads.created_at", "leads.responded_at"
            ),
            "wait_hours": define(
                Kind.HOURS,
                "hours from arrival to the first answer, or to as-of for those still waiting",
                "leads.created_at",
                "leads.responded_at",
            ),
            "is_responded": define(BOOL, "somebody has answered by as-of", "leads.responded_at"),
            "is_mature": define(
                BOOL, "at least `conversion_days` old at as-of", "leads.created_at", "leads.converted_at"
            ),
            "is_converted_in_window": define(
                BOOL, "converted within `conversion_days` of arriving", "leads.created_at", "leads.is_converted"
            ),
            "is_in_target": define(
                BOOL,
                "answered within the target; missing while it is too early to tell",
                "leads.created_at",
                "leads.responded_at",
                remedy="set a target, for example --set lead_response_target_hours=24",
            ),
        },
        key="lead_id",
        identity=IDENTITY,
        link=Link("lead_id", "lead_id", rank=2, onto=("deals",), attributes=("source", "campaign")),
        placed_by="created_at",
        moments=("created_at", "responded_at", "converted_at"),
        always=(*UPDATED, *DELETED),
        states=("open", "converted", "lost"),
    ),
    "deals": Schema(
        "deals, or opportunities",
        {
            "deal_id": define(ID, "the deal's id"),
            "name": define(TEXT, "the deal's name"),
            **CUSTOMER,
            "lead_id": define(ID, "the lead the deal came of"),
            "owner": define(CATEGORY, "the seller"),
            "pipeline": define(CATEGORY, "pipeline"),
            "stage": define(CATEGORY, "stage as the file writes it"),
            "is_won": define(BOOL, "the file's own flag: won"),
            "is_lost": define(BOOL, "the file's own flag: lost"),
            "is_closed": define(BOOL, "the file's own flag: closed"),
            "is_active": define(BOOL, "the file's own flag: not archived"),
            "is_archived": define(BOOL, "the file's own flag: archived"),
            "status": define(CATEGORY, "the file's own status: open, won or lost"),
            "won_at": define(DATE, "when it was won, where the file has a column of its own for it"),
            "lost_at": define(DATE, "when it was lost, where the file has a column of its own for it"),
            "amount": define(MONEY, "the deal's value", companions=("won_amount",)),
            "won_amount": define(MONEY, "what it was won for, where the file has a column of its own for it"),
            "currency": define(CATEGORY, "currency of the amount"),
            "probability": define(SHARE, "chance of winning, 0 to 1"),
            "created_at": define(DATE, "when the deal was opened"),
            "closed_at": define(DATE, "when it was won or lost", "deals.closed_at", "deals.outcome"),
            "expected_close_at": define(
                DATE, "when an open deal is expected to close", "deals.closed_at", "deals.outcome"
            ),
            "last_activity_at": define(DATE, "when somebody last called, wrote, met or noted something about it"),
            "source": define(CATEGORY, "where the deal came from"),
            "channel": define(CATEGORY, "channel"),
            "campaign": define(
                CATEGORY, "campaign; the advertising campaign's own spelling where one matches", "deals.source"
            ),
            "product": define(CATEGORY, "product"),
            "type": define(CATEGORY, "deal type"),
            "lost_reason": define(CATEGORY, "why it was lost"),
            **UPDATED,
            **DELETED,
            "outcome": define(
                CATEGORY,
                "won, lost or open",
                *(f"deals.{name}" for name in _TELLING),
            ),
            "cycle_days": define(Kind.DAYS, "days from opened to closed", "deals.created_at", "deals.closed_at"),
            "cycle_wait_days": define(
                Kind.DAYS, "days from opened to closed, or to as-of while open", "deals.created_at", "deals.closed_at"
            ),
            "is_still_open": define(BOOL, "open by the file", "deals.outcome"),
            "weighted_amount": define(
                MONEY,
                "amount × probability of an open deal",
                "deals.amount",
                "deals.probability",
                "deals.outcome",
            ),
            "compared_amount": define(
                MONEY,
                "amount; missing for lost deals that all have 0 while won ones are priced",
                "deals.amount",
                "deals.outcome",
            ),
            "is_young_open": define(
                BOOL,
                "open, and younger at as-of than the median cycle of all deals won",
                "deals.created_at",
                "deals.closed_at",
            ),
            "overdue_from": define(
                DATE,
                "from when an open deal was overdue",
                "deals.expected_close_at",
                "deals.created_at",
                "deals.closed_at",
            ),
            "is_outcome_won": define(BOOL, "won", "deals.outcome"),
            "is_outcome_lost": define(BOOL, "lost", "deals.outcome"),
            "is_lost_to_competitor": define(
                BOOL, "lost, with a reason that names a competitor", "deals.lost_reason", "deals.outcome"
            ),
            **state("deals.created_at", "deals.closed_at"),
        },
        key="deal_id",
        identity=IDENTITY,
        link=Link("deal_id", "deal_id", rank=5),
        placed_by="created_at",
        moments=("created_at", "closed_at"),
        always=(*UPDATED, *DELETED, *_TELLING),
        states=("open", "won", "lost"),
    ),
    "deal_stages": Schema(
        "the history of deals' stages",
        {
            "deal_id": define(ID, "the deal"),
            "pipeline": define(CATEGORY, "the stage's pipeline"),
            "stage": define(CATEGORY, "the stage it went to"),
            "from_stage": define(CATEGORY, "the stage it came from"),
            "field": define(CATEGORY, "what changed, where the file holds other changes too"),
            "entered_at": define(DATE, "when it went there"),
            "left_at": define(DATE, "when it left it; missing while it is there"),
            **DELETED,
        },
        called="stage histories",
        placed_by="entered_at",
        always=tuple(DELETED),
    ),
}
