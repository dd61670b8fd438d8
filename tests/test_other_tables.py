"""Files that look like one of the tables and are none, and files whose name says which of two they are."""

from __future__ import annotations

import pytest

from crm_metrics.loaders.recognising import recognise

STAFF = {
    "pay": "Name;Title;Start date;End date;Wage;Status\nA;Dev;2024-01-01;;3000;Active\nB;Ops;2024-02-01;;2500;Active",
    "folha": "Nome;Data de início;Data de término;Salário;Status\nA;2024-01-01;;30;Ativo\nB;2024-02-01;;25;Ativo",
    "personal": "Name;Abteilung;Startdatum;Enddatum;Gehalt;Status\nA;IT;2024-01-01;;3000;aktiv\nB;HR;2024-02-01;;2500;aktiv",
    "candidates": "Candidate;Stage;Owner;Created date;Source\nA;Interview;Ann;2025-03-01;Web\nB;Hired;Bob;2025-03-02;Web",
    "bewerbungen": "Bewerber;Phase;Zuständig;Erstellt am;Quelle\nA;Gespräch;Ann;2025-03-01;Web\nB;Zusage;Bob;2025-03-02;Web",
    "projekte": "Projekt;Kunde;Startdatum;Enddatum;Budget;Status\nX;A;2025-01-01;;100;aktiv\nY;B;2025-02-01;;50;aktiv",
    "projets": "Projet;Client;Date de début;Date de fin;Statut\nX;A;2025-01-01;2025-06-30;actif\nY;B;2025-02-01;;actif",
}
CUSTOMERS = {
    "bank": "Customer ID;Name;Start date;End date;Salary\n1;A;2024-01-01;;3000\n2;B;2024-02-01;2025-02-01;2500",
    "klanten": "Klantnummer;Naam;Startdatum;Einddatum;Project\n1;A;2024-01-01;;X\n2;B;2024-02-01;2025-02-01;Y",
    "accounts": "Name;Email;Created;Status;Employees\nA;a@x.io;2024-01-01;active;30\nB;b@x.io;2024-02-01;churned;25",
}
PEOPLE = "Name;Email;Created;Status;Source\nA;a@x.io;2025-03-01;New;Web\nB;b@x.io;2025-03-02;Converted;Web"


def table(text, name):
    rows = [line.split(";") for line in text.splitlines()]
    cells = [[cell or None for cell in column] for column in zip(*rows[1:], strict=True)]
    read = recognise(rows[0], f"{name}.csv", cells=cells)
    return read.layout.table if read is not None else None


@pytest.mark.parametrize("name", STAFF)
def test_who_is_employed_and_what_is_worked_at_is_no_customer_and_no_deal(name):
    assert table(STAFF[name], name) is None


@pytest.mark.parametrize("name", CUSTOMERS)
def test_a_customer_with_a_salary_or_a_project_is_one(name):
    assert table(CUSTOMERS[name], name) == "customers"


def test_a_deal_with_a_candidate_is_one():
    assert (
        table("Deal ID;Candidate;Stage;Amount;Close date\n1;A;Won;10;2025-03-01\n2;B;Open;20;2025-04-01", "x")
        == "deals"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("leads", "leads"), ("Leads 2025-03", "leads"), ("export", "customers"), ("lead customers", "customers")],
)
def test_the_name_of_a_file_says_whether_people_are_leads(name, expected):
    assert table(PEOPLE, name) == expected
