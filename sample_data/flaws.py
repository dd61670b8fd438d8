"""The handful of mistakes that every real export has, put in on purpose."""

from __future__ import annotations

from datetime import datetime, timedelta

from tables import Row, second


def column(rows: list[Row], name: str) -> int:
    return rows[0].index(name)


def won_without_close_date(rows: list[Row], count: int) -> None:
    """Blank the close date of won deals from the middle of the file."""
    stage, closed = column(rows, "Deal Stage"), column(rows, "Close Date")
    won = [row for row in rows[1:] if row[stage] == "Closed Won"]
    for row in won[len(won) // 2 :: 40][:count]:
        row[closed] = ""


def closed_before_created(rows: list[Row], count: int) -> None:
    """Give lost deals of 2025 a close date in the year before, as a mistyped year does."""
    stage, created, closed = (column(rows, name) for name in ("Deal Stage", "Create Date", "Close Date"))
    lost = [row for row in rows[1:] if row[stage] == "Closed Lost" and str(row[created]).startswith("2025")]
    for row in lost[10::60][:count]:
        row[closed] = str(row[closed]).replace("2025", "2024", 1)


def repeated_tickets(rows: list[Row], count: int) -> None:
    """Append older versions of solved tickets: the same id, still open, updated earlier."""
    names = ("Status", "Solved at", "Resolution time", "Satisfaction Score", "Full resolution time in minutes")
    values = dict(zip(names, ("Open", "", "", "", ""), strict=True))
    created, updated = column(rows, "Created at"), column(rows, "Updated at")
    solved = [row for row in rows[1:] if row[column(rows, "Status")] == "Closed"]
    for row in solved[1200::1500][:count]:
        older = [values.get(str(name), cell) for name, cell in zip(rows[0], row, strict=True)]
        older[updated] = second(datetime.fromisoformat(str(row[created])) + timedelta(minutes=1))
        older[column(rows, "First reply time in minutes")] = ""
        older[column(rows, "First reply time in minutes within business hours")] = ""
        older[column(rows, "Replies")] = older[column(rows, "Reopens")] = 0
        rows.append(older)


def malformed_lead(rows: list[Row]) -> None:
    """Insert a row whose company has a comma in it that nobody quoted: two cells where there should be one."""
    status = column(rows, "Lead Status")
    at = next(k for k in range(len(rows) // 2, len(rows)) if rows[k][status] == "Unqualified")
    name = column(rows, "Company")
    row = list(rows[at])
    row[0], row[name : name + 1] = "L-9001", ["Birch", " Stone & Partners"]
    rows.insert(at + 1, row)
