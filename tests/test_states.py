"""What became of a record: by its status in any of nine languages, else by the row, else it is said."""

from __future__ import annotations

import re
import shlex
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import api
from crm_metrics.loaders.state_words import state_words
from crm_metrics.schema import STATES
from crm_metrics.settings import from_pairs, load, validated

from .conftest import TODAY

LANGUAGES = {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja"}
NORDIC = {"sv", "da"}  # states alone: their headers are not known


def words_of(table: str) -> dict[str, Any]:
    return tomllib.loads(files("crm_metrics.loaders.states").joinpath(f"{table}.toml").read_text(encoding="utf-8"))


def report(folder: Path, text: str, metrics: str, *, table: str | None = None, **chosen: Any) -> Any:
    """The report of one file of March 2025, and its problems."""
    path = folder / f"{table or 'table'}.csv"
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    settings = validated({"as_of": "2025-03-31"} | chosen, "test")
    return api.report([str(path)], period="2025-03", metrics=metrics.split(), settings=settings, today=TODAY)


def values(made: Any) -> dict[str, float | None]:
    rows = made.rows
    return {
        name: (None if status == "unavailable" else value)
        for name, value, status in zip(rows["metric"], rows["value"], rows["status"], strict=True)
    }


def unknown(made: Any) -> list[str]:
    return [issue.sentence for issue in made.issues if issue.code == "unknown-state"]


# ---- words ----


@pytest.mark.parametrize("table", STATES)
def test_every_state_has_words_in_each_language_and_no_other_state_is_there(table: str) -> None:
    block = {name: words for name, words in words_of(table).items() if isinstance(words, dict)}

    assert set(block) == set(STATES[table])
    assert {state: set(words) for state, words in block.items()} == dict.fromkeys(STATES[table], LANGUAGES | NORDIC)


def test_every_side_of_churn_has_words_in_nine_languages() -> None:
    block = {name: words for name, words in words_of("churn_reasons").items() if isinstance(words, dict)}

    assert {side: set(words) for side, words in block.items()} == dict.fromkeys(
        ("involuntary", "voluntary", "neither"), LANGUAGES
    )


def test_renewals_and_other_deals_have_words_in_nine_languages() -> None:
    block = {name: words for name, words in words_of("deal_types").items() if isinstance(words, dict)}

    assert {kind: set(words) for kind, words in block.items()} == dict.fromkeys(("renewal", "other"), LANGUAGES)


@pytest.mark.parametrize("table", ["responses", "answers"])
def test_every_word_for_answers_is_there_in_each_language(table: str) -> None:
    block = {name: words for name, words in words_of(table).items() if isinstance(words, dict)}

    assert {name: set(words) for name, words in block.items()} == dict.fromkeys(block, LANGUAGES | NORDIC)


@pytest.mark.parametrize("table", [*STATES, "churn_reasons", "deal_types", "responses", "answers"])
def test_no_word_stands_for_two_states(table: str) -> None:
    known = state_words(table)
    wrong = [
        (word, state, known.of_status(word))
        for state, languages in words_of(table).items()
        if isinstance(languages, dict)
        for words in languages.values()
        for word in words
        if not word.endswith("*") and known.of_status(word) != state
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("table", "label", "state"),
    [
        ("orders", "Cancelled by customer", "cancelled"),
        ("orders", "cancelled-by-buyer", "cancelled"),
        ("orders", "CANCELADA por el cliente", "cancelled"),
        ("orders", "Annulée", "cancelled"),
        ("orders", "ｷｬﾝｾﾙ（購入者）", "cancelled"),
        ("orders", "Shipped - Returned to Seller", "cancelled"),
        ("orders", "Livrée", "sold"),
        ("orders", "PartiallyPaid", "sold"),
        ("orders", "complete – not refunded", "sold"),
        ("orders", "Refund requested", "sold"),
        ("orders", "partially_refunded", "sold"),
        ("orders", "Zwrócony", "refunded"),
        ("orders", "vencida", "pending"),
        ("tickets", "Closed - no response", "solved"),
        ("tickets", "6 - Resolved", "solved"),
        ("tickets", "Zamknięty", "solved"),
        ("tickets", "GELOEST", None),
        ("tickets", "Gelöste", "solved"),
        ("tickets", "Closed (duplicate)", "left-out"),
        ("tickets", "Ticket Cancellati", "left-out"),
        ("tickets", "On-hold (customer)", "open"),
        ("tickets", "Not resolved", "open"),
        ("tickets", "en cours", "open"),
        ("tickets", "wacht op klant", "open"),
        ("subscriptions", "past_due", "active"),
        ("subscriptions", "Pending cancellation", "active"),
        ("subscriptions", "Trial expired", "trial"),
        ("subscriptions", "Résilié par le client", "ended"),
        ("subscriptions", "解約済み", "ended"),
        ("leads", "Closed - Not Converted", "lost"),
        ("leads", "Closed - Converted", "converted"),
        ("customers", "Ehemaliger Kunde", "left"),
    ],
)
def test_a_status_is_known_by_its_first_words(table: str, label: str, state: str | None) -> None:
    assert state_words(table).of_status(label) == state


@pytest.mark.parametrize(
    ("table", "label"),
    [
        ("tickets", "Closed-loop review"),  # a hyphen makes one word of two
        ("tickets", "Openai"),
        ("tickets", "Fixture"),
        ("orders", "en cours"),  # processing, pending or under way
        ("orders", "Cancellation requested"),
        ("orders", "completeness check"),
        ("subscriptions", "vencido"),  # expired, or overdue
        ("subscriptions", "en cours"),
        ("subscriptions", "Cancellation call booked"),
    ],
)
def test_what_only_sounds_like_a_state_is_not_known(table: str, label: str) -> None:
    assert state_words(table).of_status(label) is None


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("Closed Won - Expansion", "won"),
        ("Closed-Lost: price", "lost"),
        ("Gagnée", "won"),
        ("Cerrada-ganada", "won"),
        ("fechado vencido", "won"),
        ("受注", "won"),
        ("Verloren", "lost"),
        ("vencido", None),
        ("Won verbally", None),
        ("Lost contact", None),
        ("Closed", None),
        ("受注見込み", None),
    ],
)
def test_a_stage_is_known_by_its_whole_name(stage: str, state: str | None) -> None:
    assert state_words("deals").of_name(stage) == state


