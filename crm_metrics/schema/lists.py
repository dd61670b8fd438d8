"""The lists that add attributes to other tables' rows: sellers and products."""

from crm_metrics.schema.columns import CATEGORY, MONEY, Schema, define

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
    ),
    "products": Schema(
        "the product list",
        {
            "product": define(CATEGORY, "product as other files write it"),
            "category": define(CATEGORY, "category or series"),
            "price": define(MONEY, "list price"),
        },
    ),
}
