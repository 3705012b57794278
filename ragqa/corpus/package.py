"""Packages of XML parts in a zip archive, as office files are: parts by name, and what they are related to."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from ragqa.errors import SourceError

Node = Any  # an element of lxml


class Package:
    """The parts of an archive. Their XML is read without entities, and with the parser's bound of nesting."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())

    def xml(self, name: str) -> Node | None:
        """The root element of a part; None if there is no such part."""
        from lxml import etree

        if name not in self._names:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(self._archive.read(name), parser)
        if root.getroottree().docinfo.internalDTD is not None:
            raise SourceError(f"{name} in it declares a document type, which is not read")
        return root

    def related(self, name: str, kind: str) -> list[str]:
        """The names of the parts that a part is related to in this way ("footnotes"), in order; "" is the package."""
        return [target for _, own, target in self._relations(name) if own == kind]

    def first(self, name: str, kind: str, usual: str = "") -> str:
        """The first of these; the ``usual`` name if there is none."""
        return next(iter(self.related(name, kind)), usual)

    def title(self) -> str:
        """The title in the properties of an office file, in one line."""
        return text_of(child(self.xml(self.first("", "core-properties", "docProps/core.xml")), "title"))

    def by_id(self, name: str) -> dict[str, str]:
        """The names of the parts that a part is related to, by the ids that it calls them by."""
        return {called: target for called, _, target in self._relations(name)}

    def _relations(self, name: str) -> Iterator[tuple[str, str, str]]:
        folder, own = posixpath.split(name)
        relations = self.xml(posixpath.join(folder, "_rels", f"{own}.rels"))
        for relation in relations if relations is not None else ():
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
                yield relation.get("Id", ""), str(relation.get("Type", "")).rpartition("/")[2], target


def local(node: Node) -> str:
    """An element's name without its namespace; nothing for comments and the like."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(node: Node | None, *names: str) -> Node | None:
    """The first element at the end of this path of names."""
    for name in names:
        node = next((one for one in node if local(one) == name), None) if node is not None else None
    return node


def text_of(node: Node | None) -> str:
    """All text in an element, in one line."""
    return "" if node is None else " ".join("".join(node.itertext()).split())


def fact(node: Node | None, name: str = "val", default: str = "") -> str:
    """An attribute, whatever its namespace."""
    if node is not None:
        for key, value in node.attrib.items():
            if key.rpartition("}")[2] == name:
                return str(value)
    return default


def is_on(node: Node | None) -> bool:
    """Whether a switch is there and not turned off."""
    return node is not None and fact(node, default="true") not in ("false", "0", "off", "none")


def number(text: str, default: int) -> int:
    """A small whole number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
