"""Parts of a text that are never cut: words, numbers with their signs, addresses, paths, formulas, selected forms.

They are found by one expression, whose alternatives are tried in their order. Each is bounded or possessive, or can
only begin where a run of its characters begins, so that the time grows with the text and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragqa.characters import MONEY, compiled
from ragqa.normalized import HIDDEN, SELECTORS

LONGEST = 300  # characters of a part that is kept whole

# Latin, Greek, Cyrillic, Armenian, Georgian, and digits, raised and lowered ones too; other scripts write several words
# in one run.
_LETTERS = (
    "0-9A-Za-z\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u036f"
    "\u0370-\u0587\u10a0-\u10ff\u1c80-\u1cbf\u1d00-\u1fff\u2070-\u209c\u2c60-\u2c7f\u2de0-\u2dff\ua640-\ua69f"
    "\ua720-\ua7ff\uab30-\uab6f\ufb00-\ufb17\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
)
_WORD = f"(?:[{_LETTERS}](?:[_{_LETTERS}{HIDDEN}]*[{_LETTERS}])?+)"
_BLANK = "[ \u00a0\u2009\u202f]"
_MONEY = f"[{MONEY}]"

_PLAIN_WORD = r"[A-Za-z]++(?=[\s,;])"  # most of all words: nothing else need be tried
_TEX = rf"(?<![\w$\\])\$(?=[^\s\d$])[^$\n]{{1,{LONGEST}}}(?<=\S)\$(?!\d)"
_URL = r"(?<![\w+.-])[A-Za-z][\w+.-]{0,20}+://[^\s<>\"`]++|(?<![\w+.@-])www\.[^\s<>\"`]++"
_MAIL = r"(?<![\w+.%-])[\w+%-]++(?:\.[\w+%-]++)*+@[\w-]++(?:\.[\w-]++)++"
_WINDOWS_PATH = r"(?<!\w)[A-Za-z]:\\[^\s<>\"|]++|(?<![\w\\])\\\\\w[^\s<>\"|]++"
_VARIABLE = r"\$(?:[A-Z_][A-Z0-9_]++|\{\w++\})"
_PATH = rf"(?<![\w/.~<$}}])(?:~|\.{{1,2}}|{_VARIABLE})?/(?:[\w.@+-]++/)*+\.?[\w@+-][\w.@+-]*+/?"  # ~/.profile, $HOME/x
_DOI = r"(?<![\w./])(?:doi:[ ]?)?10\.\d{4,9}/[^\s<>\"`]++"
_DOTTED = r"(?<!\S)\.(?:[a-z][\w-]*+|[A-Z]{2,}+\w*+)"  # .NET, .gitignore
_MARKED = r"(?<![\w-])--[A-Za-z][\w-]*+|(?<![\w@#/&])[@#]\w++|__\w++"  # --option, @handle, #tag, __init__
_DIGITS = (
    "(?:\\d++(?:[.,:/·'’٫٬]\\d++)*+"  # 1,000.5  14:30  1/2
    "(?:[\u00a0\u2009\u202f]\\d{3}(?!\\d))*+"  # 1 000
    "(?:-\\d++(?=-\\d)(?:-\\d++)++)?"  # 2021-03-04, but not 1914-1918
    "|\\.\\d++)"
)
_INSTANT = (  # 2024-05-31T10:00:00Z
    r"(?<!\w)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?+)?+(?:Z|[+−-]\d{2}:?\d{2})?+(?!\w)"
)
_PHONE = (  # +44 20 7946 0018, (030) 555-0100
    r"(?<![\w+])\+(?=(?:[ ()./-]{0,2}\d){7,15}(?!\d))(?:1|7|[2-9]\d{1,2})(?:[ ()./-]{1,2}\d{1,8}){1,6}+(?!\w)"
    r"|(?<!\w)\((?:0\d{1,5}\)[ ]?\d{2,8}(?:[ /-]\d{2,8}){0,4}+|\d{3}\)[ ]?\d{3}-\d{4})(?!\w)"
)
_DEGREES = (  # 51°28′38″N
    rf"(?<![\w.,])[-+−]?\d{{1,3}}(?:[.,]\d{{1,9}})?+{_BLANK}?°"
    rf"(?:{_BLANK}?\d{{1,2}}(?:[.,]\d{{1,9}})?+{_BLANK}?['’′](?![^\W\d_]{{2}})"
    rf"(?:{_BLANK}?\d{{1,2}}(?:[.,]\d{{1,9}})?+{_BLANK}?(?:[\"”″]|''|’’|′′))?+)?+(?:{_BLANK}?[NSEWO](?!\w))?+"
    rf"(?<!°)"
)
_RELEASE = (  # 1.2.3-rc1, 2.0-beta
    r"(?<![\w.])v?\d++(?:\.\d++)++"
    r"[-+~](?:[A-Za-z]{1,12}[.-]?\d(?:[\w.]*\w)?|(?i:alpha|beta|rc|pre|dev|final|snapshot))(?!\w)"
)
_UNATTACHED = rf"(?<![{_LETTERS})\]}}%°])"
_BOUND = rf"(?:[<≤≥≈~±§]{_BLANK}?|(?<=[ (])>{_BLANK}?)"  # ">" at a line's beginning is a quotation
_BEFORE_NUMBER = (
    rf"(?:{_UNATTACHED}{_BOUND}?[-+−–±]?(?:[A-Z]{{1,3}}[$€£¥]|{_MONEY}){_BLANK}?[-+−–]?"  # -$5, US$5, ≤ €5
    rf"|{_UNATTACHED}(?:{_BOUND}[-+−–]?|[-+−–±])|(?<!\w))"  # ≤ -5, -5
)
_POWER = rf"(?:{_BLANK}?[×·x*]{_BLANK}?10(?:\^[-+−]?\d++|[⁺⁻]?[⁰¹²³⁴-⁹]++))?+"
_AFTER_NUMBER = rf"(?:{_BLANK}?[%‰°℃℉](?:[CFK](?!\w))?+|{_BLANK}?€(?!\d)|[$£¥′″](?!\d))?+"
_SUBSECTIONS = r"(?:(?<!\d{4})(?:\([0-9a-z]{1,4}\))++(?!\w))?+"  # § 7(2)(b), but no footnote of a year
_NUMBER = rf"{_BEFORE_NUMBER}{_DIGITS}[{_LETTERS}{HIDDEN}]*+{_SUBSECTIONS}{_POWER}{_AFTER_NUMBER}"
_INITIALS = r"(?<![\w.])(?:[^\W\d_]\.){2,}+(?:[^\W\d_](?!\w))?+"  # U.S.
_HYPHENED = rf"{_WORD}(?:-{_WORD})*+"
_FILE = (  # a/b.txt, fenn.co.uk, os.path.join(); no full stop without a blank behind it
    rf"(?<![\w/-]){_HYPHENED}(?:/{_HYPHENED})*+"
    rf"(?:\.(?:[a-z0-9][{_LETTERS}_]*+|[A-Z]{{2,4}}(?!\w))(?:-{_WORD})*+)++(?:\(\))?+"
)
_MANUAL = rf"(?<![\w.-]){_HYPHENED}(?:\.{_WORD})*+\([1-9][a-z]{{0,2}}\)(?!\w)"  # printf(3)
_SCOPED = rf"(?<!:){_WORD}(?:::~?{_WORD})++(?:<[^\s<>]{{1,60}}>)?+"  # std::vector<int>
_FORMULA = rf"(?<![=^×·*+]){_WORD}(?:[=^×·*+]-?{_WORD})++"  # E=mc^2
_PREFIXED = r"(?:[A-KM-Z]['’](?=[A-Z]))"  # of O'Hara; L' is an article in French
_NAME = (  # F-16, C++, C#, C++20, AB−, Ca(OH)2, print(), O'Hara
    rf"{_PREFIXED}?+{_WORD}(?:(?<=[A-Z])-\d[{_LETTERS}{HIDDEN}]*+)?+"
    rf"(?:\+\+\d[0-9a-z](?!\w)|(?:\+{{1,2}}|[#−])(?![\w+])|(?:\([{_LETTERS}]{{1,20}}\)[{_LETTERS}]{{1,20}})++|\(\))?+"
)
_SELECTED = rf"\S[{SELECTORS}]++"  # an emoji, a variant, a joined form
_ATOM = compiled(
    "(?!\\s)(?:"
    + "|".join(
        (
            *(_PLAIN_WORD, _PATH, _TEX, _URL, _MAIL, _WINDOWS_PATH, _DOI, _DOTTED, _MARKED, _INSTANT, _PHONE),
            *(_DEGREES, _RELEASE, _NUMBER, _INITIALS, _MANUAL, _FILE, _SCOPED, _FORMULA, _NAME, _SELECTED),
        )
    )
    + ")"
)
_LINK = re.compile(r"[A-Za-z][\w+.-]*://|www\.|(?:doi:[ ]?)?10\.\d{4,9}/|[A-Za-z]:\\|\\\\")
_AFTER_LINKS = frozenset(".,;:!?'*|”»")
_OPENERS = {")": "(", "]": "[", "}": "{"}


def atoms(text: str) -> Iterator[tuple[int, int]]:
    """Characters [start, end) of each part of at most `LONGEST` characters, in order; none overlap."""
    for match in _ATOM.finditer(text):
        start, end = match.span()
        if end - start > LONGEST:
            continue
        if _LINK.match(text, start, end):
            end = start + len(_link(match[0]))
        yield start, end


def _link(text: str) -> str:
    """A URL or path of Windows without the marks of the sentence that it stands in."""
    while text[-1:] in _AFTER_LINKS or (
        text[-1:] in _OPENERS and text.count(text[-1]) > text.count(_OPENERS[text[-1]])
    ):
        text = text[:-1]
    return text
