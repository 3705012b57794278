"""Follow-up questions in Chinese: 那X呢 asks the last question of X, 他 and 它 stand for what was said.

What a question is about stands before its first particle, verb or question word (洗衣机的…, 微软是谁…). A question that
has something there is whole, however short it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.followup.mentions import Turn
from ragqa.followup.resolution import Carried, Understood

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_OPENER = re.compile("^(?:那么|那麼|那麽|还有|還有|然后|然後|而且|另外)[，,]?")
_SWITCH = re.compile("^(?:那么|那麼|那)?[，,]?(?P<topic>[^，,？?]{1,20}?)呢[？?]?$")
_TIME = re.compile(
    "^(?:星期|周|礼拜|禮拜|今|明|昨|后天|前天|早上|上午|中午|下午|晚上|平时|平時|[0-9零一二三四五六七八九十]+[年月日点點号])"
)
_ASKS = re.compile("谁|誰|什么|什麼|哪|几|幾|多少|多[长長高大久远遠深重宽寬]|怎|如何|为何|為何|何时|何時|吗|嗎")
_BORDER = re.compile(
    f"的|是|有|位于|位於|在|由|发源|發源|流经|流經|成立|建于|建於|属于|屬於|叫|支持|会|會|能|可以|获得|獲得|{_ASKS.pattern}"
)
_PRONOUN = re.compile("他们|她们|它们|他們|她們|它們|他|她|它")
_OTHER_WORDS = re.compile(
    "其他|其它|吉他|他国|他國|他人|他乡|他鄉|应该|應該|因此|从此|從此|此外"
)  # hold a pronoun and are none
_POINTING = re.compile("[这這][^么麼]|该|該|此|那(?:个|個|座|位|家|款|种|種|条|條|本|部|里|裡|儿|兒)")
_BEFORE = re.compile("^(?:请问|請問|在)")
_WHO = re.compile("谁|誰|哪位|什么人|什麼人")
_WHICH = re.compile("^哪|叫什么|叫什麼|是什么|是什麼|哪(?:个|個|家|座|条|條|种|種|款|本|部)")
_PLACE = re.compile("(?:位于|位於|在|属于|屬於)哪")
_LEAST = 2  # characters of what a question is about
_ENOUGH = 4  # characters behind a question word that comes first: 谁发现了青霉素


def is_chinese(question: str) -> bool:
    """Whether a question has Chinese characters."""
    return _HAN.search(question) is not None


def topic(question: str) -> str:
    """What a question is about; "" if it says so nowhere."""
    text = _BEFORE.sub("", question)
    found = _BORDER.search(text)
    about = text[: found.start()] if found else ""
    return about if len(about) >= _LEAST and not _pronoun(about) else ""


def stands_alone(question: str) -> bool:
    """Whether a question says what it is about and what it asks: 管理员是谁, but neither 为什么 nor 哪一年."""
    text = _OPENER.sub("", question).strip("？?。 ")
    asks = _ASKS.search(text)
    if asks is None or _pronoun(text) or _POINTING.search(_OTHER_WORDS.sub("", text)):
        return False
    return bool(topic(text)) or (not asks.start() and len(text) - asks.end() >= _ENOUGH)


def completed(typed: str, last: Turn) -> Understood | None:
    """A question with the last one's topic replaced, or its pronoun replaced by what it stands for; None if neither."""
    switch = _SWITCH.match(typed)
    about = topic(last.understood)
    if switch and about and not _TIME.match(switch["topic"]) and not _pronoun(switch["topic"]):
        question = last.understood.replace(about, switch["topic"], 1)
        return Understood(question, typed, (Carried(question, "question", 1, f"“{typed}” asks the same of another"),))
    found, meant = _pronoun(typed), _meant(last)
    if found is None or not meant[0]:
        return None
    text, source = meant
    question = _OPENER.sub("", f"{typed[: found.start()]}{text}{typed[found.end() :]}")
    return Understood(question, typed, (Carried(text, source, 1, f"“{found[0]}” stands for it"),))


def _pronoun(text: str) -> re.Match[str] | None:
    """The first pronoun, at its place."""
    return _PRONOUN.search(_OTHER_WORDS.sub(lambda found: "〇" * len(found[0]), text))


def _meant(last: Turn) -> tuple[str, str]:
    """What a pronoun stands for, and whether it comes from the "answer" or the "question": the answer if the question
    asked who or which, else what the question was about.
    """
    asked = last.understood
    names = bool(_WHO.search(asked) or (_WHICH.search(asked) and not _PLACE.search(asked)))
    if last.answer and names and not last.answer[:1].isdecimal():
        return last.answer, "answer"
    return topic(asked), "question"


def last_whole(history: Sequence[Turn]) -> Turn:
    """The latest turn whose question was not asked with another one in front of it."""
    joined = (turn.understood != turn.question and turn.understood.endswith(f" {turn.question}") for turn in history)
    whole = [turn for turn, joint in zip(history, joined, strict=True) if not joint]
    return whole[-1] if whole else history[0]
