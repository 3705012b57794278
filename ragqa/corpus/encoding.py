"""From bytes to text: which encoding a file is in. The first of these rules that applies decides.

1. A byte order mark is believed.
2. NUL bytes: UTF-32 or UTF-16 if decoding gives plausible text, otherwise the file is binary.
3. Bytes that are strictly UTF-8 are UTF-8, as other encodings hardly ever look like it. A UTF-8 text with a few damaged
   bytes stays UTF-8; these become U+FFFD.
4. What the file declares about itself (HTML).
5. The encoding that the user names.
6. A Chinese, Japanese or Korean encoding, if the most frequent characters of that language have the share that they
   have in running text of it. In a text that is decoded wrongly they hardly occur.
7. An encoding of one byte a character, guessed by the languages that are written in it (`ragqa.corpus.guessing`).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ragqa.corpus.guessing import Guess, guess
from ragqa.errors import ConfigError, SourceError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_CHUNK = 1 << 20
_CHINESE = frozenset("的一是不了在人有我他中来上大和国地到以说时要就出会可也你对生能子那得于着下自年后作里这为们个，。")
_TAIWAN = frozenset("的一是不了在人有我他中來上大和國地到以說時要就出會可也你對生能子那得於著下自年後作裡這為們個，。")
_KOREAN = frozenset("이다는의에을가고하지를은도로기사시한리어자서나인대과부그정으스일여아제라보있해수들")
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x3094)))
_EASTERN = (  # encoding, its language's frequent characters, the least share of all non-ASCII characters that they have
    ("shift_jis", _HIRAGANA, 0.2),
    ("euc_jp", _HIRAGANA, 0.2),
    ("gb18030", _CHINESE, 0.12),
    ("cp950", _TAIWAN, 0.12),
    ("cp949", _KOREAN, 0.2),
)
_ALIASES = {  # as browsers read these labels: https://encoding.spec.whatwg.org/#names-and-labels
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
}
_LABEL = re.compile(r"(us-)?ascii|latin|iso-?8859|windows-|cp\d|ibm|mac|koi8|gb|big5|euc|ks_c|shift|tis")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b\x1a"))


@dataclass(slots=True)
class Scan:
    """What one pass over a file's bytes has seen: enough to tell the encoding without keeping the file."""

    start: bytes = b""
    nul: bytes = b""
    odd: bytes = b""
    size: int = 0


def scan(chunks: Iterable[bytes]) -> Scan:
    """Read all chunks; keep the first, the first with a NUL, and the first that is not UTF-8, with what follows it."""
    seen = Scan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    last = carry = b""
    more = _SAMPLE
    for chunk in chunks:
        seen.start = seen.start or chunk
        seen.size += len(chunk)
        if not seen.nul and b"\0" in chunk:
            seen.nul = chunk
        if seen.odd and more > 0:
            seen.odd += chunk
            more -= len(chunk)
        elif not seen.odd:
            try:
                decoder.decode(chunk)
                last, carry = carry + chunk, decoder.getstate()[0]
            except UnicodeDecodeError:
                seen.odd = carry + chunk
    if carry and not seen.odd:  # ends within a character
        seen.odd = last
    return seen


def scan_whole(raw: bytes) -> Scan:
    """`scan` the bytes of a whole file."""
    return scan(raw[at : at + _CHUNK] for at in range(0, len(raw), _CHUNK))


def encoding_of(seen: Scan, declared: str = "", named: str = "") -> Guess:
    """The encoding; decode with ``errors="replace"``. ``declared`` is what the text says itself, ``named`` what the
    user says. `SourceError` if the bytes are no text.
    """
    for mark, name in _BOMS:
        if seen.start.startswith(mark):
            return Guess(name)
    if seen.nul:
        return Guess(_wide(seen))
    if not seen.odd:
        return Guess("utf-8")
    sample = _sample(seen.odd)
    if len(sample.translate(None, _CONTROL)) < 0.98 * len(sample):
        raise SourceError("not text (a binary file)")
    if _mostly_utf8(sample) and not named:
        return Guess("utf-8")
    known = _declared(declared) or (named and known_encoding(named)) or _eastern(sample)
    return Guess(known) if known else guess(sample)


def known_encoding(label: str) -> str:
    """Python's name of the encoding that a label means; `ConfigError` if there is none of text."""
    label = label.strip().lower()
    try:
        found = codecs.lookup(_ALIASES.get(label, label))
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding:
        raise ConfigError(f"encoding {label!r} is not known; examples are cp1250, mac_roman and shift_jis")
    return found.name


def decode(raw: bytes, declared: str = "") -> str:
    """A whole file's text, without byte order mark, line ends as they are."""
    return raw.decode(encoding_of(scan_whole(raw), declared).name, "replace")


def _sample(raw: bytes) -> bytes:
    """Whole lines around the first bytes that are not UTF-8."""
    try:
        raw.decode("utf-8")
        at = 0
    except UnicodeDecodeError as error:
        at = error.start
    start = raw.rfind(b"\n", 0, at) + 1
    if at - start > _SAMPLE:
        start = at
    sample = raw[start : start + _SAMPLE]
    return sample[: sample.rfind(b"\n") + 1] or sample


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - damaged >= 10 * damaged


def _declared(label: str) -> str:
    label = label.strip().lower()
    try:
        return codecs.lookup(_ALIASES.get(label, label)).name if _LABEL.match(label) else ""
    except LookupError:
        return ""


def _wide(seen: Scan) -> str:
    best, most = "", 0.0
    for name, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        if seen.size % width:
            continue
        try:
            text = codecs.getincrementaldecoder(name)().decode(seen.start[:_SAMPLE])
        except UnicodeDecodeError:
            continue
        common = sum(" " <= char <= "~" or char in "\t\r\n，。、" for char in text) / max(1, len(text))
        if common > most and not any(_no_text(char) for char in set(text)):
            best, most = name, common
    if most < 0.01:
        raise SourceError("not text (a binary file)")
    return best


def _no_text(char: str) -> bool:
    return char not in "\t\r\n\f" and unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs")


def _eastern(sample: bytes) -> str:
    best, most = "", 1.0
    for name, frequent, least in _EASTERN:
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        foreign = [char for char in text if char > "\x7f"]
        share = sum(char in frequent for char in foreign) / max(1, len(foreign)) / least
        if share > most:
            best, most = name, share
    return "cp932" if best == "shift_jis" else best
