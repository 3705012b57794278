"""What an element of XML says within a line of text."""

from __future__ import annotations

from functools import cached_property
from html.entities import html5

from ragqa.corpus.package import Node
from ragqa.corpus.readers.xml_tree import name_of
from ragqa.corpus.readers.xml_words import APART, REFERENCES, SILENT

_TITLED = [f"{{*}}{name}" for name in ("title", "head")]
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


class Line:
    """The texts of the elements below this root, with what its ``entities`` stand for."""

    def __init__(self, root: Node, entities: dict[str, str]) -> None:
        self._root, self._entities = root, entities

    def text(self, node: Node) -> str:
        """The element's text with that of all elements in it."""
        name = name_of(node)
        if not name:  # a reference to an entity
            return self._entity(node)
        if name in SILENT:
            return ""
        if name in REFERENCES and not len(node) and not (node.text or "").strip():
            return self._referred(node)
        parts = [node.text or ""]
        for child in node:
            said = self.text(child)
            parts += [f" {said} " if name_of(child) in APART else said, child.tail or ""]
        return "".join(parts)

    def said(self, node: Node) -> str:
        """The same with one blank for white space."""
        return " ".join(self.text(node).split())

    def _entity(self, node: Node) -> str:
        name = str(getattr(node, "name", "") or "")
        return self._entities.get(name, html5.get(f"{name};", name))

    def _referred(self, node: Node) -> str:
        """What a reference points to, in words."""
        target = node.get("linkend") or node.get("rid") or node.get("id") or ""
        return self._titles.get(target, target)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """The titles of elements by their ids."""
        titles = [(title.getparent(), title) for title in self._root.iter(*_TITLED) if title.getparent() is not None]
        called = ((parent.get("id") or parent.get(_XML_ID), title) for parent, title in titles)
        return {name: " ".join("".join(title.itertext()).split()) for name, title in called if name}
