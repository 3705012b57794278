"""Where sentences end, and how many words a text has. Everything is done by compiled expressions in linear time.

A word is a run of letters, digits and "_" with their combining marks; a run of more than 24 characters counts one word
for each 24, without its marks. In scripts without blanks (Han, Kana, Thai, Lao, Khmer, Burmese) two characters count as
a word. Of other signs 24 in a row count as a word, so every long text has words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from ragqa.characters import HAN, compiled

SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d" + HAN
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0980-\u0dff"
_LETTERS = f"[^\\W{SPACELESS}]"
_ASCII_WORD = re.compile(r"\w{1,24}|[^\w\s]{24}")
_WORD = re.compile(
    f"{_LETTERS}{{1,24}}(?:[{_MARKS}]{{1,4}}{_LETTERS}{{0,24}}){{0,24}}|[{SPACELESS}]{{1,2}}|[^\\w\\s]{{24}}"
)

_CLOSERS = "\"'”’»›)\\]}」』）】》〉*_"
_END = compiled(  # begins with a plain set of characters, which makes it ten times as fast
    "[.!?…。！？｡।॥؟۔။៕។;\u037e\n](?:"
    f"(?<=[.!?…])(?<![.!?…][.!?…])[.!?…]*+(?P<close>(?:[{_CLOSERS}“‘]|[ \u00a0\u202f]»|\\[\\d{{1,3}}\\])*+)"
    "(?=\\s)"  # a blank must follow; “ and ‘ close in German
    f"|(?<=[。！？｡।॥؟۔။៕។])[{_CLOSERS}。！？｡।॥]*+(?![{_CLOSERS}。！？｡।॥])"  # before と it is part of a sentence
    "(?!(?<=[」』])(?:と|って))"
    "|(?<=[\u0370-\u03ff\u1f00-\u1fff][;\u037e])(?=\\s)"  # the question mark of Greek
    "|(?<![:,;：，；、]\n)(?<![:,;]\r\n)(?<=\n)(?:[ \t\r\u00a0]*+\n)++"  # a paragraph's end
    r"|(?<=\n)(?=[ \t]*+(?:(?:[-*+•‣◦–—]|\d{1,3}[.)])[ \t]|\||[^\n|]{1,200}+(?<= )\| ))"  # list items and table rows
    ")"
)
_AFTER = re.compile(r"\s+(\S{0,12})")
_OPENERS = "([{\"'“„‘‚«»‹›¿¡*_"
# fmt: off
ABBREVIATIONS = frozenset(re.findall(r"\S+", """
    Mr Mrs Ms Messrs Mme Mlle Dr Prof Rev Hon Gen Col Maj Capt Cpt Lt Sgt Cmdr Adm Gov Sen Rep Pres St Ste Mt Ft Jr
    Sr vs cf ca viz resp approx est Fig fig Figs figs eds Vol vol Vols Ch Sec Eq al Univ Dept Nr Bd Hr Fr Hrsg bzw
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    Sra Srta Dra Ud Uds Mgr MM Avda Sig Dott Ing Avv Mlles Dhr Mevr TP PGS av geb gem EE им ул пр просп пер наб тов
    проф акад млн млрд тыс др см См Mio Mrd Tsd Ca Str
"""))
_BEFORE_NUMBERS = frozenset(re.findall(r"\S+", """
    No no Nos nos nr p pp S Art art ch eq sec § §§ Abs Ziff Str Kap núm pág pag рис Рис стр табл п гл д кв
