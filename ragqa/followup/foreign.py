"""Follow-up questions in languages that have no rules: short ones, and those with a word that points back.

They are not completed but asked with the last question in front, which retrieval and reader then see too. Words that
also stand in questions of their own, as German "es" does, are left out.
"""

from __future__ import annotations

import re

from ragqa.followup.words import length

SHORT = 3  # words: a question this short is taken for a follow-up
LONGEST = 12  # words: a longer question stands alone, whatever words it has
_OPENING = {  # at the beginning of a question
    "ar": "و وماذا ومتى وأين ومن وكيف ولماذا وكم لكن",
    "de": "und aber doch",
    "el": "και αλλά",
    "es": "y pero",
    "fr": "et mais",
    "hi": "और लेकिन",
    "it": "e ma",
    "pt": "e mas",
    "ro": "și dar",
    "ru": "а и но",
    "tr": "peki ve ama",
    "vi": "còn và vậy",
    "zh": "那么 那麼 还有 還有 然后 然後 而且",
    "th": "แล้ว และ",
}
_POINTING = {  # anywhere
    "ar": "هو هي هم هناك ذلك هذا هذه",
    "de": "er ihn ihm dort dorthin dessen deren damals",
    "el": "αυτός αυτή αυτό εκεί τότε",
    "es": "él ella ellos ellas allí ahí eso",
    "fr": "il elle ils elles celui-ci celle-ci là-bas",
    "hi": "वह वे उसने उसका उसकी उसके वहाँ वहां",
    "it": "lui lei loro lì",
    "pt": "ele ela eles elas ali isso",
    "ro": "el ea ei ele acolo",
    "ru": "он она оно они его её ее их ему ей им там тогда",
    "tr": "o onun onu ona orada bunun",
    "vi": "ông ấy bà ấy nó họ đó",
    "zh": "他 她 它 他们 她们 它们 他們 她們 它們 那里 那裡 那儿 那兒 那个 那個 这个 這個 这座 這座 这位 這位 "
    "这家 這家 该 該",
    "th": "เขา เธอ มัน ที่นั่น",
}
_SPACELESS = ("zh", "th")
_OTHER_WORDS = re.compile("其他|其它|吉他|他国|他國|他人|应该|應該")  # hold a pronoun and are none
_OWN_SCRIPT = ("ar", "el", "hi", "ru", "th", "zh")  # told apart without knowing the language of a question


def has_rules(language: str) -> bool:
    """Whether there are words of a language that begin a follow-up or point back; "auto" has those of some "
    "scripts.
    """
    return language in _OPENING or language == "auto"


def points(question: str, language: str) -> str:
    """The word of a question that points back; "" if there is none."""
    return next((word for word in _POINTING[language].split() if _has(question, word, language)), "")


def follows(question: str, language: str) -> str:
    """Why a question, in an index of a ``language``, is taken for a follow-up; "" if it stands alone. In an index of
    several languages ("auto") only words of a script that tells the language count.
    """
    size = length(question)
    if size <= SHORT:
        return "is too short to stand alone"
    if size > LONGEST:
        return ""
    languages = _OWN_SCRIPT if language == "auto" else (language,) if language in _OPENING else ()
    for own in languages:
        if any(_begins(question, word, own) for word in _OPENING[own].split()):
            return "goes on from the last question"
        if found := points(question, own):
            return f"has “{found}”, which points back"
    return ""


def _begins(question: str, word: str, language: str) -> bool:
    gap = "" if language in _SPACELESS else r"(?!\w)"
    return re.match(rf"{re.escape(word)}{gap}", question.lower()) is not None


def _has(question: str, word: str, language: str) -> bool:
    if language in _SPACELESS:
        return word in _OTHER_WORDS.sub("", question)
    return re.search(rf"(?<![\w-]){re.escape(word)}(?!\w)", question.lower()) is not None
