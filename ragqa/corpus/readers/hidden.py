"""Parts of a text that are taken out while marks are taken from the rest, so that nothing in them counts as a mark."""

from __future__ import annotations

import re

_PLACE = re.compile("\x00(\\d+)\x00")
_INSIDE = 3  # hidden parts may stand in one another so deep


class Hidden:
    """What was taken out of a text that has no NUL characters of its own."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def hide(self, content: str) -> str:
        """What stands for a part until `shown` puts it back."""
        self._kept.append(content)
        return f"\0{len(self._kept) - 1}\0"

    def shown(self, text: str) -> str:
        """The text with all parts put back."""
        for _ in range(_INSIDE):
            text = _PLACE.sub(lambda found: self._kept[int(found[1])], text)
        return text
