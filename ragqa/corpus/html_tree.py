"""From HTML to a tree, as browsers build it (by lexbor), that says of its elements what they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ragqa.corpus.limits import too_deep
from ragqa.errors import SourceError

_INVISIBLE = str.maketrans("", "", "\xad\u200b\ufeff")
_TAG = re.compile(r"(?is)<(?:!--.*?(?:-->|\Z)|(script|style)\b.*?(?:</\1|\Z)|(/?)([a-z][^\s/>]{0,30}))")
# fmt: off
_UNCLOSED = frozenset((  # elements that need no end tag
    "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "rb", "rp", "rt", "rtc", "source", "tbody", "td", "tfoot", "th",
    "thead", "tr", "track", "wbr",
))
# fmt: on
_OPEN = 20_000  # elements that are never closed; the parser's time is quadratic in their number
# What is asked of what an element holds: a bit each.
_HELD = ("main", "article", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
_BITS = {tag: 1 << bit for bit, tag in enumerate(_HELD)}
_WHOLE = frozenset(("html", "body", "main", "article"))  # pages hide these until a script has run
_UNSEEN = re.compile(r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b")
_PROSE = 5  # words


@dataclass(slots=True)
class Element:
    """An element with what is in it. Of all that is in it are told: how many words stand outside of links, how many h1
    there are, and whether there is prose, which is a paragraph with five such words.
    """

    tag: str
    facts: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)
    words: int = 0
    prose: bool = False
    h1: int = 0
    bits: int = 0

    def holds(self, *tags: str) -> bool:
        """Whether an element of one of these kinds (main, article, table, pre, h1 to h6) is in it."""
        return any(self.bits & _BITS[tag] for tag in tags)


def parse(text: str, nesting: int) -> Element:
    """The page's root element; `SourceError` if more than ``nesting`` of them are inside one another."""
    from selectolax.lexbor import LexborHTMLParser

    if _left_open(text) > max(nesting, _OPEN):
        raise SourceError(too_deep(nesting))
    root = LexborHTMLParser(text.encode("utf-8", "replace").decode()).root
    page = Element("html")
    if root is None:
        return page
    open_elements = [page]
    node: Any = root.child
    while node is not None:
        child = _enter(node, open_elements, nesting)
        while child is None and (child := node.next) is None:
            if len(open_elements) == 1:
                return page
            node = node.parent
            _leave(open_elements)
        node = child
    return page


def _enter(node: Any, open_elements: list[Element], nesting: int) -> Any:
    """Take a node into the tree; its first child, if that is to be taken next."""
    parent = open_elements[-1]
    if node.is_text_node:
        said = node.text_content.translate(_INVISIBLE)
        parent.inside.append(said)
        parent.words += len(said.split(None, _PROSE)) if parent.tag != "a" else 0
        return None
    if not node.is_element_node:
        return None
    tag = node.tag or ""
    facts = {name: value or "" for name, value in node.attributes.items()}
    if _is_hidden(tag, facts):
        return None
    element = Element(tag, facts)
    parent.inside.append(element)
    child = node.child
    if len(open_elements) > nesting:
        raise SourceError(too_deep(nesting))
    if child is not None:
        open_elements.append(element)
    else:
        _tell(element, parent)
    return child


def _is_hidden(tag: str, facts: dict[str, str]) -> bool:
    """Whether nobody sees an element: it says so, and neither is to be opened by a click nor holds the whole page."""
    if not facts or tag in _WHOLE or facts.get("role") == "tabpanel":
        return False
    return facts.get("hidden", "until-found").lower() != "until-found" or bool(_UNSEEN.search(facts.get("style", "")))


def _leave(open_elements: list[Element]) -> None:
    element = open_elements.pop()
    _tell(element, open_elements[-1])


def _tell(element: Element, parent: Element) -> None:
    """Add to what is said of the parent."""
    tag = element.tag
    if tag != "a":
        parent.words += element.words
    parent.prose |= element.prose or (tag == "p" and element.words >= _PROSE)
    parent.bits |= element.bits | _BITS.get(tag, 0)
    parent.h1 += element.h1 + (tag == "h1")


def _left_open(text: str) -> int:
    """How many elements are opened and not closed, at most."""
    opened = 0
    for tag in _TAG.finditer(text):
        if tag[3] and tag[3].lower() not in _UNCLOSED:
            opened += -1 if tag[2] else 1
    return opened
