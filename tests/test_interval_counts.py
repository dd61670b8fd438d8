"""A price is for so many months as its own column says, in every language; a bare word with numbers is the count, with words
the interval."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings

from .conftest import TODAY

HEADERS = {
    "en": "Subscription ID;Customer ID;Plan;Amount;Interval;Interval Count;Start Date;End Date",
    "de": "Abo-ID;Kundennummer;Tarif;Betrag;Intervall;Intervallanzahl;Startdatum;Enddatum",
    "fr": "ID abonnement;Client;Formule;Montant;Intervalle;Nombre d'intervalles;Date de début;Date de fin",
    "es": "ID suscripción;Cliente;Plan;Importe;Intervalo;Número de intervalos;Fecha de inicio;Fecha de fin",
    "it": "ID abbonamento;Cliente;Piano;Importo;Intervallo;Numero di intervalli;Data di inizio;Data di fine",
    "nl": "Abonnement-ID;Klant;Pakket;Bedrag;Interval;Aantal intervallen;Startdatum;Einddatum",
    "pl": "ID subskrypcji;Klient;Pakiet;Kwota;Interwał;Liczba interwałów;Data rozpoczęcia;Data zakończenia",
    "pt": "ID da assinatura;Cliente;Plano;Valor;Intervalo;Número de intervalos;Data de início;Data de fim",
    "ja": "契約ID;顧客;プラン;金額;請求間隔;請求間隔数;開始日;終了日",
}
MONTH = {"en": "month", "de": "Monat", "fr": "mois", "es": "mes", "it": "mese", "nl": "maand", "pl": "miesiąc"}
MONTH |= {"pt": "mês", "ja": "月"}


@pytest.mark.parametrize("language", HEADERS)
def test_the_number_of_intervals_counts(tmp_path: Path, language: str) -> None:
    charged = [("A", 30, 1), ("B", 360, 12), ("C", 90, 3)]
    month = MONTH[language]
    rows = [
        f"s{at};{who};gold;{price};{month};{count};2025-01-0{at};" for at, (who, price, count) in enumerate(charged, 5)
    ]
    rows.append(f"s8;D;gold;10;{month};1;2025-01-08;2025-01-31")
    path = tmp_path / "subscriptions.csv"
    path.write_text("\n".join([HEADERS[language], *rows]))

    frame = api.report([path], metrics=["mrr"], period="2025-01", settings=Settings(), today=TODAY).frame

    assert frame["value"].tolist() == [100]
