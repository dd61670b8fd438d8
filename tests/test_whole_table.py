"""Which table a file is, by the whole of it: headers are words in nine languages, cells weigh, no place counts."""

from __future__ import annotations

import csv
import io
import itertools
import tomllib
from pathlib import Path

import openpyxl
import pytest

from crm_metrics import api, schema
from crm_metrics.errors import AmbiguousError
from crm_metrics.loaders import vocabulary
from crm_metrics.loaders.content import looked_at
from crm_metrics.loaders.naming import worded
from crm_metrics.loaders.recognising import Recognised, recognise
from tests.conftest import TODAY

WORDS = sorted(Path(vocabulary.__file__).with_name("words").glob("??.toml"))


def read(text: str) -> Recognised | None:
    """The table that a text is recognised as."""
    lines = [line.strip() for line in text.strip().splitlines()]
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=";" if ";" in lines[0] else ","))
    cells = [[cell or None for cell in column] for column in zip(*rows[1:], strict=True)]
    return recognise(rows[0], "export.csv", cells=cells)


def columns(text: str) -> dict[str, str]:
    """Which header each column was taken from."""
    found = read(text)
    assert found is not None
    header = next(
        csv.reader([text.strip().splitlines()[0]], delimiter=";" if ";" in text.strip().splitlines()[0] else ",")
    )
    return {name: header[place] for name, place in found.columns.items()}


@pytest.mark.parametrize(
    "label",
    [
        "OrderID",
        "orderId",
        "order_id",
        "Order Id",
        "ORDER-ID",
        "Order No.",
        "order #",
        "Ｏｒｄｅｒ ＩＤ",
        "ID of order",
    ],
)
def test_a_header_is_its_words_however_they_are_joined(label):
    assert columns(f"{label},Customer,OrderDate,TotalAmount\n1,A,2025-01-03,10\n2,B,2025-01-04,12")["order_id"] == label


@pytest.mark.parametrize(
    ("label", "suffix"), [("amount_usd", "USD"), ("Amount (A$)", "A$"), ("amountEur", "EUR"), ("Amount [CHF]", "CHF")]
)
def test_a_currency_may_stand_in_brackets_or_as_the_last_word(label, suffix):
    found = read(f"order id,customer,order date,{label}\n1,A,2025-01-03,10\n2,B,2025-01-04,12")
    assert found is not None
    assert (found.columns["amount"], found.suffixes["amount"]) == (3, suffix)


def test_a_unit_and_a_zone_may_stand_as_the_last_word():
    found = read("ticket_id,created_at_utc,first_response_min\n1,2025-01-03 10:00,10\n2,2025-01-03 11:00,12")
    assert found is not None
    assert found.columns.keys() == {"ticket_id", "created_at", "first_response_minutes"}
    assert (found.suffixes["created_at"], found.units["first_response_minutes"]) == ("UTC", "minutes")


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Ticket-ID;Betreff;Erstellt am;Erste Antwortzeit (Stunden)", "hours"),
        ("Numéro de ticket;Objet;Créé le;Délai de première réponse (heures)", "hours"),
        ("Número de ticket;Asunto;Creado el;Tiempo de primera respuesta (minutos)", "minutes"),
        ("Ticketnummer;Onderwerp;Aangemaakt op;Eerste reactietijd (uren)", "hours"),
        ("Numer zgłoszenia;Temat;Data utworzenia;Czas pierwszej odpowiedzi (minuty)", "minutes"),
    ],
)
def test_a_unit_is_known_in_other_languages(header, unit):
    found = read("\n".join([header, "T1;a;2025-03-15;2", "T2;b;2025-03-16;3", "T3;c;2025-03-17;4"]))
    assert found.units == {"first_response_minutes": unit}


