"""Chinese questions in other forms."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.mining.forms.speech import Rng, other_year

_HAN = re.compile("[\u3400-\u9fff]")
_ASKING = re.compile(
    "请问|为什么|什么时候|什么地方|什么样的|什么|哪一年|哪一个|哪一|哪些|哪个|哪里|哪儿|哪|谁|多少|几(?=[个年月日次位名种])|"
    "何时|何地|何人|何|怎么样|怎么|怎样|如何|是否|[吗呢？?]"
)
_LOOSE = re.compile("[的了在是被由于和与、，,。]|有(?=[^名])")
_YEAR = re.compile("(1[0-9]{3}|20[0-2][0-9])(?=年)")
_OPPOSITES = (
    *(("最大", "最小"), ("最高", "最低"), ("最长", "最短"), ("最早", "最晚"), ("最多", "最少"), ("第一", "最后")),
    *(("东部", "西部"), ("南部", "北部"), ("以前", "以后"), ("之前", "之后"), ("增加", "减少"), ("上升", "下降")),
    *(("开始", "结束"), ("出生", "下葬"), ("男", "女")),
)


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN.search(text) is not None


class Chinese:
    """A `Speech`."""

    def __init__(self) -> None:
        self._opposites = (*_OPPOSITES, *((other, one) for one, other in _OPPOSITES))

    def keywords(self, rng: Rng, question: str) -> str:
        """What only asks goes; mostly what only joins, too."""
        rest = _ASKING.sub(" ", question)
        if rng.random() < 0.6:
            rest = _LOOSE.sub(" ", rest)
        return " ".join(rest.split())

    def typing_errors(self, rng: Rng, question: str) -> str:
        """One character is missing."""
        places = [match.start() for match in _HAN.finditer(question)]
        at = places[rng.integers(len(places))]
        return question[:at] + question[at + 1 :]

    def asked(self, text: str) -> str:
        """With a question mark."""
        return f"{text}？"

    def has_enough(self, text: str) -> bool:
        """Three characters."""
        return len(text) >= 3

    def lookalikes(self, rng: Rng, question: str, paragraph: str, names: Sequence[str]) -> list[str]:
        """A year, or a word that has an opposite, is changed."""
        return [
            text for text in (self._other_year(rng, question, paragraph), self._opposite(question, paragraph)) if text
        ]

    def _other_year(self, rng: Rng, question: str, paragraph: str) -> str:
        year = _YEAR.search(question)
        if year is None:
            return ""
        changed = other_year(rng, year[0])
        return "" if changed in paragraph else question[: year.start()] + changed + question[year.end() :]

    def _opposite(self, question: str, paragraph: str) -> str:
        pairs = ((one, other) for one, other in self._opposites if one in question and other not in paragraph)
        return next((question.replace(one, other, 1) for one, other in pairs), "")
