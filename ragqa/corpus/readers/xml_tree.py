"""The elements of an XML file, and what its entities stand for. Nothing outside of the file is read."""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any

from ragqa.corpus.package import Node, local
from ragqa.errors import SourceError

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>")
_MENDED = re.compile(r"Entity '[^']*' not defined|Namespace prefix")  # which a parser can pass over
_SEVERAL = "Extra content at the end"  # of a fragment with several roots
_FRAGMENT = "<fragment>"
_LONGEST_ENTITY = 1_000  # characters
_UNKNOWN_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")


def parsed(text: str) -> tuple[Node, dict[str, str]]:
    """The root element, and what the entities stand for that the file declares as plain text.

    Several roots are put into one; entities that only HTML knows are read. Raises ``SourceError`` for what is not XML.
    """
    return _parsed(_DECLARATION.sub("", text))


def _parsed(text: str) -> tuple[Node, dict[str, str]]:
    from lxml import etree

    raw = text.encode("utf-8", "replace")
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "encoding": "utf-8"}
    options |= {"remove_comments": True, "remove_pis": True}
    try:
        root = etree.fromstring(raw, etree.XMLParser(**options))
    except etree.XMLSyntaxError as error:
        if _SEVERAL in str(error) and "<!DOCTYPE" not in text and not text.startswith(_FRAGMENT):
            return _parsed(f"{_FRAGMENT}{text}</fragment>")
        if not _MENDED.search(str(error)):
            raise SourceError(f"not XML ({' '.join(str(error).split())[:200]})") from error
        parser = etree.XMLParser(**options, recover=True)
        root = etree.fromstring(_UNKNOWN_ENTITY.sub(_known, raw), parser)
        faults = [entry.message for entry in parser.error_log if not _MENDED.search(entry.message)]
        if root is None or faults:
            raise SourceError(f"not XML ({' '.join(faults)[:200]})") from error
    declared = root.getroottree().docinfo.internalDTD
    entities = {
        entity.name: entity.content
        for entity in (declared.iterentities() if declared is not None else ())
        if entity.content and len(entity.content) <= _LONGEST_ENTITY and not set("<&") & set(entity.content)
    }
    return root, entities


def _known(found: re.Match[bytes]) -> bytes:
    """The character that HTML knows by this name; the five of XML stay as they are."""
    name = found[1].decode("ascii")
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    return html5[f"{name};"].encode() if f"{name};" in html5 else found[0]


def name_of(node: Node) -> str:
    """The element's name in small letters; nothing for comments and the like."""
    return local(node).lower()
