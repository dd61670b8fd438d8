"""The history of deals' stages, from columns of the deals and from histories, and the deals that a history repeats."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.loaders.beside import stage_columns, visits
from crm_metrics.tables import Dataset
from tests.conftest import TODAY, shared

# A figure for which every column of the stages is read.
VISITS = """
[visits]
title = "Visits"
count = "deal_stages"
at = "entered_at"
where = "not (deal_id is None) and not (stage is None) and (left_at is None or not (left_at is None))"
unit = "count"
"""
STARTS = {"entered": ("Date entered ", "hs_v2_date_entered_"), "left": ("Date exited ",)}


def loaded(folder: Path, *paths: str, deals: bool = False) -> Dataset:
    """The files with the columns of their stages, and with those of the deals' outcome where asked for."""
    own = folder / "own.toml"
    own.write_text(VISITS, encoding="utf-8")
    metrics = ["visits", *(["deals_won", "revenue_won", "open_pipeline"] if deals else [])]
    return api.load(list(paths), api.query(period="all", metrics=metrics, metrics_file=own), today=TODAY)


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    return str(path)


def stages(dataset: Dataset) -> list[tuple[str, str, str, str | None, int]]:
    """Deal, stage, day entered, day left, row in the file."""
    frame = dataset.tables["deal_stages"].frame.sort_values(["deal_id", "entered_at", "_row"], kind="stable")
    return [
        (
            row.deal_id,
            row.stage,
            str(row.entered_at.date()),
            None if pd.isna(row.left_at) else str(row.left_at.date()),
            row.row,
        )
        for row in frame.rename(columns={"_row": "row"}).itertuples()
    ]


@pytest.mark.parametrize(
    "label",
    [
        'Date entered "Closed Won (Sales Pipeline)"',
        'Date entered ""Closed Won (Sales Pipeline)""',
        "Date entered “Closed Won (Sales Pipeline)”",
        "Date entered ‘Closed Won (Sales Pipeline)’",
        "Date entered 'Closed Won (Sales Pipeline)'",
        'date  entered "Closed Won (Sales Pipeline)" ',
        "Date entered Closed Won (Sales Pipeline)",
    ],
)
def test_a_header_names_the_stage_in_any_quotes(label):
    found = stage_columns(["Record ID", label], STARTS)

    assert found == {"entered_at Closed Won (Sales Pipeline)": 1}
    (visit,) = visits(list(found))
    assert (visit.stage, visit.pipeline) == ("Closed Won", "Sales Pipeline")


@pytest.mark.parametrize(
    "label",
    [
        "Date entered current stage",
        "Date entered",
        "Date entered the building",
        'Cumulative time in "Closed Won (Sales Pipeline)"',
        'Latest time in "Demo (Sales Pipeline)"',
    ],
)
def test_other_headers_name_no_stage(label):
    assert stage_columns([label], STARTS) == {}


def test_internal_names_and_brackets_in_a_stage():
    assert stage_columns(["hs_v2_date_entered_closedwon"], STARTS) == {"entered_at closedwon": 0}
    (visit,) = visits(["entered_at Demo (second) (Sales)"])
    assert (visit.stage, visit.pipeline) == ("Demo (second)", "Sales")


WIDE = '''
    Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,\
"Date entered ""New (Sales)""","Date entered ""Closed Won (Sales)""","Date exited ""New (Sales)"""
    1,A,Closed Won,100,2025-01-01 09:00,2025-01-11 09:00,2025-01-01 09:00,2025-01-11 09:00,2025-01-10 09:00
    2,B,New,50,2025-01-05 09:00,,2025-01-05 09:00,,
'''


def test_columns_of_deals_become_one_row_per_stage_entered(tmp_path):
    dataset = loaded(tmp_path, written(tmp_path, "deals.csv", WIDE))

    assert stages(dataset) == [
        ("1", "New", "2025-01-01", "2025-01-10", 2),
        ("1", "Closed Won", "2025-01-11", None, 2),
        ("2", "New", "2025-01-05", None, 3),
    ]
    assert set(dataset.tables["deal_stages"].frame["pipeline"]) == {"Sales"}
    (source,) = dataset.sources
    assert (source.table, source.rows, source.used) == ("deals", 2, 2)
    assert not dataset.tables["deal_stages"].calendar["entered_at"][0]


def test_without_exit_dates_a_stage_is_left_for_the_next(tmp_path):
    text = "\n".join(line.rsplit(",", 1)[0] for line in WIDE.strip().splitlines())
    dataset = loaded(tmp_path, written(tmp_path, "deals.csv", text))

    assert [(stage, left) for _, stage, _, left, _ in stages(dataset)] == [
        ("New", "2025-01-11"),
        ("Closed Won", None),
        ("New", None),
    ]