TABLES = {
    "orders": [
        "Auftragsnummer;Auftragsdatum;Kunde;Gesamtsumme;Währung",
        "N° de commande;Date de la commande;Client;Montant total;Devise",
        "Número de pedido;Fecha de pedido;Cliente;Total;Moneda",
        "Número do pedido;Data do pedido;Cliente;Total;Moeda",
        "Numero ordine;Data ordine;Cliente;Totale;Valuta",
        "Bestelnummer;Orderdatum;Klant;Totaalbedrag;Valuta",
        "Numer zamówienia;Data zamówienia;Klient;Suma;Waluta",
        "注文ID;オーダ日;顧客;合計金額;通貨",
        "Order No.;Date of Order;Customer;Order Total;Currency",
        "Rechnungsnr.;Ausgestellt am;Kunde;Bruttobetrag;Währung",
        "N° facture;Date d'émission;Client;Montant TTC;Devise",
        "Nº factura;Fecha Emisión;Cliente;Importe;Moneda",
        "Número da fatura;Data de emissão;Cliente;Valor total;Moeda",
        "Numero fattura;Data emissione;Cliente;Totale;Valuta",
        "Factuurnummer;Factuurdatum;Klant;Totaal;Munteenheid",
        "Numer faktury;Data wystawienia;Klient;Brutto;Waluta",
        "請求書番号;請求日;顧客;合計金額;通貨",
        "Invoice No;Issue Date;Customer;Invoice Amount;Currency",
    ],
    "deals": [
        "Titel;Phase;Wert;Abschlussdatum;Erstellt am",
        "Nom;Étape;Montant;Date de clôture;Créé le",
        "Título;Etapa;Valor;Fecha de cierre;Creado el",
        "Título;Estágio;Valor;Data de fechamento;Criado em",
        "Nome;Stadio;Importo;Data di chiusura;Creato il",
        "Naam;Fase;Bedrag;Sluitingsdatum;Aangemaakt op",
        "Nazwa;Etap;Wartość;Data zamknięcia;Utworzono",
        "案件名;ステージ;見込売上;クローズ日;作成日",
        "Opportunity name;Sales stage;Deal value;Closed on;Date created",
    ],
    "tickets": [
        "Ticket-ID;Betreff;Erstellt am;Lösungsdatum;Status",
        "Numéro de ticket;Objet;Créé le;Date de résolution;Statut",
        "Número de ticket;Asunto;Creado el;Fecha de resolución;Estado",
        "ID Chamado;Assunto;Criado em;Data Finalizado;Situação",
        "Numero ticket;Oggetto;Data creazione;Resolved;Stato",
        "Ticketnummer;Onderwerp;Aangemaakt op;Resolutiedatum;Status",
        "Numer zgłoszenia;Temat;Data utworzenia;Data rozstrzygnięcia;Stan",
        "チケット番号;件名;作成日時;Resolved;ステータス",
        "caseNumber;subject;reportedOn;resolvedOn;status",
    ],
    "subscriptions": [
        "Kunde;Tarif;Vertragsbeginn;Vertragsende;Monatsbetrag",
        "Client;Formule;Date de début;Date de fin;Montant mensuel",
        "Cliente;Plan;Fecha de inicio;Fecha de baja;Cuota mensual",
        "Cliente;Plano;Data de início;Data de término;Valor mensal",
        "Cliente;Piano;Data inizio;Data fine;Canone mensile",
        "Klant;Abonnement;Startdatum;Einddatum;Maandbedrag",
        "Klient;Plan;Data rozpoczęcia;Data zakończenia;Opłata miesięczna",
        "顧客;プラン;開始日;終了日;月額",
        "Customer;Plan;Contract start;Contract end;Monthly fee",
    ],
}
CELLS = {
    "orders": ["A1;2025-01-03;X;10.5;EUR", "A2;2025-01-04;Y;12.5;EUR", "A3;2025-01-09;X;9.5;EUR"],
    "deals": [
        "One;Won;10.5;2025-01-03;2025-01-01",
        "Two;Lost;12.5;2025-01-04;2025-01-02",
        "Three;Demo;9;2025-03-04;2025-01-09",
    ],
    "tickets": [
        "T1;a;2025-01-01 10:00;2025-01-02 10:00;x",
        "T2;b;2025-01-01 11:00;2025-01-02 11:00;y",
        "T3;c;2025-01-01;;x",
    ],
    "subscriptions": ["X;P;2025-01-03;;10.5", "Y;P;2025-01-04;2025-03-04;12.5", "X;Q;2025-01-09;;9.5"],
}
SAMPLES = [(table, header) for table, headers in TABLES.items() for header in headers]
EXPECTED = {
    "orders": ["order_id", "ordered_at", "customer", "amount", "currency"],
    "deals": ["name", "stage", "amount", "closed_at", "created_at"],
    "tickets": ["ticket_id", "subject", "created_at", "solved_at", "status"],
    "subscriptions": ["customer", "plan", "started_at", "ended_at", "mrr"],
}


@pytest.mark.parametrize(("table", "header"), SAMPLES, ids=[header for _, header in SAMPLES])
def test_a_table_is_read_in_nine_languages(table, header):
    found = columns("\n".join([header, *CELLS[table]]))
    assert found == dict(zip(EXPECTED[table], header.split(";"), strict=True))


