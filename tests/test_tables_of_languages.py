"""Which table a file is, and which of its columns is which, in nine languages: subscriptions, answers, histories, loans."""

from __future__ import annotations

import pytest

from .test_whole_table import columns, read

INTERVALS = [
    ("Kunde;Tarif;Preis;Zahlungsweise;Vertragsbeginn", "monatlich", "jährlich"),
    ("Client;Formule;Montant;Périodicité;Date de début", "mensuelle", "annuelle"),
    ("Cliente;Plan;Precio;Periodicidad;Fecha de inicio", "mensual", "anual"),
    ("Cliente;Plano;Valor;Periodicidade;Data de início", "mensal", "anual"),
    ("Cliente;Piano;Prezzo;Frequenza;Data inizio", "mensile", "annuale"),
    ("Klant;Abonnement;Prijs;Facturatieperiode;Startdatum", "per maand", "per jaar"),
    ("Klient;Plan;Cena;Okres rozliczeniowy;Data rozpoczęcia", "miesięcznie", "rocznie"),
    ("顧客;プラン;金額;請求期間;開始日", "毎月", "毎年"),
    ("Customer;Plan;Price;Billing cycle;Start date", "Monthly", "Annual"),
    ("Customer;Plan;Price;Frequency;Start date", "P1M", "P1Y"),
]


@pytest.mark.parametrize(("header", "month", "year"), INTERVALS, ids=[header for header, _, _ in INTERVALS])
def test_the_interval_of_subscriptions_is_known_by_its_words_and_cells(header, month, year):
    rows = ["X;P;10.5;{};2025-01-03", "Y;P;120.5;{};2025-01-04", "X;Q;9.5;{};2025-01-09"]
    names = ["customer", "plan", "amount", "interval", "started_at"]
    filled = [row.format(cell) for row, cell in zip(rows, (month, year, month), strict=True)]
    assert columns("\n".join([header, *filled])) == dict(zip(names, header.split(";"), strict=True))


def test_a_name_of_an_interval_that_is_that_of_other_things_too_needs_its_cells():
    cells = ["X;P;10.5;SEPA;2025-01-03", "Y;P;120.5;PayPal;2025-01-04", "X;Q;9.5;SEPA;2025-01-09"]
    found = read("\n".join(["Kunde;Tarif;Preis;Zahlungsweise;Vertragsbeginn", *cells]))
    assert found is None or "interval" not in found.columns


@pytest.mark.parametrize(
    "header",
    [
        "Abonnement;Kunde;Tarif;Betrag;Intervall;Startdatum",
        "Abonnement;Client;Formule;Montant;Périodicité;Date de début",
        "Suscripción;Cliente;Plan;Importe;Periodicidad;Fecha de inicio",
        "Assinatura;Cliente;Plano;Valor;Periodicidade;Data de início",
        "Abbonamento;Cliente;Piano;Importo;Periodicità;Data inizio",
        "Abonnement;Klant;Plan;Bedrag;Facturatieperiode;Startdatum",
        "Abonament;Klient;Plan;Kwota;Okres rozliczeniowy;Data rozpoczęcia",
        "Subscription;Customer;Plan;Amount;Interval;Start date",
        "Contract;Customer;Plan;Amount;Interval;Start date",
    ],
)
def test_a_bare_subscription_is_its_id_or_its_plan_by_its_cells(header):
    rows = ["{};X;Pro;10.5;1 m;2025-01-03", "{};Y;Pro;120.5;1 y;2025-01-04", "{};X;Team;9.5;1 m;2025-01-09"]
    names = header.split(";")
    expected = dict(zip(("customer", "amount", "interval", "started_at"), [names[1], *names[3:]], strict=True))

    def found(plan: str, *cells: str) -> dict[str, str]:
        filled = [row.format(cell) for row, cell in zip(rows, cells, strict=True)]
        return columns("\n".join([header.replace(names[2], plan), *filled]))

    assert found(names[2], "S1", "S2", "S3") == {**expected, "subscription_id": names[0], "plan": names[2]}
    assert found("Memo", "Pro", "Team", "Pro") == {**expected, "plan": names[0]}  # no other is the plan
    assert found("Memo", "Pro1", "Team2", "Pro1") == {**expected, "plan": names[0]}  # an id does not come back
    assert found("Memo", "yes", "no", "yes") == expected
    assert found("Memo", "month-to-month", "1 year", "2 years") == expected  # how long, not which


