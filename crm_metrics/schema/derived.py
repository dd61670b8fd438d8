"""The tables whose rows are made from those of other tables when facts are derived, and what they are made from."""

from crm_metrics.schema.columns import BOOL, CATEGORY, DATE, ID, MONEY, NUMBER, Kind, Schema, define, made_from

_STAGE_ENTRIES = {
    "deal_id": define(ID, "the deal"),
    "stage": define(CATEGORY, "the stage"),
    "entered_at": define(DATE, "when the deal entered it for the first time"),
    "days": define(Kind.DAYS, "days spent in it, all visits together, up to as-of for a deal that is there"),
    "is_current": define(BOOL, "the deal is there at as-of"),
    "is_left": define(BOOL, "it is not there any more"),
    "is_gone_on": define(BOOL, "by as-of it has entered a later stage, or was won"),
    "is_lost_here": define(BOOL, "it was lost, and this was the furthest stage it reached"),
    "is_waiting": define(BOOL, "it is open, and has not gone on"),
    "became_at": define(DATE, "when it went on or was lost there, as far as that is known"),
}

DERIVED: dict[str, Schema] = {
    "spells": Schema(
        "one row per unbroken time as a customer, with the same attributes where figures are asked by some",
        {
            "customer": define(ID, "the customer"),
            "started_at": define(DATE, "when it began"),
            "ended_at": define(
                DATE, "when it ended; missing while it lasts; absent when no source says when customers leave"
            ),
            "ordinal": define(NUMBER, "1 for the customer's first spell"),
            "spell": define(
                NUMBER, "the spell's number: it has several rows where an attribute asked for changes in it"
            ),
            "is_beginning": define(BOOL, "the row with which a spell begins"),
            "is_involuntary": define(
                BOOL, "it ended because a payment failed, not by choice; missing where no reason is given"
            ),
        },
        bases=("subscriptions", "customers", "orders", "deals"),
        called="times as a customer",
    ),
    "purchases": Schema(
        "orders where there are orders, won deals otherwise",
        {
            "customer": define(ID, "the buyer; missing for an order without one"),
            "order_id": define(ID, "the order's or deal's id"),
            "purchased_at": define(DATE, "when it was bought"),
            "amount": define(MONEY, "what was charged; negative for a refund"),
            "currency": define(CATEGORY, "currency"),
            "ordinal": define(NUMBER, "1 for the customer's first purchase; missing for a refund"),
            "is_refund": define(BOOL, "money given back: in revenue, in no count"),
            "has_customer": define(BOOL, "the buyer is known"),
            "given_back": define(MONEY, "what was given back, 0 for a sale, in a file that says so of any"),
            "counted_from": define(
                DATE, "from when it counts in the buyer's value: its date, or their first purchase if that is later"
            ),
        },
        bases=("orders", "deals"),
    ),
    "predictions": Schema(
        "one row per customer who ever bought and end of a period: what the model of purchases expects",
        {
            "customer": define(ID, "the customer"),
            "predicted_at": define(DATE, "the end of the period"),
            "predicted_until": define(DATE, "the same end: the row is there at no other"),
            "value": define(MONEY, "what the customer is expected to bring in the time ahead, in today's money"),
            "currency": define(CATEGORY, "currency"),
        },
        bases=("orders", "deals"),
        called="predicted values",
    ),
    "sold_lines": Schema(
        "one row per product of a purchase",
        {
            "customer": define(ID, "the buyer"),
            "order_id": define(ID, "the order's or deal's id"),
            "purchased_at": define(DATE, "when it was bought"),
            "product": define(CATEGORY, "product"),
            "quantity": define(NUMBER, "units"),
            "amount": define(MONEY, "the line's amount"),
            "is_refund": define(BOOL, "a line of money given back: in revenue, in no count"),
            "currency": define(CATEGORY, "currency"),
        },
        bases=("order_lines", "orders", "deals"),
        called="products sold",
    ),
    "recurring": Schema(
        "one row per stretch of time in which a customer's recurring revenue stayed the same",
        {
            "customer": define(ID, "the customer"),
            "started_at": define(DATE, "from when"),
            "ended_at": define(DATE, "until when; missing while it lasts"),
            "mrr": define(MONEY, "the customer's recurring revenue a month, all subscriptions together"),
            "is_known": define(BOOL, "nothing of it is missing"),
            "currency": define(CATEGORY, "currency"),
        },
        bases=("subscriptions",),
        called="recurring revenue",
    ),
    "movements": Schema(
        "one row per change of a customer's recurring revenue",
        {
            "customer": define(ID, "the customer"),
            "moved_at": define(DATE, "when it changed"),
            "kind": define(CATEGORY, "new, expansion, contraction, churn, reactivation, or transfer between groups"),
            "amount": define(MONEY, "the size of the change, positive but for transfers"),
            "is_known": define(BOOL, "its size is known"),
            "currency": define(CATEGORY, "currency"),
        },
        bases=("subscriptions",),
        called="movements of recurring revenue",
    ),
    "contracts": Schema(
        "one row per subscription that is paid for, free plans left out",
        {
            "customer": define(ID, "the customer"),
            "started_at": define(DATE, "from when"),
            "ended_at": define(DATE, "until when; missing while it lasts"),
            "value": define(MONEY, "what it brings a year"),
            "is_known": define(BOOL, "what it brings is known"),
            "currency": define(CATEGORY, "currency"),
        },
        bases=("subscriptions",),
        called="paid subscriptions",
    ),
    "lead_counts": Schema(
        "leads, or without a leads file the leads that the spend file reports",
        {
            "counted_at": define(DATE, "when the lead came in, or the day of the spend"),
            "leads": define(NUMBER, "1 for a lead; as many as the spend file says"),
        },
        bases=("leads", "spend"),
        called="leads",
    ),
    "stage_entries": Schema(
        "one row per deal and stage it reached, at its first entry",
        _STAGE_ENTRIES,
        bases=("deals", "deal_stages"),
        called="stages that deals reached",
    ),
    "stage_visits": Schema(
        "the same without the stages that end a deal: those it can go on from",
        _STAGE_ENTRIES,
        bases=("deals", "deal_stages"),
        called="stages that deals went through",
    ),
    "stage_snapshot": Schema(
        "the deals that are open at as-of, in the stage they are in now",
        {
            "deal_id": define(ID, "the deal"),
            "seen_at": define(DATE, "as-of"),
            "stage": define(CATEGORY, "its stage now"),
        },
        bases=("deals",),
        called="stages of open deals",
    ),
    "first_responses": Schema(
        "one row per answered ticket, or per answered lead when no tickets are given",
        {
            "created_at": define(DATE, "when the ticket or lead came in"),
            "minutes": define(Kind.MINUTES, "minutes to the first answer"),
        },
        bases=("tickets", "leads"),
        called="first answers",
    ),
    "ratings": Schema(
        "satisfaction: survey answers where there are some, else the ratings of tickets",
        {
            "rated_at": define(DATE, "survey: when answered; ticket: when created"),
            "is_satisfied": define(BOOL, "in the top of its scale"),
            "score": define(NUMBER, "the score on its own scale"),
            "scale": define(CATEGORY, "the scale"),
        },
        bases=("responses", "tickets"),
        called="satisfaction ratings",
    ),
}