# ---- evidence ----


def test_a_known_word_decides_and_else_the_solved_date_does(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        """Ticket ID,Created,Resolved at,Status
        1,2025-03-03,2025-03-04,Parkiert
        2,2025-03-03,2025-03-05,Open
        3,2025-03-03,,Parkiert
        4,2025-03-03,,offen
        5,2025-03-03,2025-03-06,""",
        "tickets_solved backlog",
    )

    assert values(made) == {"tickets_solved": 2, "backlog": 3}
    assert len(unknown(made)) == 1
    assert "1 row" in unknown(made)[0]
    assert "'Parkiert': 1" in unknown(made)[0]
    assert "counted as open" in unknown(made)[0]


def test_without_any_date_an_unknown_ticket_is_in_no_backlog_and_with_no_known_word_there_is_none(
    tmp_path: Path,
) -> None:
    some = "Ticket ID,Created,Status\n1,2025-03-03,Parkiert\n2,2025-03-03,neu\n3,2025-03-03,"
    made = report(tmp_path, some, "backlog")
    assert values(made) == {"backlog": 1}
    assert "'Parkiert': 1, blank: 1" in unknown(made)[0]

    none = report(tmp_path, some.replace("neu", "Parkiert"), "backlog tickets_created")
    assert values(none) == {"backlog": None, "tickets_created": 3}


def test_deleted_tickets_are_left_out_with_their_reason(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        """Ticket ID,Created,Resolved at,Status
        1,2025-03-03,2025-03-04,Usunięte
        2,2025-03-03,,Fusionné
        3,2025-03-03,,迷惑メール
        4,2025-03-03,,Offen""",
        "tickets_created backlog",
    )

    assert values(made) == {"tickets_created": 1, "backlog": 1}
    assert dict(made.sources[0].left_out) == {"other-state": 3}