RATED = [
    "Date;Agent;Rating;Comment;Ticket ID",
    "Datum;Bearbeiter;Bewertung;Kommentar;Ticket-ID",
    "Date;Conseiller;Note;Commentaire;Numéro de ticket",
    "Fecha;Agente;Calificación;Comentario;Número de ticket",
    "Data;Atendente;Avaliação;Comentário;ID do ticket",
    "Data;Operatore;Valutazione;Commento;Numero ticket",
    "Datum;Medewerker;Beoordeling;Opmerking;Ticketnummer",
    "Data;Konsultant;Ocena;Komentarz;Numer zgłoszenia",
    "日付;担当者;評価;コメント;チケット番号",
]


@pytest.mark.parametrize("header", RATED)
def test_ratings_that_name_their_ticket_are_answers(header):
    rows = ["2025-01-03;Ann;5;good;T1", "2025-01-04;Ben;3;;T2", "2025-01-05;Ann;4;;T3"]
    expected = dict(zip(("responded_at", "owner", "score", "comment"), header.split(";"), strict=False))
    assert columns("\n".join([header, *rows])) == expected
    assert read("\n".join([header, *rows])).layout.table == "responses"
    unanswered = [*rows[:2], "2025-01-05;Ann;;;T3"]
    assert read("\n".join([header, *unanswered])).layout.table == "responses"
    # What became of a ticket, what it is about, a rating of few: a list of tickets.
    for more, cells in (("Status", "closed open closed"), ("Priority", "high low low"), ("Subject", "a b c")):
        filled = [f"{row};{cell}" for row, cell in zip(rows, cells.split(), strict=True)]
        assert read("\n".join([f"{header};{more}", *filled])).layout.table == "tickets"
    few = ["2025-01-03;Ann;5;;T1", "2025-01-04;Ben;;;T2", "2025-01-05;Ann;;;T3"]
    assert read("\n".join([header, *few])).layout.table == "tickets"


def test_ratings_without_a_comment_are_answers_where_every_row_has_one():
    rows = ["T1;2025-01-03;Ann;5", "T2;2025-01-04;Ben;3", "T3;2025-01-05;Ann;{}"]
    header = "Ticket ID;Date;Agent;Rating"
    assert read("\n".join([header, *rows]).format("4")).layout.table == "responses"
    assert read("\n".join([header, *rows]).format("")).layout.table == "tickets"
    assert read("\n".join([header, *rows[:2]])).layout.table == "tickets"  # too few to tell
    words = [row.replace(";5", ";Good").replace(";3", ";Bad") for row in rows]
    assert read("\n".join([header, *words]).format("Good")).layout.table == "tickets"  # no score


FORMS = {
    "ID;Start time;Completion time;Email;Name": "How would you rate our service?",
    "ID;Startzeit;Fertigstellungszeit;E-Mail;Name": "Wie bewerten Sie unseren Service?",
    "ID;Heure de début;Heure de fin;Adresse de messagerie;Nom": "Comment évaluez-vous notre service ?",
    "ID;Hora de inicio;Hora de finalización;Correo electrónico;Nombre": "¿Cómo califica nuestro servicio?",
    "ID;Hora de início;Hora de conclusão;Email;Nome": "Como avalia o nosso serviço?",
    "ID;Ora di inizio;Ora di completamento;Posta elettronica;Nome": "Come valuta il nostro servizio?",
    "ID;Begintijd;Tijd van voltooien;E-mail;Naam": "Hoe beoordeelt u onze service?",
    "ID;Godzina rozpoczęcia;Godzina ukończenia;Adres e-mail;Nazwa": "Jak oceniasz naszą obsługę?",
    "ID;開始時刻;完了時刻;メール;名前": "サービスの評価をお願いします",
}


FILLED = [
    "1;2025-01-03 10:00;2025-01-03 10:04;a@x.de;A;5",
    "2;2025-01-04 11:00;2025-01-04 11:02;b@x.de;B;3",
    "3;2025-01-05 12:00;2025-01-05 12:09;c@x.de;C;4",
]


@pytest.mark.parametrize(("header", "question"), FORMS.items(), ids=FORMS.values())
def test_a_form_is_answers_in_nine_languages_whatever_it_asks(header, question):
    _, _, completed, email, _ = header.split(";")
    expected = {"response_id": "ID", "responded_at": completed, "customer_email": email}
    assert columns("\n".join([f"{header};{question}", *FILLED])) == {**expected, "score": question}
    assert columns("\n".join([f"{header};Xyz?", *FILLED])) == expected  # which question it is, is asked


@pytest.mark.parametrize("header", [*FORMS, "ID;Starttid;Slutförandetid;E-post;Name", "Id;Started;Ready;Email;Name"])
def test_what_is_filled_in_within_a_day_is_no_customer_in_any_language(header):
    first, *rest = header.split(";")
    other = ";".join([f"Form {first}", *rest])  # no tool's header
    found = read("\n".join([f"{other};Xyz?", *FILLED]))
    assert found is None or found.layout.table == "responses"