# Which orders count at all, and which stand in another file too.
_VALID = "amount customer type status cancelled_at is_captured paid_invoice_id ordered_at"
_PAID = (
    "customer started_at ended_at canceled_at trial_ends_at status is_trial "
    "mrr amount unit_amount interval interval_count quantity currency"
)
_BOUGHT = "customer closed_at amount currency outcome"
# What each derived table's own columns are made from; every other column of it is its bases' column of that name.
NEEDS: dict[str, tuple[str, ...]] = {
    "spells": made_from(
        subscriptions=f"{_PAID} cancel_reason",
        customers="started_at ended_at",
        orders=_VALID,
        deals="customer closed_at",
    ),
    "purchases": made_from(
        orders=f"refunded_amount refunded_at original_id currency product {_VALID}",
        deals=_BOUGHT,
    ),
    "sold_lines": made_from(
        order_lines="order_id product quantity amount unit_price currency",
        orders=f"currency product quantity line_price line_discount {_VALID}",
        deals=f"{_BOUGHT} product",
    ),
    "recurring": made_from(subscriptions=f"{_PAID} plan"),
    "stage_entries": made_from(
        deal_stages="deal_id pipeline stage from_stage entered_at left_at",
        deals="deal_id pipeline stage outcome closed_at",
    ),
    "stage_snapshot": made_from(deals="outcome stage created_at"),
    "lead_counts": made_from(leads="created_at", spend="spent_at leads"),
    "first_responses": made_from(tickets="response_minutes", leads="response_hours"),
    "ratings": made_from(responses="score kind scale responded_at", tickets="created_at satisfaction"),
}
NEEDS["movements"] = NEEDS["contracts"] = NEEDS["recurring"]
NEEDS["stage_visits"] = NEEDS["stage_entries"]
NEEDS["predictions"] = NEEDS["purchases"]
