"""Messages (.eml) and mailboxes (.mbox): a document for each message, headed by its subject.

From, To, Cc and Date stand before the text, a line each, and are metadata. The plain form of a text is taken before its
HTML. Attached texts and messages are read, other attachments are named.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from quopri import decodestring

from ragqa.corpus.encoding import decode
from ragqa.corpus.files import Problem, SourceFile, chunks, read_text_bytes
from ragqa.corpus.flow import Block, flow
from ragqa.corpus.limits import too_long
from ragqa.corpus.readers.markup import read_page
from ragqa.documents import Document
from ragqa.errors import SourceError

_SAID = ("From", "To", "Cc", "Date")
_DEEPEST = 20  # messages in messages
_LONGEST_FACT = 100  # characters of metadata


def read_eml(file: SourceFile) -> Iterator[Document | Problem]:
    """One document."""
    yield from _message(read_text_bytes(file), file, "")


def read_mbox(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each message, id and source ending in ``#message=3``."""
    for number, raw in enumerate(_divided(file), 1):
        yield from _message(raw, file, f"#message={number}")


def _divided(file: SourceFile) -> Iterator[bytes]:
    """The messages of a mailbox: each begins with a line "From " that stands first or after an empty one."""
    taken: list[bytes] = []
    length, longest, empty, any_begun = 0, file.limits.document(file.path.stat().st_size), True, False
    for line in _lines(file):
        if empty and line.startswith(b"From "):
            if any_begun:
                yield b"".join(taken)
            taken, length, any_begun = [], 0, True
            continue
        if not any_begun and line.strip():
            raise SourceError("not a mailbox (it does not begin with a message)")
        empty = not line.strip()
        taken.append(line[1:] if line.lstrip(b">").startswith(b"From ") and line.startswith(b">") else line)
        length += len(line)
        if length > longest:
            raise SourceError(too_long(longest))
    if any_begun:
        yield b"".join(taken)


def _lines(file: SourceFile) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks(file):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _message(raw: bytes, file: SourceFile, place: str) -> Iterator[Document | Problem]:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    reader = _Reader(file)
    said = flow(reader.blocks(message, 0))
    for name in reader.unread:
        yield Problem(file.source + place, f"the attachment {name[:200]} is not read", unread=False)
    facts = {name.lower(): value[:_LONGEST_FACT] for name in _SAID if (value := _header(message, name))}
    try:
        facts["date"] = parsedate_to_datetime(str(message["Date"])).date().isoformat()
    except (TypeError, ValueError):
        facts.pop("date", None)
    yield said.document(file, _header(message, "Subject"), place, facts)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split()).encode("utf-8", "replace").decode()
    except Exception:  # the email package raises nearly anything on a damaged header
        return ""


class _Reader:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self.unread: list[str] = []

    def blocks(self, message: EmailMessage, depth: int) -> Iterator[Block]:
        heads = [f"{name}: {value}" for name in _SAID if (value := _header(message, name))]
        if depth:
            heads.insert(0, f"Subject: {_header(message, 'Subject')}")
        if heads:
            yield Block("\n".join(heads))
        yield from self._part(message, depth)

    def _part(self, part: EmailMessage, depth: int) -> Iterator[Block]:
        kind = part.get_content_type()
        inner = [one for one in part.iter_parts() if isinstance(one, EmailMessage)] if part.is_multipart() else []
        if depth > _DEEPEST:
            self.unread.append("deep inside others")
        elif kind == "multipart/alternative":
            yield from self._best(inner, depth)
        elif inner:
            for one in inner:
                if kind == "message/rfc822":
                    yield from self.blocks(_unpacked(part, one), depth + 1)
                else:
                    yield from self._part(one, depth + 1)
        else:
            yield from self._leaf(part, kind)

    def _leaf(self, part: EmailMessage, kind: str) -> Iterator[Block]:
        if kind in ("text/plain", "text/markdown", "text/csv"):
            if text := _text(part).strip():
                yield Block(text)
        elif kind in ("text/html", "application/xhtml+xml"):
            yield from read_page(_text(part), self._file.limits.nesting).blocks
        elif part.get_filename() or part.get_content_disposition() == "attachment":
            self.unread.append(str(part.get_filename() or kind))

    def _best(self, parts: list[EmailMessage], depth: int) -> Iterator[Block]:
        """Of several forms of one text the plain one if it says anything, or else the last that does."""
        forms = [(part.get_content_type() == "text/plain", list(self._part(part, depth + 1))) for part in parts]
        plain = [blocks for is_plain, blocks in forms if is_plain and blocks]
        others = [blocks for is_plain, blocks in forms if not is_plain and blocks]
        yield from (plain[:1] or others[-1:] or [[]])[0]


def _unpacked(part: EmailMessage, inner: EmailMessage) -> EmailMessage:
    """A message in a message; some programs encode it, although they must not, and the parser then sees no headers."""
    coded = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    payload = inner.get_payload()
    if inner.keys() or coded not in ("base64", "quoted-printable") or not isinstance(payload, str):
        return inner
    raw = payload.encode("ascii", "replace")
    try:
        found = message_from_bytes(b64decode(raw) if coded == "base64" else decodestring(raw), policy=policy.default)
    except ValueError:
        return inner
    return found if isinstance(found, EmailMessage) else inner


def _text(part: EmailMessage) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    return decode(raw, str(part.get_content_charset("") or "")).replace("\r\n", "\n")
