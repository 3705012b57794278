"""What the styles and lists of a Word file make of a paragraph: its name, its heading level, its number."""

from __future__ import annotations

from dataclasses import dataclass

from ragqa.corpus.package import Node, child, fact, local, number

_DEEPEST = 20  # styles based on styles
_LEVELS = 9
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph's style: ``level`` of a heading (0: title), and the list that it belongs to."""

    name: str = ""
    level: int | None = None
    list_id: str = ""
    list_level: int = 0
    chain: tuple[str, ...] = ()  # the ids of the style and of those that it is based on


def read_styles(root: Node | None) -> dict[str, Style]:
    """The styles by their ids; "" is that of paragraphs that name none."""
    nodes = {fact(node, "styleId"): node for node in root if local(node) == "style"} if root is not None else {}
    found = {name: _style(node, nodes) for name, node in nodes.items()}
    default = next((name for name, node in nodes.items() if _is_default(node)), "")
    return {"": Style(), **found, **({"": found[default]} if default else {})}


def _is_default(node: Node) -> bool:
    return fact(node, "type") == "paragraph" and fact(node, "default") in ("1", "true")


def _style(node: Node, nodes: dict[str, Node]) -> Style:
    name, level, list_id, list_level, chain = fact(child(node, "name")).lower(), None, "", 0, list[str]()
    here: Node | None = node
    for _ in range(_DEEPEST):
        if here is None:
            break
        chain.append(fact(here, "styleId"))
        level = heading_level(fact(child(here, "name")).lower(), child(here, "pPr")) if level is None else level
        if not list_id and (numbers := child(here, "pPr", "numPr")) is not None:
            list_id, list_level = fact(child(numbers, "numId")), number(fact(child(numbers, "ilvl")), 0)
        here = nodes.get(fact(child(here, "basedOn")))
    return Style(name, level, list_id, list_level, tuple(chain))


def heading_level(name: str, facts: Node | None) -> int | None:
    """By the style's name ("heading 2"), or by the outline level among a paragraph's facts."""
    if name == "title":
        return 0
    if name[:-1] == "heading " and name[-1:].isdigit():
        return int(name[-1])
    outline = number(fact(child(facts, "outlineLvl")), _LEVELS)
    return outline + 1 if outline < _LEVELS else None


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    kind: str = "decimal"
    text: str = ""
    style: str = ""


class Numbers:
    """Counts the items of lists, as Word does when it shows them."""

    def __init__(self, root: Node | None) -> None:
        self._kinds: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int]] = {}
        for node in root if root is not None else ():
            if local(node) == "abstractNum":
                levels = [one for one in node if local(one) == "lvl"]
                self._kinds[fact(node, "abstractNumId")] = {number(fact(one, "ilvl"), 0): _level(one) for one in levels}
            elif local(node) == "num":
                own = fact(node, "numId")
                self._lists[own] = fact(child(node, "abstractNumId"))
                over = [one for one in node if local(one) == "lvlOverride"]
                starts = {number(fact(one, "ilvl"), 0): fact(child(one, "startOverride")) for one in over}
                self._starts[own] = {level: number(text, 1) for level, text in starts.items() if text}

    def level(self, style: Style) -> int:
        """The level of a style's list that the style, or one that it is based on, is tied to."""
        levels = self._kinds.get(self._lists.get(style.list_id, ""), {})
        tied = {level.style: at for at, level in levels.items() if level.style}
        return next((tied[name] for name in style.chain if name in tied), style.list_level)

    def next(self, list_id: str, level: int) -> str:
        """The number of the next item of a list: "3.", "(b)"; nothing for bullets and for what is no list."""
        kind = self._lists.get(list_id, "")
        levels = self._kinds.get(kind, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(kind, [0] * _LEVELS)
        for at, start in self._starts.pop(list_id, {}).items():
            if at < _LEVELS:
                counts[at] = start - 1
        for at in range(level):
            counts[at] = counts[at] or levels.get(at, _Level()).start
        counts[level] = counts[level] + 1 if counts[level] else max(1, levels[level].start)
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        if levels[level].kind in ("bullet", "none"):
            return ""
        text = levels[level].text
        for at in range(level + 1):
            text = text.replace(f"%{at + 1}", _said(counts[at], levels.get(at, _Level()).kind))
        return text


def _level(node: Node) -> _Level:
    start, kind = number(fact(child(node, "start")), 1), fact(child(node, "numFmt"), default="decimal")
    return _Level(start, kind, fact(child(node, "lvlText"))[:100], fact(child(node, "pStyle")))


def _said(count: int, kind: str) -> str:
    if kind.endswith("Letter") and count < 1000:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters.upper() if kind.startswith("upper") else letters
    if kind.endswith("Roman") and count < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman, count = roman + sign * (count // value), count % value
        return roman.upper() if kind.startswith("upper") else roman
    return f"{count:02}" if kind == "decimalZero" else str(count)
