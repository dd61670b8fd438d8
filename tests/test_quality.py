"""Every check finds what it is there for, in the rows where it is, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.analysis import quality
from crm_metrics.analysis.quality.check import marked_checks
from crm_metrics.errors import NothingToReport
from crm_metrics.metrics import catalog
from crm_metrics.settings import Settings, validated
from tests.conftest import shared

TODAY = date(2026, 11, 1)
SAMPLE = Path(__file__).parents[1] / "sample_data"
DEALS = "deal id,stage,amount,created at,close date"
CUSTOMERS = "customer id,name,email,status"
REPLIED = "ticket id,created at,first response at,first response minutes"
TICKETS = "ticket id,created at,first response at,solved at,status"
ORDERS = "order id,customer,order date,amount"
STRIPE = "id,Customer ID,Plan,Interval,Amount,Status,Created (UTC),Start (UTC),Canceled At (UTC),Ended At (UTC)"
ACTIVE = "s1,c1,P,month,5,active,2025-01-01,2025-01-01,,"
SALESFORCE = "Id,IsConverted,ConvertedDate,Status,CreatedDate,OwnerId"
# The check, files in which it finds something and the rows of it, files of the same kind in which it finds nothing.
Files = Mapping[str, str]
CASES: dict[str, tuple[Files, list[int], Files]] = {
    "won-without-date": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,5,2025-01-01,\n3,Lost,5,2025-01-01,"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Proposal,5,2025-01-01,"},
    ),
    "lost-without-date": (
        {"deals": f"{DEALS}\n1,Lost,5,2025-01-01,\n2,Won,5,2025-01-01,"},
        [2],
        {"deals": f"{DEALS}\n1,Lost,5,2025-01-01,2025-02-01\n2,Won,5,2025-01-01,"},
    ),
    "won-without-amount": (
        {"deals": f"{DEALS}\n1,Won,,2025-01-01,2025-02-01\n2,Lost,,2025-01-01,2025-02-01"},
        [2],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Lost,,2025-01-01,2025-02-01"},
    ),
    "row-without-date": (
        {"leads": "lead id,created at,owner\n1,2025-01-01,Ann\n2,,Ann"},
        [3],
        {"leads": "lead id,created at,owner\n1,2025-01-01,Ann\n2,2025-01-02,Ann"},
    ),
    "without-owner": (
        {"leads": "lead id,created at,owner\n1,2025-01-01,Ann\n2,2025-01-01,-"},
        [3],
        {"leads": "lead id,created at,owner\n1,2025-01-01,Ann\n2,2025-01-02,Ann"},
    ),
    "without-customer": (
        {"orders": f"{ORDERS}\n1,Acme,2025-01-01,5\n2,,2025-01-02,6"},
        [3],
        {"orders": f"{ORDERS}\n1,Acme,2025-01-01,5\n2,Acme,2025-01-02,6"},
    ),
    "without-currency": (
        {"orders": f"{ORDERS},currency\n1,Acme,2025-01-01,5,EUR\n2,Acme,2025-01-02,6,"},
        [3],
        {"orders": f"{ORDERS},currency\n1,Acme,2025-01-01,5,\n2,Acme,2025-01-02,6,"},
    ),
    "lost-without-reason": (
        {"deals": "deal id,stage,lost reason\n1,Lost,\n2,Lost,price\n3,Won,"},
        [2],
        {"deals": "deal id,stage,lost reason\n2,Lost,price\n3,Won,"},
    ),
    "solved-without-date": (
        {"tickets": f"{TICKETS}\n1,2025-01-01,2025-01-02,,Solved\n2,2025-01-01,2025-01-02,,Open"},
        [2],
        {"tickets": f"{TICKETS}\n1,2025-01-01,2025-01-02,2025-01-03,Solved\n2,2025-01-01,2025-01-02,,Open"},
    ),
    "converted-without-date": (
        {"leads": "lead id,created at,is converted,converted at\n1,2025-01-01,yes,\n2,2025-01-01,no,"},
        [2],
        {"leads": "lead id,created at,is converted,converted at\n1,2025-01-01,yes,2025-01-02\n2,2025-01-01,no,"},
    ),
    "unreadable-cell": (
        {"deals": f"{DEALS}\n1,Won,five,2025-01-01,2025-02-01\n2,Won,5,soon,2025-02-01"},
        [2, 3],
        {"deals": f"{DEALS}\n1,Won,n/a,2025-01-01,2025-02-01\n2,Won,5,2025-01-01,-"},
    ),
    "unreadable-row": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,a,b,c,d,e,f\n3,Won,5,2025-01-01,2025-02-01"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n3,Won,5,2025-01-01,2025-02-01"},
    ),
    "short-row": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,7"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,7,,"},
    ),
    "unrecognised-file": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "odd": "x,y\n1,2"},
        [],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01"},
    ),
    "close-second": (
        {
            "people": "Ticket ID,Lead ID,Created At,Status,Owner,Campaign,Updated At,Company,Email,Channel\n"
            "T1,L1,2025-01-01,New,Ann,Fair,2025-01-02,Acme,a@example.com,Web"
        },
        [],
        {"people": "Lead ID,Created At,Status,Owner,Campaign\nL1,2025-01-01,New,Ann,Fair"},
    ),
    "amount-not-positive": (
        {"deals": f"{DEALS}\n1,Won,0,2025-01-01,2025-02-01\n2,Won,-4,2025-01-01,2025-02-01\n3,Lost,0,2025-01-01,2025-02-01"},
        [2, 3],
        {"deals": f"{DEALS}\n1,Won,1,2025-01-01,2025-02-01\n3,Lost,0,2025-01-01,2025-02-01"},
    ),
    "negative-number": (
        {"spend": "date,campaign,cost,clicks\n2025-01-01,A,5,3\n2025-01-02,A,-5,3"},
        [3],
        {"spend": "date,campaign,cost,clicks\n2025-01-01,A,5,3\n2025-01-02,A,0,3"},
    ),
    "out-of-range": (
        {"nps": "response id,responded at,nps score\n1,2025-01-01,10\n2,2025-01-02,11"},
        [3],
        {"nps": "response id,responded at,nps score\n1,2025-01-01,10\n2,2025-01-02,0"},
    ),
    "unknown-state": (
        {"stripe": f"{STRIPE}\n{ACTIVE}\ns2,c2,P,month,5,asleep,2025-01-01,2025-01-01,,"},
        [3],
        {"stripe": f"{STRIPE}\n{ACTIVE}\ns2,c2,P,month,5,past_due,2025-01-01,2025-01-01,,"},
    ),
    "not-an-email": (
        {"customers": f"{CUSTOMERS}\n1,Acme,a@example.com,customer\n2,Birch,b-example.com,customer\n3,Cedar,,customer"},
        [3],
        {"customers": f"{CUSTOMERS}\n1,Acme,a@example.com,customer\n3,Cedar,,customer"},
    ),
    "two-candidates": (
        {"spend": "date,campaign,cost,purchase,purchases\n2025-01-01,A,5,3,4"},
        [],
        {"spend": "date,campaign,cost,purchases\n2025-01-01,A,5,3"},
    ),
    "repeated-id": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n1,Lost,5,2025-01-01,2025-03-01"},
        [2],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Lost,5,2025-01-01,2025-03-01"},
    ),
    "part-of-deal": (
        {"deals": "deal name,stage,amount,closed at,product,line total\nA,Won,5,2025-02-01,X,3\nA,Won,5,2025-02-01,Y,2"},
        [3],
        {"deals": "deal name,stage,amount,closed at,product,line total\nA,Won,5,2025-02-01,X,5\nB,Won,5,2025-02-01,Y,5"},
    ),
    "older-version": (
        {"a-2025-01": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "a-2025-02": f"{DEALS}\n1,Lost,5,2025-01-01,2025-02-01"},
        [2],
        {"a-2025-01": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "a-2025-02": f"{DEALS}\n2,Lost,5,2025-01-01,2025-02-01"},
    ),
    "two-numberings": (
        {"north": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "south": f"{DEALS}\n1,Lost,5,2025-01-07,2025-02-01"},
        [],
        {"north": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "south": f"{DEALS}\n2,Lost,5,2025-01-07,2025-02-01"},
    ),
    "same-spend": (
        {
            "spend-a": "date,campaign,cost\n2025-01-01,A,5\n2025-01-02,A,7",
            "spend-b": "date,region,cost\n2025-01-01,N,5\n2025-01-02,N,4\n2025-01-02,S,3",
        },
        [2, 3, 4],
        {
            "spend-a": "date,campaign,cost\n2025-01-01,A,5\n2025-01-02,A,7",
            "spend-b": "date,region,cost\n2025-01-01,N,6\n2025-01-02,N,4\n2025-01-02,S,1",
        },
    ),
    "perhaps-total": (
        {"spend": "month,channel,cost\n2025-01,All channels,9\n2025-01,Search,5\n2025-01,Social,3"},
        [2],
        {"spend": "month,channel,cost\n2025-01,All channels,7\n2025-01,Search,5\n2025-01,Social,3"},
    ),
    "spend-in-parts": (
        {
            "spend-a": "start date,end date,campaign,cost\n2025-01-01,2025-01-31,A,9",
            "spend-b": "start date,end date,campaign,cost\n2025-01-01,2025-01-15,A,5",
        },
        [2],
        {
            "spend-a": "start date,end date,campaign,cost\n2025-01-01,2025-01-31,A,9",
            "spend-b": "start date,end date,campaign,cost\n2025-01-01,2025-01-15,B,5",
        },
    ),
    "id-of-many": (
        {"deals": DEALS + "".join(f"\n{k % 10},Won,{k},2025-01-01,2025-02-01" for k in range(30))},
        list(range(2, 32)),
        {"deals": DEALS + "".join(f"\n{k},Won,{k},2025-01-01,2025-02-01" for k in range(30))},
    ),
    "duplicate-row": (
        {"orders": "customer,order date,amount\nAcme,2025-01-01,5\nAcme,2025-01-01,5\nAcme,2025-01-02,5"},
        [3],
        {"orders": "customer,order date,amount\nAcme,2025-01-01,5\nAcme,2025-01-02,5"},
    ),
    "duplicate-email": (
        {"customers": f"{CUSTOMERS}\n1,Acme,a@example.com,customer\n2,Birch,A@Example.com,customer\n3,C,,customer"},
        [2, 3],
        {"customers": f"{CUSTOMERS}\n1,Acme,a@example.com,customer\n2,Birch,b@example.com,customer\n3,C,,customer"},
    ),
    "duplicate-name": (
        {"customers": f"{CUSTOMERS}\n1,Acme Ltd.,,customer\n2,ACME  Ltd,,customer\n3,Cedar,,customer"},
        [2, 3],
        {"customers": f"{CUSTOMERS}\n1,Acme,,customer\n3,Cedar,,customer"},
    ),
    "duplicate-lead": (
        {"leads": "lead id,email,created at\n1,a@example.com,2025-01-01\n2,A@example.com,2025-01-02\n3,,2025-01-02"},
        [2, 3],
        {"leads": "lead id,email,created at\n1,a@example.com,2025-01-01\n2,b@example.com,2025-01-02\n3,,2025-01-02"},
    ),
    "closed-before-created": (
        {"deals": f"{DEALS}\n1,Won,5,2025-02-01,2025-01-01\n2,Won,5,2025-01-01,2025-01-01"},
        [2],
        {"deals": f"{DEALS}\n1,Won,5,2025-02-01 14:00,2025-02-01\n2,Won,5,2025-01-01 09:00,2025-01-05"},
    ),
    "ended-before-started": (
        {"tickets": f"{TICKETS}\n1,2025-01-03,2025-01-04,2025-01-02,Solved\n2,2025-01-01,2025-01-02,2025-01-03,Solved"},
        [2],
        {"tickets": f"{TICKETS}\n1,2025-01-03,2025-01-03,2025-01-03,Solved\n2,2025-01-01,,,Open"},
    ),
    "duration-contradicted": (
        {"tickets": f"{REPLIED}\n1,2025-01-03 10:00,2025-01-03 10:30,400\n2,2025-01-04 10:00,2025-01-04 11:00,60"},
        [2],
        {"tickets": f"{REPLIED}\n1,2025-01-03 10:00,2025-01-03 10:30,30\n2,2025-01-04 10:00,2025-01-04 11:20,60"},
    ),
    "unlikely-duration": (
        {"deals": f"{DEALS}\n1,Won,5,2005-02-01,2025-01-01\n2,Won,5,2025-01-01,2025-01-01"},
        [2],
        {"deals": f"{DEALS}\n1,Won,5,2016-02-01,2025-01-01\n2,Won,5,2025-01-01,2025-01-01"},
    ),
    "outcome-conflict": (
        {"deals": "deal id,stage,is won,is closed\n1,Closed Won,no,yes\n2,Closed Won,yes,yes"},
        [2],
        {"deals": "deal id,stage,is won,is closed\n1,Closed Lost,no,yes\n2,Closed Won,yes,yes"},
    ),
    "converted-conflict": (
        {"leads": f"{SALESFORCE}\n1,0,,Closed - Converted,2025-01-01,Ann\n2,1,2025-01-02,Closed - Converted,2025-01-01,Ann"},
        [2],
        {"leads": f"{SALESFORCE}\n1,0,,New,2025-01-01,Ann\n2,1,2025-01-02,Closed - Converted,2025-01-01,Ann"},
    ),
    "several-spellings": (
        {"leads": "lead id,created at,source\n" + "\n".join(f"{k},2025-01-01,Google Ads" for k in range(3))
            + "\n7,2025-01-01,google ads\n8,2025-01-01,Google-Ads\n9,2025-01-01,GoogleAds\n10,2025-01-01,Organic"},
        [5, 6, 7],
        {"leads": "lead id,created at,source\n1,2025-01-01,Google Ads\n2,2025-01-01,Google Ads 2\n3,2025-01-01,"},
    ),
    "future-date": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,5,2025-01-01,2031-02-01"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Proposal,5,2025-01-01,2031-02-01"},
    ),
    "ancient-date": (
        {"leads": "lead id,created at\n1,2025-01-01\n2,1925-01-01"},
        [3],
        {"leads": "lead id,created at\n1,2025-01-01\n2,1995-01-01"},
    ),
    "stale-table": (
        {"leads": "lead id,created at\n1,2025-01-01\n2,2025-01-09", "orders": f"{ORDERS}\n1,Acme,2025-03-15,5"},
        [],
        {"leads": "lead id,created at\n1,2025-01-01\n2,2025-02-20", "orders": f"{ORDERS}\n1,Acme,2025-03-15,5"},
    ),
    "date-out-of-line": (
        {"leads": "lead id,created at\n" + "\n".join(f"{n},2025-01-{n:02}" for n in range(1, 31)) + "\n31,2025-07-31"},
        [32],
        {"leads": "lead id,created at\n" + "\n".join(f"{n},2025-01-{n:02}" for n in range(1, 31)) + "\n31,2025-03-31"},
    ),
    "gap-in-days": (
        {"spend": "month,campaign,cost\n2025-01,A,5\n2025-02,A,7\n2025-04,A,6"},
        [],
        {"spend": "month,campaign,cost\n2025-01,A,5\n2025-02,A,7\n2025-03,A,6"},
    ),
    "stale-open-deal": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Proposal,5,2024-01-01,\n3,Proposal,5,2025-01-31,"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n3,Proposal,5,2025-01-31,"},
    ),
    "overdue-open-deal": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Proposal,5,2025-01-01,2025-01-20"},
        [3],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Proposal,5,2025-01-01,2025-02-20"},
    ),
    "stale-open-ticket": (
        {"tickets": f"{TICKETS}\n1,2025-01-01,2025-01-02,,Open\n2,2025-06-01,2025-06-02,,Open"},
        [2],
        {"tickets": f"{TICKETS}\n1,2025-01-01,2025-01-02,2025-01-03,Solved\n2,2025-06-01,2025-06-02,,Open"},
    ),
    "unknown-customer": (
        {"customers": f"{CUSTOMERS}\n1,Acme,,customer", "orders": f"{ORDERS}\n1,1,2025-01-01,5\n2,9,2025-01-01,5"},
        [3],
        {"customers": f"{CUSTOMERS}\n1,Acme,,customer", "orders": f"{ORDERS}\n1,1,2025-01-01,5\n2,acme,2025-01-01,5"},
    ),
    "unknown-owner": (
        {"owners": "owner,team\nAnn,Blue", "leads": "lead id,created at,owner\n1,2025-01-01,ann\n2,2025-01-01,Ben"},
        [3],
        {"owners": "owner,team\nAnn,Blue", "leads": "lead id,created at,owner\n1,2025-01-01,ann\n2,2025-01-01,"},
    ),
    "unknown-product": (
        {"products": "product,price\nDesk,5", "deals": "deal id,stage,product\n1,Won,Desk\n2,Won,Chair"},
        [3],
        {"products": "product,price\nDesk,5", "deals": "deal id,stage,product\n1,Won,Desk\n2,Won,desk"},
    ),
    "unknown-lead": (
        {"leads": "lead id,created at\nL1,2025-01-01", "deals": "deal id,stage,lead id\n1,Won,L1\n2,Won,L7"},
        [3],
        {"leads": "lead id,created at\nL1,2025-01-01", "deals": "deal id,stage,lead id\n1,Won,L1\n2,Won,"},
    ),
    "unknown-order": (
        {"orders": f"{ORDERS}\n1,Acme,2025-01-01,5", "lines": "order id,product,quantity\n1,Desk,1\n7,Desk,1"},
        [3],
        {"orders": f"{ORDERS}\n1,Acme,2025-01-01,5", "lines": "order id,product,quantity\n1,Desk,1"},
    ),
    "unknown-deal": (
        {
            "deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01",
            "stages": "deal id,from stage,stage,entered at\n1,A,B,2025-01-01\n7,A,B,2025-01-01",
        },
        [3],
        {
            "deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01",
            "stages": "deal id,from stage,stage,entered at\n1,A,B,2025-01-01",
        },
    ),
    "unreadable-file": (
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01", "page": "<?xml version='1.0'?><rows/>"},
        [],
        {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01"},
    ),
    "unknown-campaign": (
        {"spend": "date,campaign,cost\n2025-01-01,Spring,5", "leads": "lead id,created at,campaign\n1,2025-01-01,Autumn"},
        [2],
        {"spend": "date,campaign,cost\n2025-01-01,Spring,5", "leads": "lead id,created at,campaign\n1,2025-01-01,spring"},
    ),
}  # fmt: skip


def found_in(folder: Path, files: Files, name: str, **settings: object) -> quality.Finding | None:
    """What the check of this name finds in the files."""
    for file, text in files.items():
        (folder / f"{file}.csv").write_text(text + "\n", encoding="utf-8")
    chosen = validated(dict(settings), "test")
    findings = api.check([str(folder)], only=[name], settings=chosen, today=TODAY)
    return findings[0] if findings else None


def rows_of(finding: quality.Finding) -> list[int]:
    return sorted({int(row) for part in finding.parts for row in part.rows})


@pytest.mark.parametrize("name", CASES)
def test_a_check_finds_what_it_is_there_for(tmp_path: Path, name: str):
    files, rows, _ = CASES[name]
    finding = found_in(tmp_path, files, name)
    assert finding is not None
    assert (finding.check.name, rows_of(finding)) == (name, rows)
    assert finding.count >= max(len(rows), 1)


@pytest.mark.parametrize("name", CASES)
def test_a_check_finds_nothing_where_all_is_well(tmp_path: Path, name: str):
    assert found_in(tmp_path, CASES[name][2], name) is None


@pytest.mark.parametrize("name", CASES)
def test_what_was_seen_is_said_of_every_row(tmp_path: Path, name: str):
    finding = found_in(tmp_path, CASES[name][0], name)
    assert finding is not None
    for part in finding.parts:
        seen = part.seen(np.arange(len(part.rows)))
        assert [text for text in seen if not text.strip()] == []
        assert len(seen) == len(part.rows)


def test_every_check_has_a_case():
    quality.all_checks()
    assert {check.name for check in marked_checks()} == CASES.keys()


def test_checks_are_found_by_looking_into_their_folder():
    modules = {check.find.__module__.rpartition(".")[2] for check in marked_checks()}
    assert modules - {"check"} == {str(dimension) for dimension in quality.Dimension}
    assert {check.dimension for check in marked_checks()} == {*quality.Dimension}


def test_every_check_has_words_and_columns_that_exist():
    from crm_metrics import schema

    for check in quality.all_checks().values():
        assert check.sentence.endswith(".")
        for name in check.columns:
            table, _, column = name.partition(".")
            assert column == "*" or schema.column(table, column) is not None, name


def test_the_columns_of_a_check_lead_to_figures():
    from crm_metrics.analysis.quality.running import resting_on

    known = catalog.built_in()
    without = [check.name for check in marked_checks() if check.columns and not resting_on(check.columns, known)]
    assert without == []


def test_a_problem_noticed_while_loading_is_a_check_of_its_own(tmp_path: Path):
    files = {"orders": f"{ORDERS},currency\n1,Acme,2025-01-01,5,EUR\n2,Acme,2025-01-02,6,GBP"}
    finding = found_in(tmp_path, files, "no-rate", currency="EUR", rates={"to": "EUR", "USD": 0.9})
    assert finding is not None
    assert rows_of(finding) == [3]


def test_a_share_outside_its_scale_is_found_in_its_row(tmp_path: Path):
    files = {"deals": "deal id,stage,probability\n1,Proposal,40\n2,Proposal,140"}
    finding = found_in(tmp_path, files, "out-of-range")
    assert finding is not None
    assert (rows_of(finding), finding.parts[0].seen(np.arange(1))) == ([3], ["probability: 140"])


def test_a_deal_without_a_rate_is_not_one_without_an_amount(tmp_path: Path):
    files = {"deals": f"{DEALS},currency\n1,Won,5,2025-01-01,2025-02-01,GBP"}
    assert found_in(tmp_path, files, "won-without-amount", currency="EUR", rates={"to": "EUR", "USD": 0.9}) is None


def test_what_was_seen_is_what_the_file_says(tmp_path: Path):
    files = {"deals": f"{DEALS}\n1,Won,0.00,01/02/2025,03.02.2025"}
    finding = found_in(tmp_path, files, "amount-not-positive", date_order="dmy")
    assert finding is not None
    assert finding.parts[0].seen(np.arange(1)) == ["stage: Won; amount: 0.00"]


@pytest.mark.parametrize(("allowed", "passes"), [(0, False), (1, True), ("49 %", False), ("50 %", True)])
def test_the_settings_let_rows_pass(tmp_path: Path, allowed: int | str, passes: bool):
    files = {"deals": f"{DEALS}\n1,Won,5,2025-01-01,2025-02-01\n2,Won,5,2025-01-01,"}
    finding = found_in(tmp_path, files, "won-without-date", check={"won-without-date": {"allowed": allowed}})
    assert (finding is None) is passes


def test_nothing_recognised_is_nothing_to_report(tmp_path: Path):
    (tmp_path / "odd.csv").write_text("x,y\n1,2\n")
    with pytest.raises(NothingToReport, match=r"odd\.csv"):
        api.check([str(tmp_path)], today=TODAY)


def test_the_sample_has_the_flaws_that_were_put_in():
    found = {finding.check.name: finding for finding in api.check([str(SAMPLE)], today=TODAY)}
    counts = {
        name: found[name].count
        for name in ("won-without-date", "closed-before-created", "repeated-id", "unreadable-row")
    }
    assert counts == {"won-without-date": 2, "closed-before-created": 3, "repeated-id": 2, "unreadable-row": 1}


# Published flaws: shared/data/README.md.
@pytest.mark.parametrize(
    ("folder", "name", "count"),
    [
        ("maven_crm", "unknown-product", 1480),
        ("maven_crm", "row-without-date", 500),
        ("olist", "ended-before-started", 1),
        ("cdnow/cdnow_sample.csv", "duplicate-row", 21),
        ("salesforce_demo", "converted-conflict", 3),
    ],
)
def test_published_flaws_are_found(folder: str, name: str, count: int):
    (finding,) = api.check([shared(folder)], only=[name], today=TODAY)
    assert finding.count == count


@pytest.mark.parametrize(
    "folder", ["maven_crm", "olist", "ravenstack", "salesforce_demo", "pipeline_leak", "ab_campaign"]
)
def test_every_check_runs_on_real_exports(folder: str):
    for finding in api.check([shared(folder)], today=TODAY, settings=Settings()):
        assert 0 < finding.count <= finding.of
        for part in finding.parts:
            assert len(part.seen(np.arange(min(3, len(part.rows))))) == min(3, len(part.rows))
