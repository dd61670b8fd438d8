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
    NUMBER,
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
    "stage is_won is_lost is_closed status won_at lost_at closed_at is_active is_archived lost_reason probability"
)

# What leads become before they are customers, in this order, and the dates of it.
LEAD_STAGES = {"mql": "became_mql_at", "sql": "became_sql_at", "opportunity": "became_opportunity_at"}

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
                BOOL, "a flag, a status or a date says that they left", "status is_churned is_active ended_at"
            ),
            "is_customer": define(BOOL, "a customer by as-of, not a prospect", "started_at status is_churned"),
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
        traces=tuple(UPDATED),
        ends=("ended_at",),
        always=(*DELETED, "total_spend"),
        states=("active", "left", "customer", "prospect"),
    ),
    "leads": Schema(
        "leads and contacts",
        {
            "lead_id": define(ID, "the lead's id"),
            **CUSTOMER,
            "created_at": define(DATE, "when the lead came in"),
            "responded_at": define(DATE, "when somebody first answered the lead"),
            "became_mql_at": define(DATE, "when it became a marketing-qualified lead (MQL)"),
            "became_sql_at": define(DATE, "when it became a sales-qualified lead (SQL)"),
            "became_opportunity_at": define(DATE, "when it became an opportunity"),
            "converted_at": define(DATE, "when it became a customer or an opportunity", "converted_at"),
            "is_converted": define(BOOL, "it has been converted", "is_converted converted_at status"),
            "status": define(CATEGORY, "lead status"),
            "source": define(CATEGORY, "lead source"),
            "channel": define(CATEGORY, "channel"),
            "campaign": define(CATEGORY, "campaign"),
            "owner": define(CATEGORY, "lead owner"),
            **UPDATED,
            **DELETED,
            "response_hours": define(Kind.HOURS, "hours from arrival to the first answer", "created_at responded_at"),
            "wait_hours": define(
                Kind.HOURS,
                "hours from arrival to the first answer, or to as-of for those still waiting",
                "created_at responded_at",
            ),
            "is_responded": define(BOOL, "somebody has answered by as-of", "responded_at"),
            "is_mature": define(BOOL, "at least `conversion_days` old at as-of", "created_at converted_at"),
            "is_converted_in_window": define(
                BOOL, "converted within `conversion_days` of arriving", "created_at is_converted"
            ),
            "is_in_target": define(
                BOOL,
                "answered within the target; missing while it is too early to tell",
                "created_at responded_at",
                remedy="set a target, for example --set lead_response_target_hours=24",
            ),
            "is_old_enough": define(BOOL, "at least `conversion_days` old at as-of", "created_at"),
            "is_mql": define(BOOL, "became an MQL within `conversion_days` of arriving", "created_at became_mql_at"),
            "is_sql": define(BOOL, "became an SQL within `conversion_days` of arriving", "created_at became_sql_at"),
            "is_opportunity": define(
                BOOL, "became an opportunity within `conversion_days` of arriving", "created_at became_opportunity_at"
            ),
            "is_sql_of_mql": define(
                BOOL,
                "an MQL that became an SQL; missing for leads that are no MQL",
                "created_at became_mql_at became_sql_at",
            ),
            "is_opportunity_of_sql": define(
                BOOL,
                "an SQL that became an opportunity; missing for leads that are no SQL",
                "created_at became_sql_at became_opportunity_at",
            ),
        },
        key="lead_id",
        identity=IDENTITY,
        link=Link("lead_id", "lead_id", rank=2, onto=("deals",), attributes=("source", "campaign")),
        placed_by="created_at",
        moments=("created_at", "responded_at", *LEAD_STAGES.values(), "converted_at"),
        traces=tuple(UPDATED),
        always=tuple(DELETED),
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
            "closed_at": define(DATE, "when it was won or lost", "closed_at outcome"),
            "expected_close_at": define(DATE, "when an open deal is expected to close", "closed_at outcome"),
            "last_activity_at": define(DATE, "when somebody last called, wrote, met or noted something about it"),
            "activities": define(NUMBER, "calls, meetings and the like that were recorded for it"),
            "source": define(CATEGORY, "where the deal came from"),
            "channel": define(CATEGORY, "channel"),
            "campaign": define(
                CATEGORY, "campaign; the advertising campaign's own spelling where one matches", "source"
            ),
            "product": define(CATEGORY, "product"),
            "type": define(CATEGORY, "deal type"),
            "lost_reason": define(CATEGORY, "why it was lost"),
            **UPDATED,
            **DELETED,
            "outcome": define(CATEGORY, "won, lost or open", _TELLING),
            "cycle_days": define(Kind.DAYS, "days from opened to closed", "created_at closed_at"),
            "cycle_wait_days": define(
                Kind.DAYS, "days from opened to closed, or to as-of while open", "created_at closed_at"
            ),
            "is_still_open": define(BOOL, "open by the file, whatever it was at as-of", "outcome"),
            "weighted_amount": define(MONEY, "amount × probability of an open deal", "amount probability outcome"),
            "compared_amount": define(
                MONEY, "amount; missing for lost deals that all have 0 while won ones are priced", "amount outcome"
            ),
            "is_young_open": define(
                BOOL, "open, and younger at as-of than the median cycle of all deals won", "created_at closed_at"
            ),
            "overdue_from": define(
                DATE, "from when an open deal was overdue", "expected_close_at created_at closed_at"
            ),
            "is_outcome_won": define(BOOL, "won", "outcome"),
            "is_outcome_lost": define(BOOL, "lost", "outcome"),
            "is_renewal": define(BOOL, "its type says that it renews a contract", "type"),
            "is_lost_to_competitor": define(BOOL, "lost, with a reason that names a competitor", "lost_reason outcome"),
            **state("created_at closed_at"),
        },
        key="deal_id",
        identity=IDENTITY,
        link=Link("deal_id", "deal_id", rank=5),
        placed_by="created_at",
        moments=("created_at", "closed_at"),
        traces=(*UPDATED, "last_activity_at"),
        always=(*DELETED, *_TELLING.split()),
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
        traces=("entered_at", "left_at"),
        always=tuple(DELETED),
    ),
}
