"""The comments beside answers: their words and phrases, of any language, and those that are quoted; what would name a person
is taken out.

The lists of words that packages bring (`stop-words`, `stopwordsiso`: 1,300 words of English) hold what customers write
about: help, problem, order, bill, new, good, not. Those here are function words alone; negations are none of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Codes, Ints
from crm_metrics.tables import ROW, SOURCE, Source
from crm_metrics.tables.frames import NEVER, moments

FUNCTION_WORDS = {
    "English": """a about after again all also an and any because before every more most only other same still very are
        as at be been being but by can could did do does for from had has have he her here him his how i i'd i'll i'm
        i've if in into is it it's its itself just me my of on or our ours out over she should so some than that that's
        the their them then there these they they're this those through to up us was we we're we've were what when where
        which while who will with would you you're your yours""",
    "German": """aber als also am an auch auf aus bei beim bin bis da dann das dass dem den denn der des die dies diese
        diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es für hab habe haben hat
        hatte hatten hier ich ihm ihn ihnen ihr ihre ihren im in ins ist ja kann können man mein meine mich mir mit nach
        noch nun nur ob oder schon sehr sein seine sich sie sind so über um und uns unser unsere unter vom von vor war
        waren was wenn wer werden wie wir wird wurde wurden zu zum zur""",
    "French": """à ai au aussi aux avec avez avons c'est ce ces cet cette comme dans de des donc du elle elles en entre
        est et été être eu fait il ils j'ai je la le les leur leurs lui ma mais me mes mon nos notre nous on ont ou où
        par pour qu que qui sa se ses si son sont sur ta te tes toi ton tu un une vos votre vous y était""",
    "Spanish": """a al algo ante con como cuando de del desde donde el ella ellas ellos en entre era eran es esa ese eso
        esta estaba estamos están estar este esto estos fue fueron ha había han hasta hay he la las le les lo los me mi
        mis muy nos nosotros nuestra nuestro o para pero por porque que qué quien se ser si sí sobre son su sus también
        te tiene todo tu tus un una uno unos usted ustedes y ya yo""",
    "Italian": """a abbiamo ad ai al alla alle anche che chi ci come con cui da dal dalla dei del della delle di dove e
        ed è era essere gli ha hai hanno ho i il in io la le lei li lo loro lui ma mi mia mio ne nei nel nella noi
        nostra nostro o per perché più quando quella quello questa questo se si sia sono su sua sul sulla suo tra tu un
        una uno vi voi""",
    "Portuguese": """a ao aos as à às até com como da das de dela dele depois do dos e é ela ele eles em entre era essa
        esse esta está este eu foi foram há isso isto já lhe mais mas me meu minha muito na nas no nos nós nossa nosso o
        os ou para pela pelo por porque quando que quem se sem ser seu sua são só também te tem têm um uma você
        vocês""",
    "Dutch": """aan al als ben bij daar dan dat de deze die dit door dus een en er gaan had heb hebben heeft het hier
        hij hoe ik in is je jij jullie kan kunnen maar me meer met mij mijn naar nog nu of om omdat onder ons onze ook
        op over te toch tot uit u uw van veel voor want waren was wat we wel werd wie wij wordt ze zich zij zijn zo
        zou""",
    "Swedish": """alla att av blev blir bli de dem den denna deras dess det detta dig din du där efter ej eller en er
        ett från för ha hade han har henne hon hur här i jag kan man med men mig min mitt mot mycket ni nu när och om
        oss på samma sedan sig sin sitt ska skulle som så till under upp ur ut vad var varit vara vi vid är över""",
    "Danish": """af alle at blev blive bliver da de dem den denne der deres det dette dig din du efter eller en end er
        et for fra få ham han har have havde hende her hun hvad hvis hvor i jeg kan man med men mig min mit mod meget
        ned nu når og også om op os over på sig sin skal skulle som så til ud under var ved vi vil være været""",
    "Norwegian": """alle at av ble bli blir da de dem den denne der deres det dette deg din du eller en er et etter for
        fra få ha hadde han har henne her hun hva hvis hvor hvordan i jeg kan kunne man med meg men min mitt mot mye ned
        nå når og også om opp oss over på seg sin skal skulle som så til under ut var ved vi vil være vært""",
    "Polish": """a aby ale bardzo bo być był była było były ci co czy dla do gdy gdzie go i ich ich ja jak jako je
        jednak jego jej jest jestem już każdy kiedy która które który mi mnie moja może mój można my na nam nas o od on
        ona one oni po pod przed przez przy są się tak także tam te tego tej ten to tu ty tylko tym u w we więc wszystko
        z za ze że żeby""",
    "Russian": """а бы был была были было быть в вам вас во вот все всё вы где да для до его ее её если есть еще ещё же
        за здесь и из или им их к как ко когда который кто ли меня мне мной мы на над нам нас наш но о об он она они от
        очень по под при с со так также там то того тоже только тот у уже что чтобы эта эти это этот я""",
    "Turkish": """ama ancak bana bazı ben beni benim bir biz bize bizim bu bunu çok çünkü da daha de diye en gibi hem
        her için ile ise ki kadar kendi mı mi mu mü o olan olarak oldu olduğu olur on ona onlar onu onun sen siz size
        sizin şu tüm ve veya ya yani""",
}
_SETS = {name: frozenset(text.split()) for name, text in FUNCTION_WORDS.items()}
_SHARE, _FEWEST = 0.1, 3  # of the comments whose language can be told, and how many