@pytest.mark.parametrize(("table", "header"), [*SAMPLES[::4]], ids=[header for _, header in SAMPLES[::4]])
def test_no_place_in_the_header_counts(table, header):
    rows = [line.split(";") for line in (header, *CELLS[table])]
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 11):
        text = "\n".join(";".join(row[at] for at in order) for row in rows)
        assert columns(text) == dict(zip(EXPECTED[table], header.split(";"), strict=True))


@pytest.mark.parametrize(("table", "header"), [*SAMPLES[::5]], ids=[header for _, header in SAMPLES[::5]])
def test_a_workbook_is_read_as_its_text(tmp_path, table, header):
    book = openpyxl.Workbook()
    for line in (header, *CELLS[table]):
        book.active.append(line.split(";"))
    book.save(tmp_path / "book.xlsx")
    (source,) = api.load([str(tmp_path / "book.xlsx")], api.query(period="all"), today=TODAY).sources
    assert source.table == table


@pytest.mark.parametrize("header", ["Nombre;Kosten;amount", "Datum;amount;customer", "Kunde;Preis;amount"])
def test_a_language_counts_only_where_the_rest_of_the_header_confirms_it(header):
    assert read(f"{header}\n3;4;5\n4;5;6") is None


def test_a_word_of_two_languages_means_what_the_header_speaks():
    spanish = columns("Nombre;Etapa;Importe;Fecha de cierre\nOne;Ganado;10;2025-01-03\nTwo;Perdido;12;2025-01-04")
    assert spanish["name"] == "Nombre"


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_words_name_what_tables_ask_for(path):
    """A thing or attribute that no table asks for says nothing; one that English lacks is misspelt."""
    block = tomllib.loads(path.read_text(encoding="utf-8"))
    english = tomllib.loads(WORDS[[path.stem for path in WORDS].index("en")].read_text(encoding="utf-8"))
    said = english["attributes"].keys() | english["moments"].keys()  # "deleted" is a day in one, a yes or no in another
    for part, names in (("things", english["things"].keys()), ("attributes", said), ("moments", said)):
        assert block[part].keys() <= names, part
        assert block.get("guesses", {}).get(part, {}).keys() <= names, part


def test_tables_ask_for_words_that_exist():
    english = vocabulary.english()
    for layout in worded().values():
        assert layout.columns.keys() <= schema.TABLES[layout.table].columns.keys()
        asked = {
            word for specs in layout.columns.values() for spec in specs if "=" not in spec for word in spec.split()
        }
        assert [word for word in {*asked, *layout.things} if not english.forms(word)] == []


def test_guesses_decide_nothing():
    """`Omzet` is from memory in Dutch: suggested, never taken."""
    found = read("Bestelnummer;Klant;Besteldatum;Omzet\n1;A;2025-01-03;10\n2;B;2025-01-04;12")
    assert found is None


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("Name,Status,Deal value,Deal owner\nA,Won,10,Ann\nB,Lost,12,Ben\nC,Won,9,Ann", "deals"),
        ("Order Date,Customer,Customer Status,Amount\n2025-01-01,A,Gold,10\n2025-01-02,B,Silver,12", "orders"),
        ("customer id,customer status,order date,amount\n1,a,2025-01-01,10\n1,a,2025-01-02,12\n2,b,2025-01-03,3", "orders"),
        ("Id,Requester id,Created at,Solved at,Satisfaction\n1,7,2025-01-01,2025-01-02,Good\n2,8,2025-01-02,,", "tickets"),
        ("Opportunity,Stage,Entered\nD1,Lead,2025-01-01\nD1,Demo,2025-01-04\nD2,Lead,2025-01-02", "deal_stages"),
        ("deal id;stage;date\nD1;Lead;2025-01-01\nD1;Won;2025-01-04\nD2;Lead;2025-01-02\nD2;Lost;2025-01-09", "deal_stages"),
        ("OpportunityId,StageName,CreatedDate,Amount\n1,Won,2025-01-01,5\n2,Lost,2025-01-02,6\n3,Won,2025-01-09,5", "deals"),
        ("OpportunityId,StageName,CreatedDate\n1,Demo,2025-01-01\n1,Won,2025-01-02\n2,Demo,2025-01-09", "deal_stages"),
        ("Region,Customer ID,Start date,End date\nN,1,2025-01-05,\nN,2,2025-01-06,2025-02-14\nS,3,2025-02-03,", "customers"),
        ("product,price\nDesk,5\nChair,6", "products"),
        ("Opportunity,Value,Created,Owner\nOne,5,2025-01-13,A\nTwo,6,2025-01-14,B", None),
        ("Timestamp,How likely are you to recommend us?\n1/15/2025 10:22:31,9\n1/16/2025 11:02:01,8", "responses"),
    ],
)  # fmt: skip
def test_the_cells_say_which_table_it_is(text, table):
    found = read(text)
    assert (found.layout.table if found else None) == table


