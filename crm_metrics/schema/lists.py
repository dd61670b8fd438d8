"""The lists that add attributes to other tables' rows: sellers and products."""

from crm_metrics.schema.columns import CATEGORY, DATE, MONEY, NUMBER, Link, Schema, define

RATES = "rates"

LISTS: dict[str, Schema] = {
    "owners": Schema(
        "sellers or agents with their team and region",
        {
            "owner": define(CATEGORY, "name or id as other files write it"),
            "team": define(CATEGORY, "team"),
            "region": define(CATEGORY, "region"),
            "manager": define(CATEGORY, "manager"),
        },
        called="sellers' attributes",
        link=Link("owner", "owner", rank=1),
        always=("owner",),
    ),
    RATES: Schema(
        "exchange rates, which the settings name",
        {
            "valid_at": define(DATE, "the day from which the rate holds"),
            "base": define(CATEGORY, "the currency of which one unit is worth so much"),
            "quote": define(CATEGORY, "the currency it is worth so much of"),
            "rate": define(NUMBER, "how much one unit is worth"),
        },
        called="exchange rates",
    ),
    "products": Schema(
        "the product list",
        {
            "product": define(CATEGORY, "product as other files write it"),
            "category": define(CATEGORY, "category or series"),
            "price": define(MONEY, "list price"),
        },
        link=Link("product", "product", rank=4),
        always=("product",),
    ),
}
