"""Questions that need what came before, made whole by words of the talk itself: no model, only rules and text.

words, questions → mentions (what was spoken of) → references (what stands for it) → resolution
→ ellipsis (fragments) → understanding
"""

from ragqa.followup.mentions import Turn
from ragqa.followup.resolution import Carried, Understood
from ragqa.followup.understanding import understand

__all__ = ["Carried", "Turn", "Understood", "understand"]
