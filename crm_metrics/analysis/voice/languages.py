"""Words that only hold sentences together, by language, and which languages a file's comments are in.

The lists that packages bring (`stop-words`, `stopwordsiso`: 1,300 words of English) hold what customers write about:
help, problem, order, bill, new, good, not. These are function words alone; negations are none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
