"""What the mutants are made from: the sample exports cut short, the vendors' samples, and a few made up."""

from __future__ import annotations

import codecs
import csv
import io
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Grid = list[list[str]]
ROOT = Path(__file__).parents[2]
CUT = 120  # records of a sample export
NOT_EXPORTS = {"expected.json", "settings.toml"}
MADE_UP = {
    "deals.csv": "Deal ID,Owner,Stage,Amount,Currency,Created,Close Date\n"
    "D1,Ann,Closed Won,1200.50,EUR,2025-01-03,2025-03-04\n"
    'D2,"Lee, Bo",Closed Lost,"1,800.00",USD,2025-01-09,2025-03-11\n'
    "D3,Ann,Negotiation,,EUR,2025-02-01,2025-06-30\n"
    "D1,Ann,Closed Won,1200.50,EUR,2025-01-03,2025-03-04\n",
    "verkaeufe.csv": "Bestellnr;Kunde;Bestelldatum;Betrag\n1;Müller AG;03.04.2025;1.234,56\n2;Weiß & Co;14.04.2025;99,00\n",
    "nps.csv": 'Respondent ID,End Date,"How likely is it, 0-10?",,\n,,Response,Why?,Other\n'
    '1,03/14/2025 10:00:00 AM,9,"good,\nreally",\n2,03/15/2025 11:30:00 PM,10 - Extremely likely,,x\n',
    "qualtrics.csv": "RecordedDate,ResponseId,Q1,Email\nRecorded Date,Response ID,How likely?,E-mail\n"
    '"{""ImportId"":""recordedDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
    "2025-03-01 10:00:00,R_1,9,ann@example.com\n2025-03-02 10:00:00,R_2,3,bo@example.com\n",
    "tickets.tsv": "Ticket ID\tRequester\tCreated at\tSolved at\tStatus\tFirst reply time in minutes\n"
    "1\tAnn\t2025-03-01 10:00\t2025-03-02 11:00\tSolved\t30\n2\tBo\t2025-03-03T10:00:00Z\t\tOpen\t-\n",
    "spend.csv": 'Campaign report\n"March 1, 2025 - March 31, 2025"\nDay,Campaign,Cost,Impr.,Clicks,Conversions\n'
    '2025-03-01,Brand,12.5,"1,103",20,1.5\n2025-03-02,Brand," --",800,9,0\nTotal: Account,,12.5,"1,903",29,1.5\n',
    "empty.csv": "id,name\n",
    "one.txt": "Company\nAcme\n",
}


@dataclass(frozen=True)
class Base:
    """An export as it is before it is broken."""

    name: str
    data: bytes

    def grid(self) -> Grid:
        """The cells of all rows, title lines included."""
        name = "utf-16" if self.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        text = self.data.decode(name, "replace").replace("\r\n", "\n").replace("\r", "\n")
        return list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=text[:2000].count)))


@cache
def bases() -> tuple[Base, ...]:
    """Every export, text files only: workbooks are made of them by the mutators."""
    found = [Base(name, text.encode()) for name, text in MADE_UP.items()]
    for folder in (ROOT / "sample_data", *sorted((ROOT / "tests" / "vendors").iterdir())):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in (".csv", ".tsv", ".txt") and path.name not in NOT_EXPORTS:
                data = path.read_bytes()
                lines = data.splitlines(keepends=True)
                found.append(Base(path.name, b"".join(lines[: CUT + 3]) if len(lines) > CUT + 3 else data))
    return tuple(found)


def pick(rng: random.Random) -> Base:
    """One of the exports, small ones as often as large ones."""
    return rng.choice(bases())
