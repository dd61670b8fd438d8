"""Durations in words, in headers and in cells."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from crm_metrics import api
from crm_metrics.loaders.coercing.numbers import clock_minutes
from crm_metrics.loaders.content import looked_at
from crm_metrics.loaders.durations import is_spelt
from crm_metrics.loaders.naming import worded
from crm_metrics.loaders.recognising import recognise, unit_of
from crm_metrics.settings import Settings

from .conftest import TODAY

SPELT = {
    "2h 30m": 150,
    "2h30m": 150,
    "45 min": 45,
    "1d 2h": 1560,
    "30s": 0.5,
    "-2 h": -120,
    "2 hours and 30 minutes": 150,
    "2 Std. 30 Min.": 150,
    "1,5 Stunden": 90,
    "1 heure 5 minutes": 65,
    "3 horas y 10 minutos": 190,
    "2 ore e 5 minuti": 125,
    "1 uur en 5 minuten": 65,
    "2 godz. 5 min": 125,
    "2 dias, 3 horas": 3060,
    "2時間30分": 150,
    "1 h 30": 90,
    "1h05": 65,
    "PT1H30M": 90,
    "P1DT2H0M30S": 1560.5,
    "1 day, 3:00:00": 1620,
    "2 days 01:00:00": 2940,
    "-1 Tag, 0:30:00": -1470,
}


@pytest.mark.parametrize(("text", "minutes"), SPELT.items())
def test_cells_say_a_duration_in_words(text: str, minutes: float) -> None:
    assert is_spelt(text)
    assert clock_minutes(pa.array([text])).tolist() == [minutes]


@pytest.mark.parametrize("text", ["", "h", "12", "2 months", "5 mo", "3 stars", "4 km", "P1M", "2 h 2 h", "Gold 2 h"])
def test_other_cells_say_none(text: str) -> None:
    assert not is_spelt(text)
    assert looked_at([text]).form != "clock"


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Antwortzeit (Stunden)", "hours"),
        ("Antwortzeit in Minuten", "minutes"),
        ("Temps de réponse en heures", "hours"),
        ("Czas odpowiedzi w godzinach", "hours"),
        ("Reactietijd (uur)", "hours"),
        ("Tempo di risposta (ore)", "hours"),
        ("Tempo de resposta em horas", "hours"),
        ("Tiempo de respuesta (minutos)", "minutes"),
        ("初回応答時間(分)", "minutes"),
        ("Resolution time(s)", None),
        ("Ticket Tag", None),
        ("Time in status", None),
        ("Erste Antwort", None),
    ],
)
def test_headers_say_the_unit(header: str, unit: str | None) -> None:
    assert unit_of(header, worded()["tickets"]) == unit


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Ticket ID;Status;Created;Solved;First response time", ["2h 30m", "45m", "1d 2h"]),
        ("Ticket ID;Status;Created;Solved;First response time (hours)", ["2h 30m", "45m", "1d 2h"]),
        ("Ticketnummer;Status;Erstellt am;Gelöst am;Erste Antwortzeit (Stunden)", ["2,50", "0,75", "26,00"]),
        ("Ticketnummer;Status;Erstellt am;Gelöst am;Erste Antwortzeit", ["2 Std. 30 Min.", "45 Min.", "1 Tag 2 Std."]),
        ("Numéro du ticket;Statut;Créé le;Résolu le;Délai de première réponse (minutes)", ["150", "45", "1560"]),
    ],
)
def test_the_response_time_is_the_same_however_it_is_written(tmp_path: Path, header: str, cells: list[str]) -> None:
    path = tmp_path / "tickets.csv"
    rows = "".join(f"{at};solved;2025-03-0{at} 10:00;2025-03-0{at} 12:00;{cell}\n" for at, cell in enumerate(cells, 1))
    path.write_text(f"{header}\n{rows}")

    frame = api.report(
        [path], metrics=["first_response_time_mean"], period="2025-03", settings=Settings(), today=TODAY
    ).frame

    assert frame["value"].tolist() == [585.0]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Time to first response", ["3h 30m", "2h"]),
        ("Time to first response", ["3:30", "-1:20"]),
        ("First response time", ["3h 30m", "-1h 20m"]),
    ],
)
def test_what_is_left_of_a_target_is_not_the_time_taken(tmp_path: Path, header: str, cells: list[str]) -> None:
    path = tmp_path / "tickets.csv"
    rows = "".join(f"SD-{at},Done,2025-03-0{at} 10:00,2025-03-0{at} 12:00,{cell}\n" for at, cell in enumerate(cells, 1))
    path.write_text(f"Key,Status,Created,Resolved,{header}\n{rows}")

    metrics = ["first_response_time_mean", "resolution_time_mean"]
    report = api.report([path], metrics=metrics, period="2025-03", settings=Settings(), today=TODAY)

    assert report.frame["status"].tolist()[0] == "unavailable"
    assert report.frame["reason"].tolist()[0] == "missing-values"
    assert report.frame["value"].tolist()[1] == 2
    assert "time-left" in {issue.code for issue in report.issues}


@pytest.mark.parametrize(
    "header",
    [
        "ID;Erstellt am;Gelöst am;Status;Erste Antwortzeit;Lösungszeit (Std.)",
        "ID;Créé le;Résolu le;Statut;Délai de première réponse;Délai de résolution (h)",
        "ID;Creado el;Resuelto el;Estado;Tiempo de primera respuesta;Tiempo de resolución (horas)",
        "ID;Criado em;Resolvido em;Status;Tempo de primeira resposta;Tempo de resolução (horas)",
        "ID;Creato il;Risolto il;Stato;Tempo di prima risposta;Tempo di risoluzione (ore)",
        "ID;Aangemaakt op;Opgelost op;Status;Eerste reactietijd;Oplostijd (uur)",
        "ID;Utworzono;Rozwiązano;Status;Czas pierwszej odpowiedzi;Czas rozwiązania (godz.)",
    ],
)
def test_times_of_tickets_are_known_in_further_languages(header: str) -> None:
    row = ["1", "2025-03-13 10:00", "2025-03-14 10:00", "closed", "1:30:00", "5"]
    read = recognise(header.split(";"), "tickets.csv", cells=[[cell] for cell in row])

    assert read is not None
    assert (read.columns.get("first_response_minutes"), read.columns.get("resolution_minutes")) == (4, 5)
    assert read.units["resolution_minutes"] == "hours"


@pytest.mark.parametrize(
    ("header", "cells", "minutes"),
    [
        ("First response time (mm:ss)", ["90:30", "10:30"], 50.5),
        ("First response time (min:sec)", ["5:30", "1:10:30"], 38),
        ("First response time (hh:mm)", ["1:30", "0:30"], 60),
        ("First response time (h:mm)", ["1:30", "0:30"], 60),
        ("First response time", ["1:30", "0:30"], 60),
        ("First reply time [m:s]", ["1:30", "0:30"], 1),
    ],
)
def test_a_header_says_whether_a_clock_is_of_minutes(
    tmp_path: Path, header: str, cells: list[str], minutes: float
) -> None:
    path = tmp_path / "tickets.csv"
    rows = "".join(f"{at},open,2025-03-0{at} 10:00,{cell}\n" for at, cell in enumerate(cells, 1))
    path.write_text(f"Ticket ID,Status,Created at,{header}\n{rows}")
    report = api.report([path], metrics=["first_response_time"], period="2025-03", settings=Settings(), today=TODAY)

    assert report.frame["value"].tolist() == [minutes]