@pytest.mark.parametrize(
    "end", [("Churn date", "2025-03-01"), ("Last modified", "{}"), ("Last login", "{}"), ("Churn date", "")]
)
def test_customers_with_a_second_date_stay_customers(end):
    label, cell = end
    rows = [
        f"{at};A{at};a{at}@x.de;{day} 10:00;{cell.format(day)}"
        for at, day in enumerate(("2025-01-03", "2025-01-04", "2025-01-05"))
    ]
    found = read("\n".join([f"ID;Name;Email;Signup date;{label}", *rows]))
    assert found is not None
    assert found.layout.table == "customers"


@pytest.mark.parametrize(
    "header",
    [
        "Timestamp;How would you rate our service?",
        "Zeitstempel;Wie bewerten Sie unseren Service?",
        "Horodateur;Comment évaluez-vous notre service ?",
        "Marca temporal;¿Cómo calificaría nuestro servicio?",
        "Carimbo de data/hora;Como você avalia o atendimento?",
        "Informazioni cronologiche;Come valuteresti il servizio?",
        "Tijdstempel;Hoe beoordeelt u onze service?",
        "Sygnatura czasowa;Jak oceniasz obsługę?",
        "タイムスタンプ;サービスを評価してください",
    ],
)
def test_a_question_for_a_rating_is_a_score_in_nine_languages(header):
    rows = ["2025-01-03 10:00;5", "2025-01-04 11:00;3", "2025-01-05 11:00;4"]
    assert columns("\n".join([header, *rows])) == dict(zip(("responded_at", "score"), header.split(";"), strict=True))


@pytest.mark.parametrize(
    "header",
    [
        "Deal-ID;Phase;Eingetreten am",
        "Opportunité;Étape;Entrée le",
        "Oportunidad;Etapa;Fecha de entrada",
        "Negócio;Etapa;Data de entrada",
        "Opportunità;Fase;Data ingresso",
        "Deal;Fase;Ingegaan op",
        "Szansa;Etap;Data wejścia",
        "案件;ステージ;移行日",
        "Opportunity;Stage;Entered",
    ],
)
def test_a_history_of_stages_is_read_in_nine_languages_where_deals_come_back(header):
    rows = ["D1;Lead;2025-01-03", "D1;Demo;2025-01-13", "D2;Lead;2025-01-04", "D2;Won;2025-01-24"]
    found = read("\n".join([header, *rows]))
    assert found is not None
    assert found.layout.table == "deal_stages"
    assert columns("\n".join([header, *rows])) == dict(
        zip(("deal_id", "stage", "entered_at"), header.split(";"), strict=True)
    )
    alone = ["D1;Lead;2025-01-03", "D2;Demo;2025-01-13", "D3;Lead;2025-01-04", "D4;Won;2025-01-24"]
    assert found.score > getattr(
        read("\n".join([header, *alone])), "score", 0
    )  # a list of deals in which none comes back


LENT = [
    "L1;a;10000;5.1;2025-01-03;2030-01-03;189.5",
    "L2;b;20000;4.1;2025-01-13;2030-01-13;369.5",
    "L3;c;5000;6.1;2025-02-03;2028-02-03;152.5",
]