@pytest.mark.parametrize(
    ("path", "table"), [("data/leads.csv", "leads"), ("support_tickets.csv", "tickets"), ("book.xlsx#Leads", "leads")]
)
def test_a_bare_id_is_that_of_what_the_name_of_the_file_says(path, table):
    header = ["id", "created", "email", "status"]
    cells = [
        ["1", "2", "3"],
        ["2025-01-01", "2025-01-02", "2025-01-03"],
        ["a@x.de", "b@x.de", "c@x.de"],
        ["a", "b", "a"],
    ]
    found = recognise(header, path, cells=cells)
    assert found is not None
    assert found.layout.table == table


@pytest.mark.parametrize(
    ("header", "rows", "path", "table"),
    [
        (
            "subscription_id,customer,plan,start_date,end_date",
            "1,a,P,{},|2,b,P,{},{}|3,a,P,{},",
            "x.csv",
            "subscriptions",
        ),
        ("Abonnement ID,Kunde,Erstellt am,Storniert am", "1,a,{},|2,b,{},{}|3,c,{},", "x.csv", "subscriptions"),
        ("Abonnement ID,Kunde,Erstellt am,Notiz", "1,a,{},|2,b,{},{}|3,c,{},", "x.csv", None),
        (
            "id,customer,plan,start_date,end_date",
            "1,a,P,{},|2,b,P,{},{}|3,a,P,{},",
            "subscriptions.csv",
            "subscriptions",
        ),
        ("id,customer,plan,start_date,end_date", "1,a,P,{},|2,b,P,{},{}|3,a,P,{},", "x.csv", None),
        ("id,customer,plan,start_date,end_date", "1,a,P,{},|2,b,P,{},{}|3,c,P,{},", "x.csv", "customers"),
        ("customer_id,name,subscription_id,signup_date", "1,a,s1,{}|2,b,s2,{}|3,c,s3,{}", "x.csv", "customers"),
        ("ticket_id,subscription_id,customer,created_at", "1,s1,a,{}|2,s2,b,{}|3,s3,c,{}", "x.csv", "tickets"),
        ("event_id,subscription_id,customer_id,plan,created_at", "1,s1,a,P,{}|2,s2,b,P,{}|3,s3,c,P,{}", "x.csv", None),
    ],
)
def test_subscriptions_without_money_are_told_by_their_ids_and_are_no_list_of_customers(header, rows, path, table):
    days = ["2025-01-01", "2025-01-05", "2025-03-01", "2025-03-07"]
    cells = [[cell or None for cell in row.split(",")] for row in rows.format(*days[: rows.count("{}")]).split("|")]
    found = recognise(header.split(","), path, cells=[*zip(*cells, strict=True)])
    assert (found.layout.table if found else None) == table


def test_rows_that_have_ids_of_their_own_are_no_customers():
    assert read("Angebotsnummer;Kunde;Netto;Status\nA1;X;10.5;offen\nA2;Y;9;offen\nA3;Z;8;alt") is None
    assert read("Quote Number,Customer,Status\nA1,X,open\nA2,Y,open\nA3,Z,old") is None
    assert columns("Tax Number,Company name,Status\n1,X,active\n2,Y,active\n3,Z,left")["name"] == "Company name"
    assert read("churn_id,customer_id,plan,status\n1,7,a,x\n2,8,b,x\n3,9,a,y") is None
    assert columns("customer_id,tax_id,plan\n1,7,a\n2,8,b\n3,9,a")["customer_id"] == "customer_id"