DEALS = """Deal ID,Stage,Amount,Created,Closed Date,Lost Reason,Active,Probability
1,Gewonnen,100,2025-02-01,2025-03-04,,True,100
2,Angebot,100,2025-02-01,2025-03-05,{reason},{active},{probability}
3,Angebot,100,2025-02-01,,,True,30"""


@pytest.mark.parametrize(
    ("reason", "active", "probability", "lost"),
    [
        ("Zu teuer", "True", "10", 1),
        ("", "False", "0", 1),
        ("", "False", "40", 0),  # archived, and not given up
        ("", "True", "0", 0),
        ("none", "True", "0", 0),
    ],
)
def test_a_deal_is_lost_by_a_reason_or_by_being_archived_without_a_chance(
    tmp_path: Path, reason: str, active: str, probability: str, lost: int
) -> None:
    text = DEALS.format(reason=reason, active=active, probability=probability)

    assert values(report(tmp_path, text, "deals_lost open_deals")) == {"deals_lost": lost, "open_deals": 2 - lost}


def test_a_column_of_reasons_that_won_deals_have_too_tells_nothing(tmp_path: Path) -> None:
    text = DEALS.format(reason="Price", active="True", probability="10").replace("03-04,,", "03-04,Price,")

    assert values(report(tmp_path, text, "deals_lost")) == {"deals_lost": 0}


@pytest.mark.parametrize(
    ("more", "cell", "states"),
    [
        (",IsClosed", ",false", {}),
        (",Lost time", ",", {}),
        ("", "", {"deals": {"Angebot": "open"}}),
    ],
)
def test_a_deal_that_anything_calls_open_is_not_lost_by_its_reason(
    tmp_path: Path, more: str, cell: str, states: dict[str, Any]
) -> None:
    header, won, *others = DEALS.format(reason="Price", active="True", probability="10").splitlines()
    closed = cell.replace("false", "true")
    text = "\n".join([header + more, won + closed, *(line + cell for line in others)])

    assert values(report(tmp_path, text, "deals_lost open_deals", states=states))["deals_lost"] == 0


def test_a_status_of_deals_decides_before_a_reason(tmp_path: Path) -> None:
    text = """Deal ID,Stage,Status,Amount,Created,Closed Date,Lost Reason
    1,Oferta,Ganado,100,2025-02-01,2025-03-04,
    2,Oferta,Abierto,100,2025-02-01,,Precio"""

    assert values(report(tmp_path, text, "deals_won deals_lost")) == {"deals_won": 1, "deals_lost": 0}


@pytest.mark.parametrize(
    "stage",
    [
        *("Verloren an Wettbewerb", "Perdu prix", "Cerrado pendiente", "Gewonnen?!x"),
        *(
            "Converted",
            "Customer",
            "Not interested",
            "Rejected",
            "Konvertiert",
            "Client",
            "Rechazado",
            "Não qualificado",
        ),
        *("Cliente", "Geen interesse", "Odrzucone", "顧客"),  # as a lead ends
    ],
)
def test_a_stage_that_sounds_like_an_ending_in_any_language_is_asked_about(tmp_path: Path, stage: str) -> None:
    from crm_metrics.errors import AmbiguousError

    text = f"Deal ID,Stage,Amount,Close Date\n1,Won,100,2025-03-04\n2,{stage},100,2025-03-05"
    with pytest.raises(AmbiguousError):
        report(tmp_path, text, "win_rate")

    settled = report(tmp_path, text, "win_rate", states={"deals": {stage: "lost"}})
    assert values(settled) == {"win_rate": 0.5}


SUBSCRIPTIONS = """Subscription ID,Customer,Start Date,{ends}Status,MRR
1,A,2025-01-01,{none}aktiv,10
3,C,2025-03-20,{none}aktiv,1
2,B,2025-01-01,{end}{status},10"""


