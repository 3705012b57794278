"""The escapes of roff, in which man pages are written, and its words."""

from __future__ import annotations

import re

_SPECIAL = {
    "-": "-", "aq": "'", "dq": '"', "bu": "•", "em": "—", "en": "–", "hy": "-", "lq": "“", "rq": "”", "oq": "‘",
    "cq": "’", "co": "©", "rg": "®", "tm": "™", "de": "°", "mu": "×", "di": "÷", "+-": "±", "ha": "^", "ti": "~",
    "rs": "\\", "sl": "/", "ga": "`", "aa": "´", "at": "@", "sh": "#", "Do": "$", "ct": "¢", "Eu": "€", "Po": "£",
    "<=": "≤", ">=": "≥", "!=": "≠", "==": "≡", "->": "→", "<-": "←", "<>": "↔", "ua": "↑", "da": "↓", "if": "∞",
    "*a": "α", "*b": "β", "*g": "γ", "*d": "δ", "*l": "λ", "*m": "μ", "*p": "π", "*s": "σ", "*w": "ω", "*W": "Ω",
    "ss": "ß", "ae": "æ", "AE": "Æ", "/o": "ø", "/O": "Ø", "oA": "å", "fm": "′", "sd": "″", "lB": "[", "rB": "]",
    "lC": "{", "rC": "}", "la": "⟨", "ra": "⟩", "bv": "|", "ba": "|", "br": "|", "ul": "_", "sc": "§", "ps": "¶",
    "dg": "†", "dd": "‡", "r!": "¡", "r?": "¿", "Fo": "«", "Fc": "»", "12": "½", "14": "¼", "34": "¾", "S2": "²",
    "S3": "³", "sq": "□", "ci": "○", "lh": "☜", "rh": "☞", "..": "…", "!": "!", "pl": "+", "mi": "−", "eq": "=",
    "bq": "‚", "Bq": "„", "~=": "≈", "no": "¬", "lt": "<", "gt": ">", "<": "<", ">": ">", "OK": "✓", "*": "*",
}  # fmt: skip
_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", ":": "\u0308", "~": "\u0303", ",": "\u0327", "o": "\u030a"}
_PARTS = r"(?:\((..)|\[([^\]]*)\]|(.))"
_ESCAPE = re.compile(
    rf"\\(?:(?P<comment>[\"#].*)"
    rf"|f{_PARTS}|F{_PARTS}|m{_PARTS}|M{_PARTS}|[gkVY]{_PARTS}"
    rf"|\*(?:\((?P<string2>..)|\[(?P<string>[^\]]*)\]|(?P<string1>.))|n[-+]?{_PARTS}"
    r"|s[-+]?(?:\(\d\d|\[[^\]]*\]|'[^']*'|\d{1,2})|[hvwxXlLDbBoRSZAN]'(?P<quoted>[^']*)'|[hvwxlLDo]\"[^\"]*\""
    r"|\((?P<pair>..)|\[(?P<name>[^\]]*)\]|C'(?P<char>[^']*)'|(?P<one>.)|\Z)",
    re.DOTALL,
)
_NOTHING = frozenset("&|^/,%:)!{}dur acptz?")
_WORD = re.compile(r'"((?:[^"]|"")*)(?:"|\Z)|((?:\\.|[^\s])+)')


def unescaped(text: str, strings: dict[str, str] | None = None) -> str:
    """Text as a reader sees it."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _shown(found, strings or {}), text)


def words(text: str) -> list[str]:
    """The arguments of a macro; blanks part them, but for those in quotation marks and behind a backslash."""
    return [
        found[1].replace('""', '"') if found[1] is not None else found[2]
        for found in _WORD.finditer(text)
        if not (found[2] or "").startswith('\\"')
    ]


def _shown(found: re.Match[str], strings: dict[str, str]) -> str:
    special = found["pair"] or found["name"]
    if special is not None:
        return _special(special)
    named = found["string2"] or found["string"] or found["string1"]
    if named is not None:
        return strings.get(named, {"lq": "“", "rq": "”", "R": "®", "Tm": "™"}.get(named, ""))
    if found["char"] is not None:
        return _special(found["char"])
    one = found["one"]
    if one is None or one in _NOTHING:
        return " " if one in (" ", "0") else ""
    return {"e": "\\", "~": " ", "0": " ", "t": " ", "n": "", "'": "´", "E": "\\"}.get(one, one)


def _special(name: str) -> str:
    if name in _SPECIAL:
        return _SPECIAL[name]
    if (
        re.fullmatch(r"u[0-9A-F]{4,6}", name)
        and int(name[1:], 16) < 0x110000
        and not 0xD800 <= int(name[1:], 16) < 0xE000
    ):
        return chr(int(name[1:], 16))
    if len(name) == 2 and name[0] in _ACCENTS and name[1].isalpha():
        import unicodedata

        return unicodedata.normalize("NFC", name[1] + _ACCENTS[name[0]])
    return ""