@pytest.mark.parametrize(
    "text",
    [
        "Id,Name,Category,Price,Status\n1,Pen,Office,2,active\n2,Ink,Office,3,active",
        "ip,timestamp,method,url,status\n1.1.1.1,2025-01-01 10:00,GET,/a,200\n1.1.1.2,2025-01-01 10:01,GET,/b,404",
        "id,date,amount,category\n1,2025-01-01,5,Rent\n2,2025-01-02,6,Food",
        "Segment,Country,Product,Units Sold,Sale Price,Sales,Date\nGov,CA,Pen,5,3,15,1/1/2014\nMid,DE,Ink,6,3,18,1/2/2014",
        "customer_id,event,at\n1,login,2025-01-01\n1,logout,2025-01-02\n2,login,2025-01-03",
        "customer_id,status,reason\n1,sent,a\n1,opened,b\n2,sent,a",
        "Name,Status\nTask,Open\nOther,Done",
        "id,user_id,title,priority,status,created\n1,2,a,high,open,2025-01-02\n2,3,b,low,done,2025-01-03",
        "ID,Nome,Status,Criado em,Prioridade\n1,a,aberto,2025-01-02,alta\n2,b,fechado,2025-01-03,baixa",
    ],
)
def test_what_is_no_table_of_these_stays_unrecognised(text):
    assert read(text) is None


def test_two_tables_that_are_equally_explained_are_an_error():
    with pytest.raises(AmbiguousError, match=r"leads .* or tickets|tickets .* or leads") as asked:
        read("Ticket ID,Lead ID,Created At,Status,Owner\nT1,L1,2025-01-01,New,Ann\nT2,L2,2025-01-02,New,Ben")
    assert [reading.option.startswith("--set 'files=[{path = ") for reading in asked.value.readings] == [True, True]


def test_a_close_second_is_named():
    found = read(
        "Ticket ID,Lead ID,Created At,Status,Owner,Campaign,Updated At,Company,Email,Channel\n"
        "T1,L1,2025-01-01,New,Ann,Fair,2025-01-02,Acme,a@example.com,Web"
    )
    assert found is not None
    assert (found.layout.table, found.second) == ("leads", "tickets")


def test_a_blank_column_is_nothing_where_another_is_filled():
    text = "Deal ID,Stage,Closed Date,Close Date,Amount\n1,Won,,2025-01-03,5\n2,Lost,,2025-01-04,6"
    assert columns(text)["closed_at"] == "Close Date"


def test_dates_are_no_money_and_money_is_no_date():
    assert read("Order No,Customer,Order Value,Order Date\n1,A,2025-01-03,10\n2,B,2025-01-04,12") is None


@pytest.mark.parametrize("name", ["Firm", "Store", "Filiale", "Cliente", "Sklep", "Room", "Bay", "Mark"])
def test_a_name_with_a_number_is_no_month_of_a_year(name: str) -> None:
    assert looked_at([f"{name} {number}" for number in range(3001, 3100)]).form == "text"


@pytest.mark.parametrize(
    "months",
    [
        ("Jan 2024", "Feb 2024"),
        ("März 2024", "Mai 2024"),
        ("août 2024", "févr. 2024"),
        ("5 de marzo de 2024", "6 abr 2024"),
        ("1 marca 2024", "2 wrz 2024"),
        ("Dec 5, 2024", "mrt 6 2024"),
        ("Mon 2024-01-05", "Di. 6.2.2024"),
    ],
)
def test_a_month_by_its_name_is_a_date(months: tuple[str, str]) -> None:
    assert looked_at(months).form == "date"


def test_customers_named_by_numbers_that_could_be_years_are_customers() -> None:
    rows = [f"{at},Store {1900 + at % 150},Pro,month,{at}.00,2024-01-{1 + at % 28:02}" for at in range(300)]
    found = columns("\n".join(["Subscription ID,Customer,Plan,Interval,Amount,Start Date", *rows]))

    assert (found["customer"], found["started_at"]) == ("Customer", "Start Date")


@pytest.mark.parametrize("label", ["State", "Ticket state", "Estado"])
def test_a_state_is_a_status_where_its_cells_are_states_of_such_records(label: str) -> None:
    header = (
        f"Ticket ID;Created;{label};Priority" if label != "Estado" else "Número de ticket;Criado em;Estado;Prioridade"
    )
    assert columns(f"{header}\n1;2025-01-13;closed successful;a\n2;2025-01-14;new;b").get("status") == label
    is_region = "status" not in columns(f"{header}\n1;2025-01-13;CA;a\n2;2025-01-14;New York;b")
    assert is_region == (label != "Ticket state")  # a ticket has no other