def test_an_older_version_of_a_deal_has_no_stages(tmp_path):
    later = WIDE.replace("2025-01-11", "2025-01-12").replace("A,", "A renamed,")
    paths = [written(tmp_path, "a.csv", WIDE), written(tmp_path, "b.csv", later)]
    dataset = loaded(tmp_path, *paths, deals=True)

    won = [(deal, entered) for deal, stage, entered, _, _ in stages(dataset) if stage == "Closed Won"]
    assert won == [("1", "2025-01-12")]
    for source in dataset.sources:
        assert source.rows == source.used + sum(source.left_out.values())


def test_one_day_and_month_order_holds_for_the_stages_too(tmp_path):
    """Only a stage's date proves it."""
    text = '''
        Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,"Date entered ""New (Sales)"""
        1,A,New,100,3/4/2025,5/6/2025,3/14/2025
    '''
    dataset = loaded(tmp_path, written(tmp_path, "deals.csv", text), deals=True)

    assert str(dataset.tables["deals"].frame["created_at"].iloc[0].date()) == "2025-03-04"
    assert [entered for _, _, entered, _, _ in stages(dataset)] == ["2025-03-14"]


HISTORY = """
    Opportunity ID,Opportunity Name,From Stage,To Stage,Last Modified,Amount,Close Date,Stage,Created Date
    006A,A,,New,1/14/2025,100,2/1/2025,Closed Won,1/14/2025
    006A,A,New,Demo,1/20/2025,100,2/1/2025,Closed Won,1/14/2025
    006A,A,Demo,Demo,1/22/2025,100,2/1/2025,Closed Won,1/14/2025
    006A,A,Demo,Closed Won,2/1/2025,100,2/1/2025,Closed Won,1/14/2025
    006B,B,,New,1/15/2025,40,3/1/2025,New,1/15/2025
"""
FIELDS = """
    Opportunity ID,Opportunity Name,Stage,Amount,Created Date,Close Date,Field / Event,Old Value,New Value,Edit Date
    006A,A,Closed Won,100,1/14/2025,2/1/2025,Created.,,,1/14/2025
    006A,A,Closed Won,100,1/14/2025,2/1/2025,Stage,New,Demo,1/20/2025
    006A,A,Closed Won,100,1/14/2025,2/1/2025,Amount,90,100,1/22/2025
    006A,A,Closed Won,100,1/14/2025,2/1/2025,Stage,Demo,Closed Won,2/1/2025
    006B,B,New,40,1/15/2025,3/1/2025,Created.,,,1/15/2025
"""
OBJECT = """
    Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,SystemModstamp,IsDeleted
    1,006A,2025-01-14T08:00:00.000+0000,New,90,2025-02-01,10,2025-01-14T08:00:00.000+0000,
    2,006A,2025-01-20T08:00:00.000+0000,Demo,90,2025-02-01,50,2025-01-20T08:00:00.000+0000,
    3,006A,2025-01-22T08:00:00.000+0000,Demo,100,2025-02-01,50,2025-01-22T08:00:00.000+0000,
    4,006A,2025-02-01T08:00:00.000+0000,Closed Won,100,2025-02-01,100,2025-02-01T08:00:00.000+0000,
    5,006B,2025-01-15T08:00:00.000+0000,New,40,2025-03-01,10,2025-01-15T08:00:00.000+0000,
"""
OBJECT_FIELDS = """
    Id,IsDeleted,OpportunityId,CreatedDate,Field,OldValue,NewValue
    1,,006A,2025-01-14T08:00:00.000+0000,created,,
    2,,006A,2025-01-20T08:00:00.000+0000,StageName,New,Demo
    3,,006A,2025-01-22T08:00:00.000+0000,Amount,90,100
    4,,006A,2025-02-01T08:00:00.000+0000,StageName,Demo,Closed Won
"""
VISITED = [
    ("006A", "New", "2025-01-14", "2025-01-20"),
    ("006A", "Demo", "2025-01-20", "2025-02-01"),
    ("006A", "Closed Won", "2025-02-01", None),
    ("006B", "New", "2025-01-15", None),
]


@pytest.mark.parametrize(
    "text", [HISTORY, FIELDS, OBJECT, OBJECT_FIELDS], ids=["report", "fields", "api", "api fields"]
)
def test_a_history_gives_the_stages_and_counts_the_rows_that_are_none(tmp_path, text):
    dataset = loaded(tmp_path, written(tmp_path, "history.csv", text))

    expected = VISITED if "006B" in text else VISITED[:-1]
    assert [visit[:4] for visit in stages(dataset)] == expected
    (source,) = dataset.sources
    assert (source.vendor, source.table) == ("salesforce", "deal_stages")
    assert source.left_out == {"no-stage-change": 1}
    assert source.rows == source.used + 1