@pytest.mark.parametrize(
    ("status", "ends", "mrr"),
    [
        ("Ruht", "End Date,", 21),  # no end where there could be one: still active, and said
        ("gekündigt", "End Date,", 11),  # over, nobody knows since when
        ("Testphase", "End Date,", 11),
        ("ausstehend", "End Date,", 11),
        ("past_due", "End Date,", 21),
    ],
)
def test_a_subscription_is_paid_while_its_word_or_its_dates_say_so(
    tmp_path: Path, status: str, ends: str, mrr: float
) -> None:
    blank = "," if ends else ""
    text = SUBSCRIPTIONS.format(ends=ends, none=blank, end=blank, status=status)
    made = report(tmp_path, text, "mrr")

    assert values(made) == {"mrr": mrr}
    assert bool(unknown(made)) == (status == "Ruht")


def test_an_unknown_word_with_an_end_date_has_ended(tmp_path: Path) -> None:
    text = SUBSCRIPTIONS.format(ends="End Date,", none=",", end="2025-02-10,", status="Ruht")
    made = report(tmp_path, text, "mrr")

    assert values(made) == {"mrr": 11}
    assert unknown(made) == []


def test_a_lead_of_an_unknown_status_is_in_no_share(tmp_path: Path) -> None:
    text = "Lead ID,Created,Status\n1,2025-03-01,Kunde\n2,2025-03-01,neu\n3,2025-03-01,Zzz\n4,2025-03-01,"
    made = report(tmp_path, text, "lead_conversion_to_date", conversion_days=1)

    assert values(made)["lead_conversion_to_date"] == 0.5
    assert "'Zzz': 1" in unknown(made)[0]


# ---- settled ----


ORDERS = """Order ID,Customer,Order Date,Amount,Currency,Status
1,A,2025-03-03,100,EUR,It's gone
2,B,2025-03-04,10,EUR,bezahlt
3,C,2025-03-05,40,EUR,Qwx
4,D,2025-03-05,5,EUR,"""


def test_the_line_that_is_printed_settles_all_words_at_once(tmp_path: Path) -> None:
    made = report(tmp_path, ORDERS, "revenue")
    assert values(made) == {"revenue": 155}
    said = unknown(made)[0]
    assert "3 rows" in said
    assert "145 EUR in all" in said
    assert "counted as sold" in said

    option = shlex.split(said.partition("To say what each means: ")[2].partition(" (row")[0])[1]
    settings = validated(from_pairs([option]), "--set")
    settled = api.report(
        [str(tmp_path / "table.csv")], period="2025-03", metrics=["revenue"], settings=settings, today=TODAY
    )
    assert unknown(settled) == []
    assert values(settled) == {"revenue": 155}

    option = re.sub(r'(gone"|Qwx") = "sold"', r'\1 = "cancelled"', option)
    settings = validated(from_pairs([option]), "--set")
    settled = api.report(
        [str(tmp_path / "table.csv")], period="2025-03", metrics=["revenue"], settings=settings, today=TODAY
    )
    assert values(settled) == {"revenue": 15}
    assert dict(settled.sources[0].left_out) == {"cancelled-order": 2}


def test_the_settings_file_and_the_option_hold_together(tmp_path: Path) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_text('states.orders = { "Qwx" = "cancelled" }\nstates.tickets = { "P" = "open" }\n', encoding="utf-8")
    settings = load(path, over=from_pairs(['states.orders={ "It\'s gone" = "refunded" }']))

    assert settings.states == {"orders": {"Qwx": "cancelled", "It's gone": "refunded"}, "tickets": {"P": "open"}}


def test_a_star_is_any_other_word_and_empty_text_a_blank_one(tmp_path: Path) -> None:
    made = report(tmp_path, ORDERS, "revenue", states={"orders": {"*": "cancelled", "": "sold"}})

    assert values(made) == {"revenue": 15}
    assert unknown(made) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"orders": {"X": "won"}}, "sold, cancelled, refunded, pending"),
        ({"ordres": {"X": "sold"}}, "orders"),
    ],
)
def test_a_state_or_table_that_does_not_exist_is_refused(written: dict[str, Any], said: str) -> None:
    from crm_metrics.errors import SettingsError

    with pytest.raises(SettingsError, match=said):
        validated({"states": written}, "test")


