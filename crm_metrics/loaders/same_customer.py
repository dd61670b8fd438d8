"""Who is the same customer: ids within their space, e-mail addresses and names across spaces."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from crm_metrics.loaders.coercing.words import folded

MAIL, NAME = "\0mail", "\0name"  # the spaces of records without an id
_MOST = 0.5
_ID = re.compile(
    r"\b(?:id|ids|no|nr|num|number|nummer|code|key|uuid|guid|ref|reference|numero|numéro|número|código|codigo|clave"
    r"|identifiant|identificador|identificatore|numer|klucz|kod)\b|(?:id|nr|nummer|number)$|番号|コード"
)


@dataclass(frozen=True)
class Column:
    """What one file says customers by: the system it comes from (a vendor, or "generic"), the header of its ids (empty
    without), its ids, whether it has names beside them, and whether it is a list of customers."""

    system: str
    header: str
    ids: frozenset[str]
    has_names: bool
    is_list: bool


@dataclass(frozen=True)
class Space:
    """Where the ids of a file are ids. With `is_worded` its cells are names or addresses where no list has them as ids."""

    name: str
    is_worded: bool = False


def spaces(files: Mapping[int, Column]) -> dict[int, Space]:
    """The id space of each file. Files of one vendor, files with the same id header, and files whose ids mostly stand in one
    list of customers are one. A column is worded where its header does not say id and no names stand beside it, or where
    most of its cells are addresses."""
    lists = {i: file for i, file in files.items() if file.is_list and file.ids}
    by_file: dict[int, Space] = {}
    joined: dict[str, str] = {}  # of a space the one that it is part of
    for i, file in sorted(files.items()):
        own = _own(file)
        by_file[i] = Space(own)
        if file.is_list or not file.ids:
            continue
        shares = {j: len(file.ids & listed.ids) / len(file.ids) for j, listed in lists.items()}
        best = max(shares, key=lambda j: (shares[j], len(lists[j].ids), -j), default=None)
        worded = file.system == "generic" and not file.has_names and not _ID.search(file.header)
        worded |= sum("@" in text for text in file.ids) > _MOST * len(file.ids)
        if worded:
            by_file[i] = Space(_own(lists[best]) if best is not None and shares[best] else own, is_worded=True)
        elif best is not None and shares[best] > _MOST and own != _own(lists[best]):
            joined.setdefault(own, _own(lists[best]))
    return {i: Space(_end(space.name, joined), space.is_worded) for i, space in by_file.items()}


def _own(file: Column) -> str:
    return f"{file.system}\0{file.header if file.system == 'generic' else ''}"


def _end(space: str, joined: Mapping[str, str]) -> str:
    passed = {space}
    while (following := joined.get(space)) is not None and following not in passed:
        space = following
        passed.add(space)
    return space


@dataclass
class _Node:
    """What is said of one customer: each name as it is compared, with its spellings."""

    space: str
    label: str
    names: dict[str, set[str]] = field(default_factory=dict)
    mails: set[str] = field(default_factory=set)
    is_listed: bool = False


class Customers:
    """Learns what records say of customers, then tells who is who. Nodes are ids in their space, addresses, names."""

    def __init__(self) -> None:
        self._nodes: list[_Node] = []
        self._place: dict[tuple[str, str], int] = {}
        self._first: list[int] = []  # of each node one that is the same customer
        self._joined: dict[int, tuple[set[str], set[str]]] = {}  # of those that were joined, their spaces and addresses
        self._domains: dict[str, set[str]] = {}
        self._folded = cache(folded)  # every name stands in many records

    def learn(
        self, space: Space, identity: str | None, name: str | None, mail: str | None, *, is_list: bool = False
    ) -> int | None:
        """The node that a record is about, None when it names nobody. Lists of customers come first."""
        if identity and space.is_worded and (space.name, identity) not in self._place:
            mail, name = (mail or identity, name) if "@" in identity else (mail, name or identity)
            identity = None
        mail = self._folded(mail) if mail else None
        if identity:
            key = space.name, identity
        elif mail is not None:
            key = MAIL, mail
        elif name:
            key = NAME, self._folded(name)
        else:
            return None
        place = self._place.setdefault(key, len(self._nodes))
        if place == len(self._nodes):
            self._nodes.append(_Node(key[0], identity or name or key[1]))
            self._first.append(place)
        node = self._nodes[place]
        node.is_listed |= is_list
        if name:
            node.names.setdefault(self._folded(name), set()).add(name)
        if mail is not None:
            node.mails.add(mail)
        return place

    def link(self) -> None:
        """Join the nodes of several spaces that have an address, else a name, which is unique in each. Two ids of one space
        are never joined."""
        mails, names = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        domains = defaultdict[str, set[str]](set)
        for place, node in enumerate(self._nodes):
            for mail in node.mails:
                mails[mail].append(place)
                domains[mail.rpartition("@")[2]].update(node.names)
            for name in node.names:
                names[name].append(place)
        self._domains = domains
        for by_text, by_mail in ((mails, True), (names, False)):
            for text in sorted(text for text, places in by_text.items() if len(places) > 1):
                self._join(by_text[text], by_mail=by_mail)

    def _join(self, places: Iterable[int], *, by_mail: bool) -> None:
        by_space: dict[str, int | None] = {}  # the one customer that each space knows
        for place in places:
            space, root = self._nodes[place].space, self._root(place)
            by_space[space] = root if by_space.get(space, root) == root else None
        unique = sorted((root for root in by_space.values() if root is not None), key=self._order)
        for first, second in pairwise(unique):
            left, right = self._root(first), self._root(second)
            if left == right:
                continue
            (left_spaces, left_mails), (right_spaces, right_mails) = self._known(left), self._known(right)
            if left_spaces & right_spaces or (not by_mail and self._write_differently(left_mails, right_mails)):
                continue
            self._first[right] = left
            self._joined[left] = left_spaces | right_spaces, left_mails | right_mails

    def _known(self, root: int) -> tuple[set[str], set[str]]:
        """The spaces in which a customer has ids, and the addresses."""
        node = self._nodes[root]
        return self._joined.get(root) or ({node.space} - {MAIL, NAME}, node.mails)

    def _write_differently(self, left: set[str], right: set[str]) -> bool:
        """Whether both have addresses, and none at a domain that only they have: two persons of one name."""
        if not left or not right:
            return False
        common = {mail.rpartition("@")[2] for mail in left} & {mail.rpartition("@")[2] for mail in right}
        return not any(len(self._domains[domain]) < 2 for domain in common)

    def _root(self, place: int) -> int:
        while self._first[place] != place:
            self._first[place] = self._first[self._first[place]]
            place = self._first[place]
        return place

    def _order(self, place: int) -> tuple[bool, bool, str, str]:
        node = self._nodes[place]
        return not node.is_listed, node.space in (MAIL, NAME), node.label, node.space

    def keys(self) -> list[str]:
        """The key of each node's customer: the id in the list of customers, else an id, a name, an address. Of two customers
        with one key the later one has what tells it apart in brackets."""
        roots = [self._root(place) for place in range(len(self._nodes))]
        parts = defaultdict[int, list[int]](list)
        for place, root in enumerate(roots):
            parts[root].append(place)
        best_of = {root: min(places, key=self._order) for root, places in parts.items()}
        taken: set[str] = set()
        label_of: dict[int, str] = {}
        for root, best_place in sorted(best_of.items(), key=lambda item: self._order(item[1])):
            best = self._nodes[best_place]
            key = label = best.label
            if best.space in (MAIL, NAME) or key in taken:
                nodes = [self._nodes[place] for place in parts[root]]
                names = sorted(name for node in nodes for spellings in node.names.values() for name in spellings)
                mails = sorted(mail for node in nodes for mail in node.mails)
                key = label = label if best.space not in (MAIL, NAME) else (names or mails)[0]
            if key in taken:
                apart = (*mails, *names, best.space.replace("\0", " ").strip())
                longer = (f"{label} ({more})" for more in apart)
                key = next((name for name in longer if name not in taken), f"{label} (#{root})")
            taken.add(key)
            label_of[root] = key
        return [label_of[root] for root in roots]

    def listed(self, keys: Iterable[str]) -> set[str]:
        """The keys of those who stand in a list of customers."""
        return {key for node, key in zip(self._nodes, keys, strict=True) if node.is_listed}