def test_a_history_that_goes_back_in_time_is_the_same(tmp_path):
    """Two changes of one day stand the other way round, too."""
    text = HISTORY.replace("1/20/2025", "1/14/2025").strip().splitlines()
    forth = loaded(tmp_path, written(tmp_path, "forth.csv", "\n".join(text)))
    back = loaded(tmp_path, written(tmp_path, "back.csv", "\n".join([text[0], *reversed(text[1:])])))

    visited = [("006A", "New", "2025-01-14", "2025-01-14"), ("006A", "Demo", "2025-01-14", "2025-02-01")]
    assert [visit[:4] for visit in stages(forth)][:2] == visited
    order = ["deal_id", "entered_at", "left_at", "stage"]
    frames = [dataset.tables["deal_stages"].frame[order].sort_values(order) for dataset in (forth, back)]
    assert frames[0].astype(str).values.tolist() == frames[1].astype(str).values.tolist()


def test_what_two_files_of_a_vendor_both_hold_counts_once(tmp_path):
    paths = [written(tmp_path, "a.csv", HISTORY), written(tmp_path, "b.csv", FIELDS)]
    dataset = loaded(tmp_path, *paths)

    assert [visit[:4] for visit in stages(dataset)] == VISITED
    left_out = sum((source.left_out for source in dataset.sources), Counter())
    assert left_out == {"no-stage-change": 2, "repeated-change": 4}
    for source in dataset.sources:
        assert source.rows == source.used + sum(source.left_out.values())


@pytest.mark.parametrize("text", [HISTORY, FIELDS, OBJECT], ids=["report", "fields", "api"])
def test_a_history_alone_gives_the_deals(tmp_path, text):
    report = api.report([written(tmp_path, "history.csv", text)], period="all", today=TODAY)
    values = report.rows.set_index("metric")["value"]

    assert [values[name] for name in ("deals_won", "deals_lost", "open_deals")] == [1, 0, 1]
    assert [values[name] for name in ("revenue_won", "open_pipeline")] == [100, 40]
    assert "deals-derived" in {issue.code for issue in report.issues}
    (source,) = report.sources
    assert source.rows == source.used + sum(source.left_out.values())


def test_beside_a_file_of_deals_a_history_gives_none(tmp_path):
    """The deals of another system, and no deal twice."""
    paths = [written(tmp_path, "deals.csv", WIDE), written(tmp_path, "history.csv", HISTORY)]
    report = api.report(paths, period="all", today=TODAY)

    assert report.rows.set_index("metric")["value"]["deals_created"] == 2
    assert "deals-derived" not in {issue.code for issue in report.issues}


def test_a_history_without_ids_is_no_list_of_deals(tmp_path):
    """Its rows are changes; names are no ids."""
    text = "\n".join(line.split(",", 1)[1] for line in HISTORY.strip().splitlines())
    dataset = loaded(tmp_path, written(tmp_path, "history.csv", text), deals=True)

    assert [source.table for source in dataset.sources] == ["deal_stages"]
    assert "deals" not in dataset.tables


@pytest.mark.parametrize("name", ["hubspot_deals", "salesforce_history", "salesforce_field_history"])
def test_three_exports_of_the_same_deals_reach_the_same_stages(tmp_path, name):
    """Published: how many of 1,600 deals reached each stage; some skip Qualified."""
    dataset = loaded(tmp_path, shared(f"pipeline_leak/sample_{name}.csv"))
    frame = dataset.tables["deal_stages"].frame

    reached = frame.groupby("stage", observed=True)["deal_id"].nunique().to_dict()
    assert reached == {
        "Discovery": 1600,
        "Qualified": 999,
        "Demo": 756,
        "Proposal": 356,
        "Negotiation": 206,
        "Closed Won": 175,
        "Closed Lost": 1384,
    }
    assert frame["left_at"].isna().sum() == 1600


@pytest.mark.parametrize("history", [False, True])
def test_stages_have_the_attributes_of_their_deals(tmp_path, history):
    """From the same row, or by id from another file; a stage of a deal that no file has is nobody's."""
    owners = """
        Record ID,Deal Name,Deal Stage,Deal owner,Create Date,Date entered "New (Sales)",Date entered "Demo (Sales)"
        006A,A,Demo,Ann,2025-01-14 08:00,2025-01-14 08:00,2025-01-20 08:00
        006C,C,New,Ben,2025-02-15 08:00,2025-01-15 08:00,
    """
    own = tmp_path / "own.toml"
    own.write_text(VISITS, encoding="utf-8")
    paths = [written(tmp_path, "deals.csv", owners)]
    if history:
        paths = [
            written(tmp_path, "deals.csv", owners.replace("Date entered", "Date of")),
            written(tmp_path, "history.csv", HISTORY),
        ]
    asked = api.query(period="all", metrics=["visits"], metrics_file=own, by=["owner"])
    rows = api.compute(api.load(paths, asked, today=TODAY), asked).rows

    found = {row.owner: row.value for row in rows.itertuples() if row.value}
    assert found == ({"Ann": 3, "(none)": 1} if history else {"Ann": 2, "Ben": 1})