"""))
# fmt: on
_DOTTED = re.compile(r"(?:[^\W\d_]\.[-–]?){1,5}[^\W\d_]")  # U.S  e.g  p.m  J.-P
_LETTER_BEFORE = re.compile(r"(?:^|[\s(])[^\W\d_]\.\s?[^\W\d_]$")  # h. c
_ELIDED = re.compile(r"^[^\W\d_]{1,3}['’](?=[^\W\d_]{2})")  # l'Ing
_LETTER_AFTER = re.compile(r"[^\W\d_]\.")
_ITEM = re.compile(r"(?:^|\n)[ \t]*\d{1,3}$")
_MONTH = re.compile(r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)[a-zä]*|Jahrhundert|Jh")
_CLAUSE = re.compile(r"[;:,–—](?=\s)|[，；：、،؛၊]|[;:,](?=[\u4e00-\u9fff])")
_SPACE = re.compile(r"\s+")
_BEFORE = 24
_LONGEST_CHARACTER = 32  # code points that may look like one character, and are then not parted
_JOINER = "\u200d"
_STACKING = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u1039\u17d2")  # make one of two consonants
_JOINED = frozenset(
    (_JOINER, *"\u0e33\u0eb3", *map(chr, range(0x1F3FB, 0x1F400)))
)  # vowels of Thai and Lao, skin tones


def count_words(text: str) -> int:
    """The number of words."""
    return len((_ASCII_WORD if text.isascii() else _WORD).findall(text))


def sentences(text: str, start: int, end: int) -> Iterator[int]:
    """The ends of the sentences of ``text[start:end]``, ascending, the last of them ``end``; list items and table rows
    count as sentences. A paragraph's end ends a sentence, unless a colon or the like announces what follows.
    """
    last = start
    for match in _END.finditer(text, start, end):
        if match.end() == end or (match[0].isspace() and text[last : match.end()].isspace()):
            continue
        if match["close"] is None or _is_end(text, start, match):
            last = match.end()
            yield last
    if end > last:
        yield end


def sentence_at(text: str, ends: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Characters of the sentence, or of the sentences, that [start, end) stands in, without the white space around
    them; ``ends`` are those of the text's sentences.
    """
    first = max((stop for stop in ends if stop <= start), default=0)
    last = min((stop for stop in ends if stop >= end), default=len(text))
    whole = text[first:last]
    first, last = first + len(whole) - len(whole.lstrip()), last - len(whole) + len(whole.rstrip())
    return min(first, start), max(last, end)


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    after = _AFTER.match(text, match.end())
    following = after[1] if after else ""
    if following[:1].islower():
        return False
    if match[0] != ".":
        return True
    before = text[max(start, match.start() - _BEFORE) : match.start()]
    word = before[-1:].strip() and before.rsplit(None, 1)[-1].lstrip(_OPENERS)
    word = _ELIDED.sub("", word) if word else word
    if word.isdigit():
        return not (_ITEM.search(before) or (len(word) <= 2 and _MONTH.match(following)))
    if word in _BEFORE_NUMBERS or word.endswith("str"):
        return not following[:1].isdigit()
    if len(word) == 1 and word.islower() and (_LETTER_AFTER.match(following) or _LETTER_BEFORE.search(before)):
        return False
    initial = len(word) == 1 and word.isupper() and word != "I"
    return not (initial or word in ABBREVIATIONS or _DOTTED.fullmatch(word))


def cuts(text: str, start: int, end: int, words: int, longest: int) -> Iterator[int]:
    """Where to cut ``text[start:end]`` into pieces of at most ``words`` words and ``longest`` characters, the last cut
    being ``end``.

    A cut falls in the later half of what fits: after a line, else a clause mark, else a blank, else between characters
    that a reader sees as such.
    """
    pattern = _ASCII_WORD if text.isascii() else _WORD
    while True:
        within = min(end, start + longest)
        tokens = pattern.finditer(text, start, within)
        fitting = next(islice(tokens, words - 1, None), None)
        if within == end and (fitting is None or next(tokens, None) is None):
            yield end
            return
        start = _best_cut(text, start, within if fitting is None else fitting.end())
        yield start


def _best_cut(text: str, start: int, hard: int) -> int:
    middle = start + (hard - start + 1) // 2
    line = text.rfind("\n", middle, hard)
    if line >= 0:
        return line + 1
    for pattern in (_CLAUSE, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, middle, hard + 1)]
        if ends:
            return ends[-1]
    return next((at for at in range(hard, max(middle, hard - _LONGEST_CHARACTER), -1) if is_between(text, at)), hard)


def is_between(text: str, at: int) -> bool:
    """Whether two characters, as a reader sees them, meet there: no mark, joiner, skin tone or half flag follows, nor
    the second letter of a conjunct.

    The rules are those of Unicode's grapheme clusters (UAX #29) that can be told without its tables.
    """
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == _JOINER or (before in _STACKING and after.isalpha()) or after in _JOINED:
        return False
    if unicodedata.category(after).startswith("M"):
        return False
    if _is_flag(before) and _is_flag(after):
        begin = at
        while begin and _is_flag(text[begin - 1]) and at - begin < _LONGEST_CHARACTER:
            begin -= 1
        return (at - begin) % 2 == 0
    return not (before == "\r" and after == "\n") and not ("\u1160" <= after <= "\u11ff")


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