def test_many_words_are_settled_by_a_star(tmp_path: Path) -> None:
    lines = [f"{number},A,2025-03-03,1,Zq{number:02}x" for number in range(30)]
    made = report(tmp_path, "\n".join(["Order ID,Customer,Order Date,Amount,Status", *lines]), "revenue")

    assert 'states.orders={ "*" = "sold" }' in unknown(made)[0]
    assert "and 25 more" in unknown(made)[0]


def test_init_writes_what_is_to_be_settled_and_keeps_what_is(tmp_path: Path) -> None:
    from crm_metrics.commands.init.starting import settings_text

    path = tmp_path / "orders.csv"
    path.write_text(ORDERS, encoding="utf-8")
    text = settings_text(api.scan([str(path)], today=TODAY), validated({}, "test"))
    assert '# states.orders = { "" = "sold", "It\'s gone" = "sold", "Qwx" = "sold" }' in text

    given = validated({"states": {"orders": {"Qwx": "cancelled"}}}, "test")
    text = settings_text(api.scan([str(path)], settings=given, today=TODAY), given)
    assert tomllib.loads(text)["states"] == {"orders": {"Qwx": "cancelled"}}


def test_scan_lists_every_state_with_its_meaning_those_left_out_too(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS + "\n5,E,2025-03-05,7,EUR,storniert\n", encoding="utf-8")
    (file,) = api.scan([str(path)], today=TODAY).files

    assert {(value.value, value.meaning, value.rows) for value in file.values} == {
        ("It's gone", "not known: counted as sold", 1),
        ("Qwx", "not known: counted as sold", 1),
        ("(none)", "not known: counted as sold", 1),
        ("bezahlt", "sold", 1),
        ("storniert", "cancelled", 1),
    }


# ---- amounts nobody gave ----


@pytest.mark.parametrize(("currency", "share"), [("EUR", 1.0), ("USD", None)])
def test_one_priced_lost_deal_of_the_currency_makes_zeros_amounts(
    tmp_path: Path, currency: str, share: float | None
) -> None:
    text = f"""Deal ID,Stage,Amount,Currency,Close Date
    1,Closed Won,100,EUR,2025-03-04
    2,Closed Lost,0,EUR,2025-03-05
    3,Closed Lost,300,{currency},2025-01-06
    4,Closed Won,300,USD,2025-01-06"""
    rows = report(tmp_path, text, "win_rate_by_value win_rate").rows
    mine = rows[(rows["metric"] == "win_rate_by_value") & (rows["currency"] != "USD")]

    assert [None if value != value else value for value in mine["value"]] == [share]


def test_lost_deals_that_all_have_0_are_not_priced(tmp_path: Path) -> None:
    text = "Deal ID,Stage,Amount,Close Date\n1,Closed Won,100,2025-03-04\n2,Closed Lost,0,2025-03-05"
    made = report(tmp_path, text, "win_rate_by_value win_rate")

    assert values(made) == {"win_rate_by_value": None, "win_rate": 0.5}
    assert set(made.rows["reason"].dropna()) == {"missing-values"}


@pytest.mark.parametrize("stage", ["Qualified", "Contacted", "Customer visit", "Follow-up", "Nurturing", "Reklamation"])
def test_a_stage_in_which_a_lead_goes_on_is_open(tmp_path: Path, stage: str) -> None:
    text = f"Deal ID,Stage,Amount,Created,Close Date\n1,Won,9,2025-03-01,2025-03-04\n2,{stage},9,2025-03-02,2025-03-05"

    assert values(report(tmp_path, text, "open_deals"))["open_deals"] == 1


@pytest.mark.parametrize(
    ("header", "won", "rest"),
    [
        ("Deal,Stage,Amount,Created,Closed,Is Won,Active", "Offer", ("1,0", "0,0", "0,1")),
        (
            "Verkoopkans,Fase,Bedrag,Aangemaakt op,Sluitingsdatum,Reden verlies,Actief",
            "Gewonnen",
            (",Ja", "Prijs,Nee", ",Ja"),
        ),
    ],
)
def test_a_deal_that_is_not_won_and_put_away_is_lost(
    header: str, won: str, rest: tuple[str, ...], tmp_path: Path
) -> None:
    text = f"""
        {header}
        a,{won},100,2025-02-01,2025-03-05,{rest[0]}
        b,Offer,200,2025-02-01,2025-03-06,{rest[1]}
        c,Offer,300,2025-02-01,,{rest[2]}
    """
    made = report(tmp_path, text, "deals_won deals_lost open_deals", table="deals")

    assert values(made) == {"deals_won": 1, "deals_lost": 1, "open_deals": 1}


