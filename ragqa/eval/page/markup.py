"""HTML and SVG that are safe against injection: only `el` makes markup, and all other text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class Html(str):
    """Text that is markup and is not escaped again."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def text_of(child: Child) -> str:
    """Markup as it is, other text escaped, nothing for None, and the members of a collection in order."""
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (str, int, float)):
        return escape(str(child))
    return "".join(text_of(one) for one in child)


def many(*children: Child) -> Html:
    """Several pieces, one after the other."""
    return Html(text_of(children))


def el(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """An element. ``class_`` stands for class, ``aria_label`` for aria-label; attributes that are None or False are
    left out.
    """
    head = tag
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        if not _NAME.fullmatch(name):
            raise ValueError(f"no attribute: {name!r}")
        head += f" {name}" if value is True else f' {name}="{escape(str(value))}"'
    return Html(f"<{head}>{text_of(children)}</{tag}>")
