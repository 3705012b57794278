"""Follow-up questions are completed with words of earlier questions, answers and titles, by rules and without a model.

The modules build on each other: `words` and `questions` take texts apart; `mentions` lists what was spoken of;
`references` finds the words of a question that stand for something said before; `resolution` replaces them; `ellipsis`
completes fragments; `understanding` is the door.
"""

from ragqa.followup.mentions import Turn
from ragqa.followup.resolution import Carried, Understood
from ragqa.followup.understanding import understand

__all__ = ["Carried", "Turn", "Understood", "understand"]
