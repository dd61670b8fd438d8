"""Purchases, products and recurring revenue."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .family import Family
from .figures import (
    Figure,
    NotCoveredError,
    Number,
    UnavailableError,
    divide,
    mean,
    minus,
    number,
    plus,
    times,
    total,
)
from .rows import Purchase, clean


def known(amounts: Iterable[Fraction | None]) -> Fraction:
    """The sum of amounts all of which have to be known."""
    given = list(amounts)
    if any(amount is None for amount in given):
        raise UnavailableError("missing-values")
    return sum((amount or Fraction(0) for amount in given), Fraction(0))


class Revenue(Family):
    """Purchases, products and recurring revenue."""

    def bought(self, *, amount: bool = False, customer: bool = False) -> list[Purchase]:
        """Purchases and refunds of the period."""
        found = self.world.purchases()
        self.world.need_purchases(amount=amount, customer=customer)
        return found

    def revenue(self) -> Number:
        return total([item.amount for item in self.bought(amount=True)])

    def refunds(self) -> Number:
        return total([item.amount for item in self.bought(amount=True) if item.is_refund])

    def refund_rate(self) -> Figure:
        """Of what was sold, what was given back; unknown where the orders have no place for it and show none."""
        items = self.bought(amount=True)
        world = self.world
        said = world.has("orders", "refunded_amount") if world.purchase_table() == "orders" else False
        if not said and not any(item.is_refund for item in world.all_purchases()):
            raise UnavailableError("missing-column")
        sold = Figure(total([item.amount for item in items if not item.is_refund]))
        back = total([-item.amount if item.is_refund and item.amount is not None else Fraction(0) for item in items])
        return divide(Figure(back), sold)

    def revenue_of_customers(self) -> Number:
        return total([item.amount for item in self.bought(amount=True, customer=True) if item.customer is not None])

    def revenue_without_customer(self) -> Number:
        return total([item.amount for item in self.bought(amount=True, customer=True) if item.customer is None])

    def buyers(self) -> list[str]:
        """The customer of each purchase of the period."""
        return [p.customer for p in self.bought(customer=True) if p.customer is not None and not p.is_refund]

    def active_customers(self) -> Number:
        return Fraction(len(set(self.buyers())))

    def orders(self) -> Number:
        return Fraction(sum(1 for item in self.bought() if not item.is_refund))

    def arpu(self) -> Figure:
        return self.ratio("revenue_of_customers", "active_customers")

    def arpa(self) -> Figure:
        both = plus(self.figure("customers_at_start"), self.figure("customers_at_end"))
        revenue = self.figure("revenue")
        if revenue.reason == "missing-column" and "subscriptions" in self.world.tables:
            return self.ratio("mrr", "customers_at_end")
        return divide(revenue, divide(both, Figure(Fraction(2))))

    def average_order_value(self) -> Figure:
        amounts = [item.amount for item in self.bought(amount=True) if not item.is_refund]
        priced = [amount for amount in amounts if amount is not None]
        if amounts and not priced:
            raise UnavailableError("missing-values")
        return divide(Figure(total(amounts)), Figure(Fraction(len(priced))))

    def orders_of_customers(self) -> Number:
        return Fraction(len(self.buyers()))

    def orders_per_customer(self) -> Figure:
        return self.ratio("orders_of_customers", "active_customers")

    def repeat_customers(self) -> Number:
        buyers = self.buyers()
        return Fraction(sum(1 for customer in set(buyers) if buyers.count(customer) >= 2))

    def repeat_purchase_rate(self) -> Figure:
        return self.ratio("repeat_customers", "active_customers")

    def returning_customers(self) -> Number:
        """Buyers of the period with two purchases up to its end."""
        returning = 0
        for customer in set(self.buyers()):
            until = [
                item for item in self.world.bought_by(customer) if item.at is not None and item.at < self.world.cut
            ]
            if len(until) >= 2:
                returning += 1
        return Fraction(returning)

    def returning_customer_rate(self) -> Figure:
        return self.ratio("returning_customers", "active_customers")

    def clv_historical(self) -> Figure:
        """The mean, over all who ever bought, of what each has brought. Refunds of others are not theirs."""
        until = self.world.purchases(until_end=True)
        self.world.need_purchases(amount=True, customer=True)
        customers = {item.customer for item in until if item.customer is not None and not item.is_refund}
        brought = total([item.amount for item in until if item.customer in customers])
        return divide(times(Figure(brought), self.gross_margin()), Figure(Fraction(len(customers))))

    def sold_lines(self) -> list[tuple[str | None, Fraction | None, Fraction, str | None, bool]]:
        """Lines of the period: product, amount, units, customer, refund."""
        world = self.world
        found = []
        if "order_lines" in world.tables:
            world.need("orders.order_id", "order_lines.order_id", "order_lines.product")
            purchases = {
                item.row["order_id"]: item for item in world.purchases() if item.row.get("order_id") is not None
            }
            for line in world.tables["order_lines"]:
                item = purchases.get(line.get("order_id"))
                if item is None:
                    continue
                units = number(line.get("quantity"))
                units = Fraction(1) if units is None else units
                amount, price = number(line.get("amount")), number(line.get("unit_price"))
                if not world.has("order_lines", "amount") and price is not None:
                    amount = price * units
                back = amount is not None and amount < 0
                found.append((clean(line.get("product")), amount, units, item.customer, back))
            return found
        world.need(f"{world.purchase_table()}.product")
        for item in world.purchases():
            if item.is_refund and (number(item.row.get("amount")) or 0) >= 0:
                continue  # what an order says was given back is of no line
            units = number(item.row.get("quantity"))
            product = clean(item.row.get("product"))
            found.append((product, item.amount, Fraction(1) if units is None else units, item.customer, item.is_refund))
        return found

    def need_line_amounts(self) -> None:
        if "order_lines" in self.world.tables:
            self.world.need_some("order_lines", "amount", "unit_price")
        else:
            self.world.need_purchases(amount=True)

    def product_revenue(self) -> Number:
        lines = self.sold_lines()
        self.need_line_amounts()
        return total([amount for product, amount, *_ in lines if product == self.per_value])

    def revenue_of_products(self) -> Number:
        lines = self.sold_lines()
        self.need_line_amounts()
        return total([amount for _, amount, *_ in lines])

    def product_share(self) -> Figure:
        return self.ratio("product_revenue", "revenue_of_products")

    def product_units(self) -> Number:
        return total(
            [units for product, _, units, _, back in self.sold_lines() if product == self.per_value and not back]
        )

    def product_buyers(self) -> Number:
        lines = self.sold_lines()
        self.world.need_purchases(customer=True)
        return Fraction(
            len({who for product, _, _, who, back in lines if product == self.per_value and not back} - {None})
        )

    def levels(self, at_end: bool, *, of_any_plan: bool = False) -> dict[str, Fraction | None]:
        """Each customer's recurring revenue just before the start or the end of the period, None where it is not known."""
        world = self.world
        edge = world.cut if at_end else world.start
        everything = world.recurring()
        there = [item for item in everything if item.before(edge)]
        if world.by_plan() and not of_any_plan:
            there = [item for item in there if world.plan(item.row) == world.wanted()]
        return {
            who: world.level([item for item in there if item.customer == who])
            for who in {item.customer for item in everything}
        }

    def opening(self) -> dict[str, Fraction | None]:
        levels = self.levels(at_end=False)
        self.world.need_subscription_ends()
        self.world.need_start()
        return {customer: level for customer, level in levels.items() if level != 0}

    def mrr(self) -> Number:
        levels = self.levels(at_end=True)
        self.world.need_subscription_ends()
        return known(levels.values())

    def arr(self) -> Figure:
        return times(Figure(Fraction(12)), self.figure("mrr"))

    def mrr_per_account(self) -> Figure:
        return self.ratio("mrr", "customers_at_end")

    def average_contract_value(self) -> Number:
        """What a subscription that is paid for brings a year; a free one is no contract."""
        items = self.world.recurring()
        self.world.need_subscription_ends()
        there = [item for item in items if item.before(self.world.cut) and item.mrr != 0]
        if self.world.by_plan():
            there = [item for item in there if self.world.plan(item.row) == self.world.wanted()]
        if any(item.mrr is None or item.mrr < 0 for item in there):
            raise UnavailableError("missing-values")
        return mean([12 * item.mrr for item in there if item.mrr is not None])

    def mrr_at_start(self) -> Number:
        return known(self.opening().values())

    def kept(self) -> list[tuple[Fraction, Fraction]]:
        """What each customer of the start paid then, and pays at the end."""
        opening = self.opening()
        closing = self.levels(at_end=True, of_any_plan=True)
        if self.world.by_plan():
            whole = self.levels(at_end=False, of_any_plan=True)
            if any(whole[customer] != level for customer, level in opening.items()):
                raise NotCoveredError("several plans at a time")
        return [(known([level]), known([closing[customer]])) for customer, level in opening.items()]

    def mrr_kept(self) -> Number:
        return sum((after for _, after in self.kept()), Fraction(0))

    def mrr_kept_capped(self) -> Number:
        return sum((min(pair) for pair in self.kept()), Fraction(0))

    def nrr(self) -> Figure:
        return self.ratio("mrr_kept", "mrr_at_start")

    def grr(self) -> Figure:
        return self.ratio("mrr_kept_capped", "mrr_at_start")

    def revenue_churn_rate(self) -> Figure:
        return minus(Figure(Fraction(1)), self.figure("grr"))

    def moved(self, kind: str) -> Fraction:
        found = self.world.movements()
        if kind != "new":
            self.world.need_subscription_ends()
        return known(item.size for item in found if item.kind == kind)

    def new_mrr(self) -> Number:
        self.world.need_subscription_ends()
        return self.moved("new")

    def expansion_mrr(self) -> Number:
        return self.moved("expansion")

    def contraction_mrr(self) -> Number:
        return self.moved("contraction")

    def churned_mrr(self) -> Number:
        return self.moved("churn")

    def reactivation_mrr(self) -> Number:
        return self.moved("reactivation")

    def net_new_mrr(self) -> Figure:
        change = plus(plus(self.figure("new_mrr"), self.figure("reactivation_mrr")), self.figure("expansion_mrr"))
        return minus(minus(change, self.figure("contraction_mrr")), self.figure("churned_mrr"))

    def mrr_growth_rate(self) -> Figure:
        return divide(minus(self.figure("mrr"), self.figure("mrr_at_start")), self.figure("mrr_at_start"))

    def net_mrr_churn_rate(self) -> Figure:
        """What the customers who were there lost, less what they gained: all movements but new ones."""
        lost = minus(self.figure("new_mrr"), self.figure("net_new_mrr"))
        return divide(lost, self.figure("mrr_at_start"))

    def transferred_mrr(self) -> Figure:
        """What the movements of a group leave of the change from its start to its end; in all there is none."""
        if not self.world.by_plan():
            self.moved("transfer")
            return Figure(Fraction(0))
        change = minus(self.figure("mrr"), self.figure("mrr_at_start"))
        for name in ("new_mrr", "reactivation_mrr", "expansion_mrr"):
            change = minus(change, self.figure(name))
        change = plus(change, plus(self.figure("contraction_mrr"), self.figure("churned_mrr")))
        if change.value is None:
            raise NotCoveredError("what is missing may be no transfer")
        return change

    def quick_ratio(self) -> Figure:
        gained = plus(plus(self.figure("new_mrr"), self.figure("reactivation_mrr")), self.figure("expansion_mrr"))
        return divide(gained, plus(self.figure("contraction_mrr"), self.figure("churned_mrr")))