def test_a_deal_that_is_put_away_with_a_chance_stays_open_and_is_said(tmp_path: Path) -> None:
    text = """
        Deal,Stage,Amount,Created,Closed,Probability,Archived
        a,Closed Won,100,2025-02-01,2025-03-05,100,yes
        b,Offer,200,2025-02-01,2025-04-30,40,yes
        c,Offer,300,2025-02-01,2025-03-06,0,yes
        d,Offer,400,2025-02-01,2025-04-30,40,no
    """
    made = report(tmp_path, text, "deals_won deals_lost open_deals", table="deals")

    assert values(made) == {"deals_won": 1, "deals_lost": 1, "open_deals": 2}
    assert [issue.count for issue in made.issues if issue.code == "archived-open"] == [1]


# ---- records that are none any more ----


@pytest.mark.parametrize(
    ("header", "gone", "here"),
    [
        ("Deleted", "yes", "no"),
        ("Is Spam", "true", "false"),
        ("Is Duplicate", "1", "0"),
        ("Merged", "x", ""),
        ("Merged at", "2025-03-05 10:00:00", "1970-01-01 00:00:00"),
        ("Deleted on", "2025-03-05", "0000-00-00"),
        ("Merged into", "1", ""),
        ("Duplicate of", "1", "0"),
        ("Test", "yes", "no"),
    ],
)
@pytest.mark.parametrize("table", ["tickets", "leads", "deals"])
def test_what_is_deleted_merged_spam_or_a_test_is_left_out(
    table: str, header: str, gone: str, here: str, tmp_path: Path
) -> None:
    columns = {
        "tickets": "Ticket ID,Status,Created at,Solved at",
        "leads": "Lead ID,Status,Created at,Converted at",
        "deals": "Deal ID,Stage,Created at,Closed at",
    }[table]
    text = f"""
        {columns},{header}
        1,Open,2025-03-03,,{here}
        2,Open,2025-03-04,,{gone}
        3,Open,2025-03-05,,{here}
        4,Open,2025-03-06,,{here}
    """
    made = report(tmp_path, text, f"{table}_created", table=table)

    assert values(made) == {f"{table}_created": 3}
    assert [issue.count for issue in made.issues if issue.code == "deleted-row"] == [1]


def test_any_of_several_columns_marks_a_record_as_gone(tmp_path: Path) -> None:
    text = """
        Ticket ID,Subject,Created at,Solved at,Spam,Deleted,Merged into,Spam score
        1,spam in my inbox,2025-03-03,,no,no,,0.9
        2,b,2025-03-04,,yes,no,,0.9
        3,c,2025-03-05,,no,yes,,0.1
        4,merged twice,2025-03-06,,no,no,,0.1
        5,e,2025-03-07,,no,no,4,0.1
    """
    made = report(tmp_path, text, "tickets_created", table="tickets")

    assert values(made) == {"tickets_created": 2}


@pytest.mark.parametrize(("table", "header"), [("orders", "Livemode"), ("orders", "Live mode")])
def test_what_a_test_mode_wrote_is_left_out(table: str, header: str, tmp_path: Path) -> None:
    text = f"""
        Order ID,Customer,Order date,Amount,{header}
        1,A,2025-03-01,100,true
        2,B,2025-03-02,50,false
    """
    assert values(report(tmp_path, text, "revenue", table=table)) == {"revenue": 100}


# ---- flags ----


