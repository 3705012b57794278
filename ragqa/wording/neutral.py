"""Any language that has no list of its own: nothing is known but letters, digits and punctuation."""

from __future__ import annotations

from ragqa.wording.words import Wording

NEUTRAL = Wording(language="")
