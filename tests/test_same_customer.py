"""Who is the same customer: ids decide within their space; across spaces addresses and names, where they are unique."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import api
from tests.cli.running import crm_metrics
from tests.conftest import TODAY

ORDERS = "Order ID,{},Order date,Amount"
STRIPE = "id,Name,Email,Created (UTC),Delinquent"


def loaded(folder: Path, files: dict[str, str], by: tuple[str, ...] = ()) -> Any:
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return api.load([str(folder / name) for name in files], api.query(by=by), today=TODAY)


def orders(columns: str, *rows: str) -> str:
    return ORDERS.format(columns) + "".join(f"\n{n},{row},2025-03-{n:02},10" for n, row in enumerate(rows, 1))


def plans(columns: str, *rows: str) -> str:
    head = f"Subscription ID,{columns},Start date,MRR"
    return head + "".join(f"\n{n},{row},2025-03-{n:02},10" for n, row in enumerate(rows, 1))


def of(found: Any, table: str) -> list[str | None]:
    frame = found.tables[table].frame.sort_values("_row")
    return frame["customer"].astype(object).where(frame["customer"].notna(), None).tolist()


def test_two_ids_are_two_customers_though_name_and_address_are_equal(tmp_path: Path) -> None:
    rows = ("C-1,Maria Garcia,m@x.com", "C-2,Maria Garcia,m@x.com", "C-2,maria  garcia,")
    found = loaded(tmp_path, {"o.csv": orders("Customer ID,Customer name,Customer email", *rows)})

    assert of(found, "orders") == ["C-1", "C-2", "C-2"]


def test_two_ids_of_one_vendor_are_two_customers_in_all_of_its_files(tmp_path: Path) -> None:
    files = {
        "companies.csv": "Record ID,Company name,Company owner,Industry\n11,Acme,Ann,Steel\n12,Acme,Ann,Wood",
        "deals.csv": "Record ID,Deal Name,Deal Stage,Amount,Close Date,Associated Company IDs,Associated Company\n"
        "1,A,Closed Won,5,2025-03-01,11,Acme\n2,B,Closed Won,6,2025-03-02,12,Acme",
    }

    assert of(loaded(tmp_path, files), "deals") == ["11", "12"]


def test_check_lists_equal_names_with_different_ids(tmp_path: Path) -> None:
    rows = ("C-1,Maria Garcia", "C-2,Maria García", "C-3,MARIA GARCIA", "C-4,Li Wei")
    (tmp_path / "o.csv").write_text(orders("Customer ID,Customer name", *rows), encoding="utf-8")
    said = crm_metrics("check", str(tmp_path / "o.csv"), "--no-config").out

    assert "duplicate-name" in said or "same name" in said
    assert "Garcia" in said
    assert "Li Wei" not in said


# (the files, the customers of the orders, the customers of the subscriptions)
LINKED: dict[str, tuple[dict[str, str], list[str | None], list[str | None]]] = {
    "one id header": (
        {"o.csv": orders("Customer ID", "7", "8"), "s.csv": plans("customer_id", "7", "9")},
        ["7", "8"],
        ["7", "9"],
    ),
    "two id headers are two spaces": (
        {"o.csv": orders("Customer ID", "7", "8"), "s.csv": plans("Company ID", "7", "9")},
        ["7 (generic customer id)", "8"],
        ["7", "9"],
    ),
    "ids that mostly stand in one list": (
        {
            "c.csv": "Customer ID,Customer name,Start date\n7,Acme,2025-01-01\n8,Birch,2025-01-01",
            "o.csv": orders("Company ID", "7", "8", "7"),
            "s.csv": plans("Customer ID", "7", "9"),
        },
        ["7", "8", "7"],
        ["7", "9"],
    ),
    "an address across spaces": (
        {
            "o.csv": orders("Customer ID,Customer email", "7,Ann@x.com", "8,bob@y.com"),
            "s.csv": plans("Company ID,Email", "a,ann@X.com", "b,zoe@z.com"),
        },
        ["7", "8"],
        ["7", "b"],
    ),
    "a name across spaces": (
        {
            "o.csv": orders("Customer ID,Customer name", "7,Acme Ltd", "8,Birch"),
            "s.csv": plans("Company ID,Company name", "a,ACME  ltd", "b,Cedar"),
        },
        ["7", "8"],
        ["7", "b"],
    ),
    "a name that is not unique on one side": (
        {
            "o.csv": orders("Customer ID,Customer name", "7,Maria Garcia", "8,Maria Garcia"),
            "s.csv": plans("Company ID,Company name", "a,Maria Garcia", "b,Cedar"),
        },
        ["7", "8"],
        ["a", "b"],
    ),
    "a record without an id, by its address": (
        {
            "o.csv": orders("Customer ID,Customer email", "7,ann@x.com", ",ANN@x.com", ",zoe@z.com"),
            "s.csv": plans("Email", "ann@x.com"),
        },
        ["7", "7", "zoe@z.com"],
        ["7"],
    ),
    "a record without an id, by a name that two ids have": (
        {
            "o.csv": orders("Customer ID,Customer name", "7,Ann", "8,Ann", "9,Bob"),
            "s.csv": plans("Company name", "Ann", "bob"),
        },
        ["7", "8", "9"],
        ["Ann", "9"],
    ),
    "names alone": (
        {"o.csv": orders("Customer", "Acme", "Birch"), "s.csv": plans("Company", "acme", "Cedar")},
        ["Acme", "Birch"],
        ["Acme", "Cedar"],
    ),
    "names and ids in one column beside a list": (
        {
            "c.csv": "Customer ID,Customer name,Start date\n7,Acme,2025-01-01\n8,Birch,2025-01-01",
            "o.csv": orders("Customer", "7", "birch", "Cedar"),
            "s.csv": plans("Company", "ACME"),
        },
        ["7", "8", "Cedar"],
        ["7"],
    ),
    "two persons of one name with addresses elsewhere": (
        {
            "o.csv": orders("Customer ID,Customer name,Customer email", "7,Maria Garcia,mg@x.com"),
            "s.csv": plans("Company ID,Company name,Email", "a,Maria Garcia,maria@y.org"),
        },
        ["7"],
        ["a"],
    ),
    "one company with two addresses": (
        {
            "o.csv": orders("Customer ID,Customer name,Customer email", "7,Acme,billing@acme.com"),
            "s.csv": plans("Company ID,Company name,Email", "a,Acme,joe@acme.com"),
        },
        ["7"],
        ["7"],
    ),
}


@pytest.mark.parametrize("case", LINKED)
def test_customers_of_several_files_are_told(tmp_path: Path, case: str) -> None:
    files, in_orders, in_plans = LINKED[case]
    for order in permutations(files):
        found = loaded(tmp_path, {name: files[name] for name in order})

        assert of(found, "orders") == in_orders
        assert of(found, "subscriptions") == in_plans


def test_two_ids_are_not_joined_by_a_third_file(tmp_path: Path) -> None:
    files = {
        "o.csv": orders("Customer ID,Customer name,Customer email", "7,Ann,a@x.com", "8,Bob,b@x.com"),
        "s.csv": plans("Company ID,Company name,Email", "t1,Bob,a@x.com"),
    }
    found = loaded(tmp_path, files)

    assert of(found, "orders") == ["7", "8"]
    assert of(found, "subscriptions") == ["7"]


def test_a_customer_in_the_lists_of_two_systems_counts_once(tmp_path: Path) -> None:
    files = {
        "stripe.csv": f"{STRIPE}\ncus_1,Acme,billing@acme.com,2025-01-02,false\ncus_2,Birch,b@birch.com,2025-01-03,false",
        "own.csv": "Customer ID,Name,Email,Start date,Segment\n7,Acme,billing@acme.com,2025-02-02,SMB",
    }
    found = loaded(tmp_path, files, ("segment",))
    (gone,) = [source for source in found.sources if source.left_out]

    assert len(found.tables["customers"].frame) == 2
    assert dict(gone.left_out) == {"same-customer": 1}
    assert "SMB" in set(found.tables["customers"].frame["segment"])
