"""The same customer in every table, and attributes carried down many-to-one: from customers, owners, products and leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.issues import Issue
from crm_metrics.loaders.beside import DEALS
from crm_metrics.loaders.coercing.columns import by_text, compared
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.identity import Ints, by_file
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.same_customer import Column, Customers, Space, spaces
from crm_metrics.schema import LINKED, TABLES
from crm_metrics.tables import ROW, SOURCE, Source, Table
from crm_metrics.tables.frames import Bools, categorical

_FILES = {
    "owners": "the sellers' file",
    "products": "the product list",
    "leads": "the leads file",
    "deals": "the deals file",
}


_MANY = 3  # times as many as any other customer's


def _texts(values: pd.Index) -> list[str]:
    """Categories as texts. One by one they would be converted slowly."""
    return [str(value) for value in values.tolist()]


def link_customers(tables: dict[str, Table], sources: list[Source], issues: list[Issue]) -> None:
    """Write one `customer` key onto every row that names a customer in any way; say how many are not in the customers
    file, and which customers stand in two lists."""
    named = {name: columns for name, table in sorted(tables.items()) if (columns := _identity(table))}
    if not ("customers" in named and _zeros(tables["customers"], named["customers"]).any()):
        for name, columns in named.items():
            _without_guests(tables[name], columns, sources, issues)
    files = {
        i: column for name, columns in named.items() for i, column in _files(tables[name], columns, sources).items()
    }
    space = spaces(files)
    is_one = len({ids.name for ids in space.values()}) == 1 and not any(ids.is_worded for ids in space.values())
    if is_one and _all_have_ids(tables, named):
        for name, columns in named.items():
            tables[name].frame["customer"] = tables[name].frame[columns[0]].astype("category")
        listed = set(_texts(tables["customers"].frame["customer"].cat.categories)) if "customers" in named else set()
    elif (alone := _names_only(tables, named, space)) is not None:
        listed = _by_name(tables, alone)
    else:
        listed = _link(tables, named, space)
    if "customers" in named:
        _once(tables["customers"], sources, issues)
    for name in named:
        if name != "customers" and listed:
            _report_unknown(tables[name], listed, sources, issues)


def _identity(table: Table) -> tuple[str, str, str] | tuple[()]:
    """The columns with a customer's id, name and address; nothing for a table that has none of them."""
    columns = TABLES[table.name].identity
    return (columns[0], columns[1], columns[2]) if any(map(table.has, columns)) else ()


def _without_guests(table: Table, columns: tuple[str, ...], sources: list[Source], issues: list[Issue]) -> None:
    """Take an id of 0 away where those who have it are several by their names or addresses, or, without any, so many that it
    says that there is none: ids can begin with 0."""
    frame, zero = table.frame, _zeros(table, columns)
    people = max((frame.loc[zero, name].nunique() for name in columns[1:] if name in frame), default=0)
    if not zero.any() or people == 1:
        return
    if not people and zero.sum() < _MANY * frame.loc[~zero, columns[0]].value_counts().max():
        return
    frame[columns[0]] = frame[columns[0]].mask(zero)
    for i, rows in by_file(frame, zero):
        issues.append(Issue.of_rows("guest-id", sources[i].path, rows, column=sources[i].columns.get(columns[0], "id")))


def _zeros(table: Table, columns: tuple[str, ...]) -> Bools:
    """The rows whose customer has an id of 0."""
    if columns[0] not in table.frame:
        return np.zeros(len(table.frame), dtype=bool)
    return by_text(table.frame[columns[0]], lambda text: not text.strip("0"), False, bool)


def _files(table: Table, columns: tuple[str, ...], sources: list[Source]) -> dict[int, Column]:
    """What each file of a table says customers by."""
    frame, by_file = table.frame, {}
    source = frame[SOURCE].to_numpy()
    ids = frame[columns[0]].astype("category") if columns[0] in frame else None
    for i in np.unique(source).tolist():
        headers = sources[i].columns
        own: frozenset[str] = frozenset()
        if ids is not None:
            codes = np.unique(ids.cat.codes.to_numpy()[source == i])
            own = frozenset(_texts(ids.cat.categories[codes[codes >= 0]]))
        header = headers.get(columns[0]) or headers.get(DEALS + columns[0]) or ""
        has_names = columns[1] in headers or DEALS + columns[1] in headers
        by_file[i] = Column(sources[i].vendor, normalised(header), own, has_names, table.name == "customers")
    return by_file