def test_the_state_of_a_customers_address_is_a_region() -> None:
    text = "customer_id,name,state,industry\n1,A,CA,x\n2,B,NY,y\n3,C,CA,x"
    assert columns(text)["region"] == "state"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Order ID,Date,Customer,Total,Order status,Payment status", ("Order status", "Payment status")),
        ("Payment status,Order ID,Date,Customer,Total,Status", ("Payment status", "Status")),
        ("Bestellnummer,Datum,Kunde,Gesamtbetrag,Zahlungsstatus,Bestellstatus", ("Zahlungsstatus", "Bestellstatus")),
        ("Order ID,Date,Customer,Total,Payment status,Note", ("Payment status", None)),
        ("Order ID,Date,Customer,Total,Status,Customer status", ("Status", None)),
    ],
)
def test_an_order_has_a_second_status_wherever_it_stands(header: str, found: tuple[str, str | None]) -> None:
    read_columns = columns(header)
    assert {read_columns["status"], read_columns.get("other_status")} == {*found}


BILLS = {
    "Invoice Number;Invoice Date;Supplier;Total": "Customer",
    "Rechnungsnummer;Rechnungsdatum;Lieferant;Bruttobetrag": "Kunde",
    "N° facture;Date d'émission;Fournisseur;TTC": "Client",
    "Nº factura;Fecha Emisión;Proveedor;Total": "Cliente",
    "Número da fatura;Data da fatura;Fornecedor;Valor total": "Cliente",
    "Numero fattura;Data fattura;Fornitore;Totale": "Cliente",
    "Factuurnummer;Factuurdatum;Leverancier;Totaal": "Klant",
    "Numer faktury;Data wystawienia;Dostawca;Brutto": "Nabywca",
    "請求書番号;請求日;仕入先;合計": "顧客",
}


@pytest.mark.parametrize("header", BILLS)
def test_what_one_was_billed_by_suppliers_is_no_sale(header: str) -> None:
    rows = "\nR1;2025-01-13;A;10.50\nR2;2025-01-14;B;20.00\nR3;2025-01-15;A;9.00"
    assert read(header + rows) is None
    # A sale may name the supplier of what was sold, beside whom it was sold to.
    sale = "\n".join([f"{header};{BILLS[header]}", *(f"{row};X" for row in rows.split())])
    assert columns(sale)["customer"] == BILLS[header]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Order ID,Payment method,Type,Date,Customer,Total", "Type"),
        ("Order ID,Payment type,Type,Date,Customer,Total", "Type"),
        ("Bestellnummer,Zahlungsart,Typ,Datum,Kunde,Gesamtbetrag", "Typ"),
        ("Payment ID,Payment type,Date,Customer,Amount,Note", "Payment type"),
    ],
)
def test_how_something_was_paid_is_its_type_only_where_nothing_else_is(header: str, kind: str) -> None:
    assert columns(header)["type"] == kind


def test_a_number_is_how_many_intervals_and_not_of_which_length() -> None:
    header = "Subscription Number,Customer Name,Amount,Interval,Interval Unit,Activated Date"
    found = columns(f"{header}\n1,A,10.5,1,months,2025-01-13\n2,B,12.5,1,years,2025-01-14")
    assert (found["interval_count"], found["interval"]) == ("Interval", "Interval Unit")
    plain = columns(
        "Subscription ID,Customer,Amount,Interval,Start date\n1,A,10.5,3 months,2025-01-13\n2,B,9,month,2025-01-14"
    )
    assert (plain["interval"], "interval_count" in plain) == ("Interval", False)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("Customer ID;Customer name;Email\n1;A;a@x.com\n2;B;b@x.com\n3;C;c@x.com", "customers"),
        ("ID client;Nom du client;E-mail\n1;A;a@x.com\n2;B;b@x.com\n3;C;c@x.com", "customers"),
        ("Kundennummer;Kundenname;PLZ\n1;A;10115\n2;B;80331\n3;C;20095", "customers"),
        ("顧客番号;顧客名;メールアドレス\n1;A;a@x.com\n2;B;b@x.com\n3;C;c@x.com", "customers"),
        ("Customer ID;Customer name;Visited\n1;A;2025-01-02\n2;B;2025-01-03\n3;C;2025-01-03", None),
        ("Customer ID;Customer name;Points\n1;A;10.5\n2;B;7\n3;C;300", None),
        ("Employee ID;Name;Email\n1;A;a@x.com\n2;B;b@x.com\n3;C;c@x.com", None),
    ],
)
def test_a_list_that_says_who_the_customers_are_and_no_more_is_theirs(text, table):
    found = read(text)
    assert (found.layout.table if found else None) == table
    assert found is None or "name" in found.columns