def test_a_deal_that_its_history_closes_in_the_future_is_neither_won_nor_open(tmp_path):
    """Nothing is left out for it: the deal has been created, and the change that the row records has been made."""
    dataset = loaded(tmp_path, written(tmp_path, "history.csv", FIELDS.replace("2/1/2025", "2/1/2099")), deals=True)

    assert "closed-in-future" in {issue.code for issue in dataset.issues}
    (source,) = dataset.sources
    assert source.left_out == {"no-stage-change": 1}
    assert dataset.tables["deals"].frame["outcome"].isna().any()
    assert source.used == dataset.tables["deal_stages"].frame["_row"].nunique()


def test_a_stage_left_in_the_year_1_stands_beside_one_that_nobody_entered_and_is_not_left(tmp_path):
    text = """
        Record ID,Deal Stage,Amount,Date entered "New (Sales)",Date entered "Won (Sales)",Date exited "Won (Sales)"
        1,New,5,,2025-01-01 10:00,0001-01-02 10:00
    """
    frame = loaded(tmp_path, written(tmp_path, "deals.csv", text)).tables["deal_stages"].frame

    assert ["Won"] == frame["stage"].tolist()
    assert [True] == frame["left_at"].isna().tolist()


# ---- columns of stages in words ----

DATES = {"D1": ("2025-01-05", "2025-01-10"), "D2": ("2025-01-06", ""), "D3": ("2025-01-07", "2025-01-17")}


def in_columns(header: str, *, names: tuple[str, str] = ("Lead", "Qualified")) -> str:
    lost = {"D1": "Closed Won", "D2": "Closed Lost", "D3": names[1]}
    deals = [f"{deal},{lost[deal]},{','.join(dates)}" for deal, dates in DATES.items()]
    return "\n".join([header, *deals])


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("Deal ID,Stage,Date entered Lead,Date entered Qualified", ("Lead", "Qualified")),
        ("Deal ID,Stage,Lead entered on,Qualified entered on", ("Lead", "Qualified")),
        ("Deal ID,Stage,Entered Lead,Entered Qualified", ("Lead", "Qualified")),
        ("Deal-ID,Phase,Eintrittsdatum Lead,Eintrittsdatum Angebot", ("Lead", "Angebot")),
        ("ID negocio,Etapa,Fecha de entrada Lead,Fecha de entrada Oferta", ("Lead", "Oferta")),
    ],
)
def test_headers_that_say_in_words_when_a_stage_was_entered_are_its_history(
    tmp_path: Path, header: str, names: tuple[str, str]
):
    found = stages(loaded(tmp_path, written(tmp_path, "deals.csv", in_columns(header, names=names))))
    entered = [(deal, stage, day) for deal, stage, day, *_ in found]

    for deal, dates in DATES.items():
        for name, day in zip(names, dates, strict=True):
            assert ((deal, name, day) in entered) == bool(day)


@pytest.mark.parametrize(
    "header",
    [
        "Deal ID,Stage,Date entered Lead,Renewed on",  # a single one
        "Deal ID,Stage,Entered by mistake,Entered twice",  # no stage of any deal
        "Deal ID,Stage,Date entered current stage,Date entered stage",
    ],
)
def test_headers_that_only_sound_so_are_none(tmp_path: Path, header: str):
    dataset = loaded(tmp_path, written(tmp_path, "deals.csv", in_columns(header)), deals=True)

    assert "deal_stages" not in dataset.tables or dataset.tables["deal_stages"].frame.empty


@pytest.mark.parametrize(
    ("won", "lost", "reason"),
    [((400, 500), (0, 0), True), ((0, 0), (400, 500), True), ((400, 0), (0, 300), False), ((0, 0), (0, 0), False)],
)
def test_deals_of_one_outcome_that_all_have_0_are_not_priced(
    tmp_path: Path, won: tuple[int, int], lost: tuple[int, int], reason: bool
):
    rows = [f"W{at},Closed Won,{amount},2025-02-01,2025-03-01" for at, amount in enumerate(won)]
    rows += [f"L{at},Closed Lost,{amount},2025-02-01,2025-03-01" for at, amount in enumerate(lost)]
    path = written(tmp_path, "deals.csv", "\n".join(["Deal ID,Stage,Amount,Create date,Close date", *rows]))
    report = api.report([path], period="2025-03", metrics=["win_rate", "win_rate_by_value"], today=TODAY)
    by_value = report.rows.set_index("metric").loc["win_rate_by_value"]

    assert (by_value["reason"] == "missing-values") == reason