def languages(comments: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """The languages that comments, given as their words, are in: a comment is in the one with more of its function
    words than any other. Empty when nothing tells."""
    names = list(_SETS)
    hits = np.array([[len(words & terms) for terms in _SETS.values()] for words in comments]).reshape(-1, len(names))
    most = hits.max(axis=1, initial=0)
    plain = (most > 0) & ((hits == most[:, None]).sum(axis=1) == 1)
    counts = np.bincount(hits[plain].argmax(axis=1), minlength=len(names)) if plain.any() else np.zeros(len(names))
    enough = max(_FEWEST, _SHARE * float(counts.sum()))
    return tuple(name for name, count in zip(names, counts.tolist(), strict=True) if count >= enough)


def function_words(names: Sequence[str]) -> frozenset[str]:
    """The function words of some languages."""
    return frozenset().union(*(_SETS[name] for name in names))


# Thai, Lao, Myanmar, Khmer, kana and Han characters stand without blanks between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u309f\u30a1-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
# An address begins where unbroken text does: sought from each of its characters on, n of them without "@" are n² / 2 steps.
_PART, _OUTSIDE = r"[^\s@<>()\[\],;:\"]", r"(?<![^\s@<>()\[\],;:\"])"
_HOST = rf"@{_PART}+\.[^\W\d_]{{2,}}"
_EMAIL = re.compile(rf"{_OUTSIDE}{_PART}+{_HOST}(?:{_PART}*{_HOST})*")
_NUMBER = re.compile(r"[+(]?\d(?:[\s().\-/\u2010-\u2013\u00a0]{0,3}\d){6,}")
_ELIDED = re.compile(r"(?<!\w)(?:[ldjmtsnc]|qu|un|dell|all|nell|sull)['’](?=\w)")
_JOINS = " \t\u00a0-\u2010\u2011"  # between two words that stand side by side
_LAST = 0x1FFFE  # no mark that is written lies behind it
Phrase = list[str]


def masked(text: str) -> str:
    """The text on one line with e-mail addresses, and numbers of seven and more digits, such as of telephones,
    hidden."""
    return " ".join(_NUMBER.sub("[number]", _EMAIL.sub("[e-mail]", text)).split())


def words(text: str) -> frozenset[str]:
    """The words of a text that are set off by blanks, in lower case."""
    return frozenset(word for phrase in _phrases(text) if isinstance(phrase, list) for word in phrase)


def terms(text: str, without: Set[str]) -> frozenset[str]:
    """The words of a text and the pairs of words that stand side by side, in lower case, those `without` left out. Of
    scripts without blanks between words all sequences of two and of three characters."""
    words: set[str] = set()
    for phrase in _phrases(text):
        if isinstance(phrase, str):
            words.update(_sequences(phrase))
            continue
        kept = [word if len(word) > 1 and word not in without else "" for word in phrase]
        words.update(word for word in kept if word)
        words.update(f"{left} {right}" for left, right in pairwise(kept) if left and right)
    return frozenset(words)


def _phrases(text: str) -> Iterator[Phrase | str]:
    """Words that stand side by side, as lists; and texts of a script without blanks."""
    plain = unicodedata.normalize("NFKC", _NUMBER.sub(",", _EMAIL.sub(",", text))).casefold()
    plain = _ELIDED.sub("", plain)
    phrase: Phrase = []
    end = 0
    for match in _pattern().finditer(plain):
        if phrase and (match["run"] or plain[end : match.start()].strip(_JOINS)):
            yield phrase
            phrase = []
        if match["run"]:
            yield match["run"]
        else:
            phrase.append(match["word"].replace("’", "'"))
        end = match.end()
    if phrase:
        yield phrase


def _sequences(run: str) -> Iterator[str]:
    characters = re.findall(rf".[{_marks()}]*", run)  # with the vowels and tones that stand on them
    if len(characters) == 1:
        yield run
    for size in (2, 3):
        yield from ("".join(characters[at : at + size]) for at in range(len(characters) - size + 1))


@cache
def _pattern() -> re.Pattern[str]:
    letter = rf"(?:(?![{_UNSPACED}])[^\W\d_])"
    word = rf"{letter}(?:{letter}|[{_marks()}\u200c\u200d])*(?:['’]{letter}+)*"
    return re.compile(rf"(?P<run>[{_UNSPACED}][{_UNSPACED}{_marks()}]*)|(?P<word>{word})")


@cache
def _marks() -> str:
    """The characters that are written on others, as ranges of a pattern."""
    marks = [unicodedata.category(chr(at))[0] == "M" for at in range(_LAST + 2)]
    edges = [at for at in range(1, _LAST + 2) if marks[at] != marks[at - 1]]
    return "".join(f"{chr(first)}-{chr(end - 1)}" for first, end in zip(edges[::2], edges[1::2], strict=True))


_LONGEST = 300  # characters of a quote


@dataclass(frozen=True)
class Quote:
    """A comment with what names a person hidden, and where it stands."""

    text: str
    group: int
    score: float | None
    on: date | None
    path: str
    row: int
    word: str | None = None


class Comments:
    """The answers with a comment, by what they say, so that nothing depends on the order of rows. `terms` are the words
    and phrases of each, `languages` those of each file, `group` the place of its group."""

    def __init__(self, answers: pd.DataFrame, group: Codes, moment: str, sources: Sequence[Source]) -> None:
        column = answers["comment"] if "comment" in answers else pd.Series("", answers.index, dtype="str")
        texts = column.astype("str").str.strip()
        filled = np.flatnonzero((texts.notna() & (texts != "")).to_numpy())
        frame = answers.iloc[filled].assign(_text=texts.iloc[filled], _group=group[filled])
        frame["_path"] = [sources[i].path for i in frame[SOURCE].tolist()]
        order = ["_text", "_group", moment, "score", "_path", ROW]
        self._frame = frame.sort_values([name for name in order if name in frame], kind="stable")
        self._moment = moment
        self.group: Codes = self._frame["_group"].to_numpy()
        self.languages: dict[str, tuple[str, ...]] = {}
        self.terms: list[frozenset[str]] = [frozenset()] * len(self._frame)
        for path, places in self._frame.groupby("_path").indices.items():
            self._read(str(path), np.asarray(places, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._frame)

    def _read(self, path: str, places: Ints) -> None:
        texts = [str(text) for text in self._frame["_text"].iloc[places]]
        self.languages[path] = languages([words(text) for text in texts])
        without = function_words(self.languages[path])
        for place, text in zip(places.tolist(), texts, strict=True):
            self.terms[place] = terms(text, without)

    def shortest(self, word: str, rows: Ints, count: int) -> list[Quote]:
        """The shortest of the comments that have a word, each text once."""
        frame = self._frame.iloc[rows]
        order = np.argsort(frame["_text"].str.len().to_numpy(), kind="stable")
        return [self._quote(frame.iloc[at], word) for at in _distinct(frame["_text"], order, count)]

    def newest(self, group: int, count: int) -> list[Quote]:
        """The newest comments of a group, each text once."""
        frame = self._frame[self.group == group]
        dates = moments(frame, self._moment).astype("datetime64[us]").astype(np.int64)
        order = np.argsort(-np.where(dates == NEVER, -1, dates), kind="stable")
        return [self._quote(frame.iloc[at], None) for at in _distinct(frame["_text"], order, count)]

    def _quote(self, row: pd.Series, word: str | None) -> Quote:
        moment, score = row.get(self._moment), row.get("score")
        return Quote(
            _shortened(masked(str(row["_text"])), word),
            int(row["_group"]),
            None if score is None or pd.isna(score) else float(score),
            None if moment is None or pd.isna(moment) else moment.date(),
            str(row["_path"]),
            int(row[ROW]),
            word,
        )


def _distinct(texts: pd.Series, order: Ints, count: int) -> list[int]:
    """The first places of an order, so many as hold different texts."""
    ordered = texts.iloc[order].str.casefold()
    return order[~ordered.duplicated().to_numpy()][:count].tolist()


def _shortened(text: str, word: str | None) -> str:
    """At most 300 characters of a text, those about the word if there is one."""
    if len(text) <= _LONGEST:
        return text
    at = max(text.casefold().find(word.split()[0]), 0) if word else 0
    start = max(min(at - _LONGEST // 2, len(text) - _LONGEST), 0)
    cut = text[start : start + _LONGEST].strip()
    return f"{'…' if start else ''}{cut}{'…' if start + _LONGEST < len(text) else ''}"