def _all_have_ids(tables: dict[str, Table], named: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether no row names its customer without an id."""
    for name, columns in named.items():
        frame = tables[name].frame
        if columns[0] not in frame:
            return False
        blank = frame[columns[0]].isna().to_numpy()
        others = [column for column in columns[1:] if column in frame]
        if blank.any() and any((blank & frame[column].notna().to_numpy()).any() for column in others):
            return False
    return True


def _names_only(
    tables: dict[str, Table], named: Mapping[str, tuple[str, ...]], space: dict[int, Space]
) -> dict[str, str] | None:
    """The column in which each table names customers, where no file has ids or addresses; None where one has."""
    name_columns = {}
    for name, columns in named.items():
        frame = tables[name].frame
        filled = [column for column in columns if column in frame and frame[column].notna().any()]
        is_worded = all(space[int(i)].is_worded for i in np.unique(frame[SOURCE].to_numpy()))
        if len(filled) != 1 or not (filled[0] == columns[1] or (filled[0] == columns[0] and is_worded)):
            return None
        name_columns[name] = filled[0]
    return name_columns


def _by_name(tables: dict[str, Table], columns: Mapping[str, str]) -> set[str]:
    """Write names as keys, each in the spelling that comes first; those of the customers file come back."""
    if not columns:
        return set()
    texts = {name: tables[name].frame[column].astype("category").cat for name, column in columns.items()}
    spelt = [pa.array(_texts(text.categories), pa.string()) for text in texts.values()]
    names = pa.concat_arrays(spelt)
    form = compared(names).dictionary_encode().indices.to_numpy()
    in_order = pc.sort_indices(names).to_numpy()
    _, at = np.unique(form[in_order], return_index=True)
    first = in_order[at]  # of each form the name that comes first
    rank = np.empty(len(names), dtype=np.int64)
    rank[in_order] = np.arange(len(names))
    listed: set[str] = set()
    forms = np.split(form, np.cumsum([len(part) for part in spelt])[:-1])
    for (name, text), mine in zip(texts.items(), forms, strict=True):
        used = np.unique(mine)
        used = used[np.argsort(rank[first[used]])]
        number = np.full(len(first) + 1, -1)  # the last is for missing ones
        number[used] = np.arange(len(used))
        labels = names.take(pa.array(first[used])).to_pylist()
        codes = number[np.append(mine, len(first))][text.codes.to_numpy()]
        keys = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype="str"))
        tables[name].frame["customer"] = pd.Series(keys, index=tables[name].frame.index)
        listed |= set(labels) if name == "customers" else set()
    return listed


def _link(tables: dict[str, Table], named: Mapping[str, tuple[str, ...]], space: dict[int, Space]) -> set[str]:
    """Write the keys where customers have to be recognised; the keys of those in a list of customers come back."""
    customers = Customers()
    nodes_of: dict[str, tuple[Ints, list[int | None]]] = {}
    for name, columns in sorted(named.items(), key=lambda item: (item[0] != "customers", item[0])):
        frame = tables[name].frame
        place, cells = _distinct(frame, columns, space)
        nodes_of[name] = place, [customers.learn(*row, is_list=name == "customers") for row in cells]
    customers.link()
    keys = customers.keys()
    for name, (place, nodes) in nodes_of.items():
        labels = sorted({keys[node] for node in nodes if node is not None})
        number = {label: i for i, label in enumerate(labels)}
        codes = np.array([number[keys[node]] if node is not None else -1 for node in nodes], dtype=np.int64)
        column = pd.Categorical.from_codes(codes[place], categories=pd.Index(labels, dtype="str"))
        tables[name].frame["customer"] = pd.Series(column, index=tables[name].frame.index)
    return customers.listed(keys)


def _distinct(
    frame: pd.DataFrame, columns: tuple[str, ...], space: dict[int, Space]
) -> tuple[Ints, list[tuple[Space, str | None, str | None, str | None]]]:
    """Which of the different combinations of space, id, name and address each row has, and these."""
    labels = sorted({*space.values()}, key=lambda spelt: (spelt.name, spelt.is_worded))
    of_source = np.full(int(frame[SOURCE].max()) + 1 if len(frame) else 1, -1, dtype=np.int64)
    for i, name in space.items():
        if i < len(of_source):
            of_source[i] = labels.index(name)
    spaces_of = of_source[frame[SOURCE].to_numpy()]
    combined = spaces_of
    parts = {column: frame[column].astype("category") for column in columns if column in frame}
    for part in parts.values():
        mixed = combined * (len(part.cat.categories) + 1) + part.cat.codes.to_numpy() + 1
        combined = np.unique(mixed, return_inverse=True)[1] if mixed.max(initial=0) > 1 << 40 else mixed
    place, distinct = pd.factorize(combined, sort=True)
    first = np.empty(len(distinct), dtype=np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    cells: list[list[str | None]] = []
    for column in columns:
        ids = [*_texts(parts[column].cat.categories), None] if column in parts else [None]
        codes = parts[column].cat.codes.to_numpy()[first] if column in parts else np.zeros(len(first), dtype=np.int64)
        cells.append(list(map(ids.__getitem__, codes.tolist())))
    rows = zip(map(labels.__getitem__, spaces_of[first].tolist()), *cells, strict=True)
    return place.astype(np.int64), [(where, id_, two, three) for where, id_, two, three in rows]


def _once(table: Table, sources: list[Source], issues: list[Issue]) -> None:
    """A customer in lists of several systems is one: the row of the first list, with what only the others say."""
    frame = table.frame
    keys = frame["customer"]
    again = keys.notna().to_numpy() & keys.duplicated(keep=False).to_numpy()
    if not again.any() or frame.loc[again, SOURCE].nunique() < 2:
        return
    path = frame[SOURCE].map(lambda i: sources[i].path)
    ordered = frame[again].assign(_path=path[again]).sort_values(["_path", ROW], kind="stable")
    own = [name for name in ordered if name not in ("customer", "_path", ROW, SOURCE)]
    filled = ordered.groupby("customer", observed=True)[own].transform("first")
    gone = ordered["customer"].duplicated(keep="first").to_numpy()
    for column in map(str, filled):
        values = frame[column].copy()
        values.loc[filled.index[~gone]] = filled.loc[~gone, column]
        frame[column] = values
    out = np.zeros(len(frame), dtype=bool)
    out[frame.index.get_indexer(ordered.index[gone])] = True
    for i, rows in by_file(frame, out):
        sources[i].left_out["same-customer"] += len(rows)
        issues.append(Issue.of_rows("same-customer", sources[i].path, rows))
    table.frame = frame[~out].reset_index(drop=True)


def _report_unknown(table: Table, listed: set[str], sources: list[Source], issues: list[Issue]) -> None:
    unknown = by_text(table.frame["customer"], lambda value: value not in listed, False)
    _unmatched(table, unknown, "customer", "the customers file", sources, issues)


def _unmatched(
    table: Table, hit: np.ndarray, column: str, other: str, sources: list[Source], issues: list[Issue]
) -> None:
    if not hit.any():
        return
    values, frame = table.frame[column], table.frame.loc[hit]
    examples = sorted(set(values[hit].astype(str)))[:3]
    detail = {"total": f"{int(values.notna().sum()):,}", "seen": f", such as {', '.join(examples)}"}
    for source in frame[SOURCE].value_counts().index:
        rows = frame.loc[frame[SOURCE] == source, ROW].to_numpy()
        path = sources[int(str(source))].path
        issues.append(Issue.of_rows("unmatched", path, rows, column=column, other=other, **detail))


def report_unmatched(tables: dict[str, Table], sources: list[Source], issues: list[Issue]) -> None:
    """Say how many rows name a seller, a product or a lead that the file made for these does not know."""
    for other, link in LINKED.items():
        mine, key = link.column, link.key
        if other == "customers" or other not in tables or not tables[other].has(key):
            continue
        if other == "deals" and not any(source.table == "deal_stages" for source in sources):
            continue  # without a history of its own, stages stand in the deals' own rows
        fold = _fold(key)
        keys = {fold(value) for value in tables[other].frame[key].dropna().unique().tolist()}
        for name, table in sorted(tables.items()):
            if name == other or not table.has(mine) or not link.leads_to(name):
                continue
            texts = categorical(table.frame[mine])
            unknown = np.array([*(fold(value) not in keys for value in texts.categories.tolist()), False])
            _unmatched(table, unknown[texts.codes], mine, _FILES[other], sources, issues)


def _fold(key: str) -> Callable[[object], str]:
    """How values of a key are compared: ids as they are, names with case and spaces aside."""
    return str if key in ("customer", "lead_id", "deal_id") else lambda value: folded(str(value))


def carry(tables: dict[str, Table], column: str) -> None:
    """Write an attribute onto every table that lacks it and is joined to one that has it. A table's own column stays."""
    for name, table in sorted(tables.items()):
        if table.has(column):
            continue
        for other, link in LINKED.items():
            mine, key = link.column, link.key
            if name == other or other not in tables or not tables[other].has(column) or not table.has(mine):
                continue
            if not tables[other].has(key) or not link.leads_to(name):
                continue
            pairs, fold = tables[other].frame[[key, column]].dropna(subset=[key]), _fold(key)
            attribute = dict(zip(map(fold, pairs[key]), pairs[column], strict=True))
            texts = categorical(table.frame[mine])
            attributes = [*(attribute.get(fold(value)) for value in texts.categories.tolist()), None]
            spread = np.array(attributes, dtype=object)[texts.codes]
            if pd.api.types.is_bool_dtype(pairs[column].dtype):
                flags = [None if pd.isna(value) else bool(value) for value in spread]
                table.frame[column] = pd.array(flags, dtype="boolean")
            else:
                table.frame[column] = pd.Categorical([None if pd.isna(value) else str(value) for value in spread])
            break