@pytest.mark.parametrize(
    ("headers", "rows"),
    [
        ("Order ID,Customer,Order date,Amount,Cancelled,Refunded", ("No,No", "Yes,No", "No,Yes")),
        ("Order ID,Customer,Order date,Amount,Voided,Is refunded", ("0,0", "1,0", "0,1")),
        ("N° commande,Client,Date,Montant,Annulée,Remboursée", ("Non,Non", "Oui,Non", "Non,Oui")),
        ("Bestellnummer,Kunde,Bestelldatum,Betrag,Storniert,Erstattet", ("Nein,Nein", "Ja,Nein", "Nein,Ja")),
        ("Bestelnummer,Klant,Besteldatum,Bedrag,Geannuleerd,Retour", ("Nee,Nee", "Ja,Nee", "Nee,Ja")),
    ],
)
@pytest.mark.parametrize("status", ["", "paid", "Whatever"])
def test_a_flag_that_ends_an_order_holds_whatever_its_status(
    headers: str, rows: tuple[str, ...], status: str, tmp_path: Path
) -> None:
    more = ",Status" if status else ""
    amounts = ("100", "50", "30")
    lines = [f"{at},C{at},2025-03-0{at},{amounts[at - 1]},{row},{status}".rstrip(",") for at, row in enumerate(rows, 1)]
    made = report(tmp_path, "\n".join([headers + more, *lines]), "revenue orders refunds", table="orders")

    assert values(made) == {"revenue": 100, "orders": 2, "refunds": -30}


def test_amounts_given_back_are_no_flags(tmp_path: Path) -> None:
    rows = "\n".join(f"{at},C{at},2025-03-02,10,{0 if at < 150 else 2}" for at in range(1, 151))
    made = report(tmp_path, f"Order ID,Customer,Order date,Amount,Refunded\n{rows}", "revenue refunds", table="orders")

    assert values(made) == {"revenue": 1498, "refunds": -2}


def test_a_flag_of_a_ticket_or_a_subscription_says_that_it_is_over(tmp_path: Path) -> None:
    tickets = report(
        tmp_path,
        "Ticket ID,Subject,Created at,Resolved\n1,a,2025-03-01,Yes\n2,b,2025-03-02,No",
        "backlog",
        table="tickets",
    )
    subscriptions = report(
        tmp_path,
        """
        Subscription ID,Customer,MRR,Start date,End date,Active
        1,A,10,2025-03-01,,Yes
        2,B,20,2025-03-01,2025-03-20,No
        3,C,40,2025-03-01,,No
        """,
        "mrr",
        table="subscriptions",
    )

    assert values(tickets) == {"backlog": 1}
    assert values(subscriptions) == {"mrr": 10}
    assert [issue.count for issue in subscriptions.issues if issue.code == "ended-without-date"] == [1]


@pytest.mark.parametrize(
    ("columns", "rows", "count"),
    [
        ("Expected close,Actual close", ("2025-03-01,2025-03-02", "2025-03-01,2025-03-03", "2025-04-01,"), [1]),
        ("Expected close,Status,Actual close", ("2025-03-01,Lost,2025-03-02", ",Won,2025-03-03", ",Open,"), []),
        ("Close date", ("2025-04-02", "2025-03-03", ""), []),  # when it is expected
    ],
)
def test_a_date_of_the_end_without_an_end_is_said(
    columns: str, rows: tuple[str, ...], count: list[int], tmp_path: Path
):
    text = f"""
        Deal ID,Stage,Amount,Created,{columns}
        1,Proposal,100,2025-02-01,{rows[0]}
        2,Closed Won,100,2025-02-01,{rows[1]}
        3,Proposal,100,2025-02-01,{rows[2]}
    """
    made = report(tmp_path, text, "deals_won open_deals", table="deals")

    assert [issue.count for issue in made.issues if issue.code == "closed-open"] == count


@pytest.mark.parametrize("word", ["Trash", "Test order", "Spam", "Papierkorb", "Doublon", "Duplicado"])
def test_orders_in_the_bin_and_tests_are_no_sales(word: str, tmp_path: Path):
    text = f"""
        Order ID,Customer,Order date,Amount,Status
        1,A,2025-03-01,100,paid
        2,B,2025-03-02,50,{word}
    """
    assert values(report(tmp_path, text, "revenue", table="orders")) == {"revenue": 100}