@pytest.mark.parametrize(
    "header",
    [
        "Loan ID;Borrower;Principal;Rate;Start;Maturity;Monthly Payment",
        "Contract ID;Customer;Principal;Interest rate;Start date;End date;Monthly amount",
        "Vertragsnummer;Kunde;Darlehensbetrag;Zinssatz;Beginn;Ende;Monatsbetrag",
        "Numéro de contrat;Client;Capital;Taux d'intérêt;Date de début;Date de fin;Mensualité",
        "ID contrato;Cliente;Capital;Tipo de interés;Fecha de inicio;Fecha de fin;Cuota mensual",
        "Contrato;Cliente;Valor do empréstimo;Taxa de juros;Data de início;Data de término;Mensalidade",
        "Contratto;Cliente;Importo;Tasso di interesse;Data inizio;Data fine;Canone mensile",
        "Contract;Klant;Bedrag;Rentepercentage;Startdatum;Einddatum;Maandbedrag",
        "Umowa;Klient;Kwota;Oprocentowanie;Data rozpoczęcia;Data zakończenia;Opłata miesięczna",
        "契約;顧客;金額;金利;開始日;終了日;月額",
    ],
)
def test_loans_are_no_subscriptions_orders_or_customers_in_nine_languages(header):
    assert read("\n".join([header, *LENT])) is None


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (
            "Subscription ID;Customer;Start;End;MRR;Interest\ns1;a;2025-01-03;;5;x\ns2;b;2025-01-04;;6;y",
            "subscriptions",
        ),
        (
            "Customer ID,Name,Email,Signup date,Loan amount\n1,a,a@x.de,2025-01-03,5\n2,b,b@x.de,2025-01-04,6",
            "customers",
        ),
        ("Order ID,Customer,Order date,Total,Loan ID\n1,a,2025-01-03,5.5,\n2,b,2025-01-04,6,L1", "orders"),
        ("Ticket ID,Created,Subject,Status,Loan ID\n1,2025-01-03,a,open,L1\n2,2025-01-04,b,closed,L2", "tickets"),
    ],
)
def test_what_only_mentions_a_loan_is_read_as_what_it_is(text, table):
    assert read(text).layout.table == table


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Deal;Account;Stage;Xyz;Amount;Created;Close date", "Won Lost Open"),
        ("Verkaufschance;Kunde;Phase;Xyz;Betrag;Erstellt am;Abschlussdatum", "gewonnen verloren offen"),
        ("Opportunité;Client;Étape;Xyz;Montant;Créé le;Date de clôture", "Gagnée Perdue Ouverte"),
        ("Trattativa;Azienda;Fase;Xyz;Valore;Data creazione;Data chiusura", "Vinta Persa Aperta"),
        ("Szansa;Klient;Etap;Xyz;Wartość;Data utworzenia;Data zamknięcia", "Wygrana Przegrana Otwarta"),
    ],
)
def test_a_column_that_says_won_and_lost_is_the_outcome_where_no_other_tells(header, cells):
    rows = [
        "a;A;Contract;{};10.5;2025-01-15;2025-03-15",
        "b;B;Offer;{};9;2025-01-16;2025-03-16",
        "c;C;Offer;{};9;2025-01-17;",
    ]
    filled = [row.format(cell) for row, cell in zip(rows, cells.split(), strict=True)]
    assert columns("\n".join([header, *filled]))["outcome"] == "Xyz"
    # The stage says it, or a cell is no outcome: what the others did, or anything else.
    told = "\n".join([header, *filled]).replace("Contract", "Closed Won")
    assert "outcome" not in columns(told)
    assert "outcome" not in columns("\n".join([header, *filled[:2], filled[2].replace(cells.split()[2], "Hamburg")]))
    twice = "\n".join([f"{header};Abc", *[f"{row};{cell}" for row, cell in zip(filled, cells.split(), strict=True)]])
    assert read(twice).candidates.get("outcome") == ("Xyz", "Abc")  # which of the two is asked


@pytest.mark.parametrize(
    "header", ["Outcome", "Ergebnis", "Résultat", "Resultado", "Esito", "Resultaat", "Wynik", "結果"]
)
def test_the_result_of_a_deal_is_known_in_nine_languages(header):
    words = {
        "Outcome": "Deal;Stage;Amount",
        "Ergebnis": "Verkaufschance;Phase;Betrag",
        "Résultat": "Opportunité;Étape;Montant",
        "Resultado": "Oportunidad;Etapa;Importe",
        "Esito": "Opportunità;Fase;Importo",
        "Resultaat": "Verkoopkans;Fase;Bedrag",
        "Wynik": "Szansa;Etap;Wartość",
        "結果": "案件;ステージ;金額",
    }[header]
    found = columns(f"{words};{header}\na;x;10.5;won\nb;y;9;lost\nc;y;7;open")
    assert found["outcome"] == header


@pytest.mark.parametrize(
    "header",
    [
        "Day;Campaign;Cost",
        "Tag;Kampagne;Kosten",
        "Date;Campagne;Coût",
        "Fecha;Campaña;Coste",
        "Data;Campanha;Custo",
        "Data;Campagna;Costo",
        "Datum;Campagne;Kosten",
        "Data;Kampania;Koszt",
        "日付;キャンペーン;費用",
    ],
)
def test_costs_of_campaigns_are_known_by_three_words_in_nine_languages(header):
    text = f"{header}\n2025-01-03;A;10.5\n2025-01-04;B;12.5"
    assert columns(text) == dict(zip(("spent_at", "campaign", "cost"), header.split(";"), strict=True))


def test_a_column_is_no_flag_where_no_cell_is_one():
    dates = ["2025-04-14;20", "2025-04-15;30", "Closed;Amount", "2025-04-16;40", "Total;90"]
    rows = [f"{cells};D{i};{('Won', 'Lost')[i % 2]}" for i, cells in enumerate(dates)]
    assert columns("\n".join(["Closed;Amount;Deal ID;Stage", *rows]))["closed_at"] == "Closed"
