"""Books in EPUB: a document for each chapter (each file of the book's text), in the order of reading."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from ragqa.corpus.damage import readable
from ragqa.corpus.encoding import decode
from ragqa.corpus.files import Problem, SourceFile, open_zip
from ragqa.corpus.flow import flow
from ragqa.corpus.limits import too_long
from ragqa.corpus.package import Node, Package, child, local, text_of
from ragqa.corpus.readers.markup import read_page
from ragqa.documents import Document
from ragqa.errors import SourceError

_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_FACTS = {"creator": "author", "language": "language", "publisher": "publisher", "date": "date"}
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(file: SourceFile) -> Iterator[Document | Problem]:
    """A document for each chapter with text, id and source ending in ``#chapter=3``; the title is the book's."""
    with readable("EPUB book"), open_zip(file) as archive:
        package = Package(archive)
        _refuse_encrypted(package)
        container = package.xml("META-INF/container.xml")
        place = next((node.get("full-path", "") for node in _all(container, "rootfile")), "")
        book = package.xml(place)
        if book is None:
            raise SourceError("not a readable EPUB book (it does not say what belongs to it)")
        facts = child(book, "metadata")
        title = text_of(next(iter(_all(facts, "title")), None))
        meta = {key: text_of(node) for name, key in _FACTS.items() for node in _all(facts, name)[:1]}
        items = {node.get("id", ""): node for node in _all(child(book, "manifest"), "item")}
        for at, reference in enumerate(_all(child(book, "spine"), "itemref"), 1):
            item = items.get(reference.get("idref", ""))
            if item is None or item.get("media-type") not in _TEXTS or "nav" in item.get("properties", "").split():
                continue
            name = posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(item.get("href", ""))))
            try:
                raw = _bytes(archive, name, file)
            except KeyError:
                yield Problem(f"{file.source}#chapter={at}", f"{name[:200]} is missing in the book")
                continue
            said = flow(read_page(decode(raw), file.limits.nesting).blocks)
            if said.text.strip():
                yield said.document(file, title, f"#chapter={at}", meta)


def _refuse_encrypted(package: Package) -> None:
    encryption = package.xml("META-INF/encryption.xml")
    if any(not node.get("Algorithm", "").startswith(_FONTS_ONLY) for node in _all(encryption, "EncryptionMethod")):
        raise SourceError("encrypted (the book is protected against copying)")


def _bytes(archive: zipfile.ZipFile, name: str, file: SourceFile) -> bytes:
    longest = file.limits.document(file.path.stat().st_size)
    if archive.getinfo(name).file_size > longest:
        raise SourceError(too_long(longest))
    return archive.read(name)


def _all(node: Node | None, name: str) -> list[Node]:
    return [] if node is None else [one for one in node.iter() if local(one) == name]
