"""From a question and the conversation before it to the question that is meant, and where its words come from.

The rules are tried in this order:

* A fragment ("And when?", "And the Elbe?") takes over the last question (`ragqa.followup.ellipsis`), and "tell me more"
  gets what was spoken of.
* Pronouns, "there" and pointing phrases are replaced by what they stand for.
* A noun that needs an "of" ("the architect") gets one: "of Machu Picchu".
* A question that has only words of the document that answered last gets the subject of that document at its end.

Any other question stays as it was typed. If nothing said before fits a pronoun in it, or the last question cannot be
asked of what it names, a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ragqa.followup.chinese import completed, is_chinese, last_whole, stands_alone
from ragqa.followup.ellipsis import complete
from ragqa.followup.expletive import is_impersonal
from ragqa.followup.foreign import follows, has_rules
from ragqa.followup.mentions import Turn
from ragqa.followup.references import RELATIONS, definites, naming, references
from ragqa.followup.resolution import Carried, Understood, carry, replaced, resolve, subject
from ragqa.followup.words import (
    PREPOSITIONS,
    WH,
    content,
    is_english,
    length,
    names,
    raised,
    stem,
    tokens,
    vocabulary,
    words,
)

BARE = 7  # words: a question without a name and no longer than this may be about the last document
_CONJUNCTION = re.compile(r"^(?:(?:and|but|so|or|then|well|ok|okay)\b,?\s+)+", re.IGNORECASE)
_CIRCUMSTANCE = r"\b(?:of|in|for|on|at|about|with|from|to) (?:the |an? )?[a-z]"
_ANYWHERE = frozenset(map(stem, vocabulary("people person men man thing year name called happen happened")))


def understand(question: str, history: Sequence[Turn], language: str = "en") -> Understood:
    """What a question means after ``history`` (oldest turn first). Pure: the same arguments give the same result.

    Without history, and for a question that stands alone, it is the question as typed. The rules are English. A
    question that does not read as English is a follow-up only if it is short or has a word that points back
    (`ragqa.followup.foreign`); it gets the last question that stood alone in front of it, or in Chinese what it leaves
    out (`ragqa.followup.chinese`). If the index has another ``language``, a question reads as English only with an
    English question word in it. In an index of several languages that of the last answer counts.
    """
    typed = question.strip()
    if language == "auto":
        language = next((turn.language for turn in reversed(history) if turn.language), language)
    if not history or not typed:
        return Understood(typed, typed)
    if not is_english(typed) or (language != "en" and not set(words(typed)) & (WH | {"and"})):
        return _foreign(typed, history, language)
    fragment = _CONJUNCTION.sub("", typed)
    whole = complete(fragment, history, joined=fragment != typed)
    if whole is not None:
        return replace(whole, typed=typed, question=whole.question if whole.carried else typed)
    bare = raised(fragment) or typed
    text, carried = resolve(bare, history)
    if not carried and not is_impersonal(bare):
        text, carried = _supply(bare, history)
    return Understood(text, typed, carried) if carried else Understood(typed, typed, note=_unfit(bare))


def _unfit(question: str) -> str:
    """A note that names the words for which nothing fits; "" if there are none."""
    loose = [question[one.start : one.end].lower() for one in references(question)]
    return f"asked as typed: nothing said before fits “{loose[0]}”" if loose else ""


def _foreign(typed: str, history: Sequence[Turn], language: str) -> Understood:
    last, why = last_whole(history).understood, follows(typed, language)
    if is_chinese(typed) and language in ("zh", "auto"):
        whole = completed(typed, history[-1])
        if whole is not None:
            return whole
        why = "" if stands_alone(typed) else why
    if not why:
        note = (
            "" if has_rules(language) else "asked as typed: there are no rules for follow-up questions in its language"
        )
        return Understood(typed, typed, note=note)
    carried = Carried(last, "question", 1, f"“{typed}” {why}")
    return Understood(f"{last} {typed}", typed, (carried,), "the last question was put in front")


def _supply(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Carried, ...]]:
    """Add what a question leaves out: the full name of "the canal", what "the architect" is the architect of,
    who died.
    """
    loose, told, held = list(definites(question)), set(content(question)), names(question)
    for reference in loose:
        mention = naming(reference.noun, history)
        if mention is not None and not set(content(mention.text)) <= told:
            phrase = question[reference.start : reference.end]
            return replaced(question, reference, mention.text), (carry(mention, f"“{phrase}” is part of the name"),)
    known = {stem(word) for word in words(f"{history[-1].context} {history[-1].understood}")}
    if not all(_behind_preposition(question, name.start) and set(content(name.core)) <= known for name in held):
        return question, ()
    loose = [reference for reference in loose if reference.noun in RELATIONS or stem(reference.noun) in known]
    bare = not held and length(question) <= BARE and not re.search(_CIRCUMSTANCE, question)
    bare = bare and bool(told) and told <= known | _ANYWHERE and not told & set(content(history[-1].title))
    about = subject(history, needed=any(one.noun in RELATIONS for one in loose)) if loose or bare else None
    if about is None or set(content(about.text)) <= told:
        return question, ()
    for reference in reversed(loose):
        if reference.noun in RELATIONS or stem(reference.noun) not in content(about.text):
            text = f"{question[: reference.end]} of {about.text}{question[reference.end :]}"
            phrase = question[reference.start : reference.end]
            return text, (carry(about, f"“{phrase}” does not say of what"),)
    if bare:
        text = f"{question.rstrip('?. ')} ({about.text})?"
        return text, (carry(about, "the question names nothing that is new"),)
    return question, ()


def _behind_preposition(text: str, start: int) -> bool:
    """Whether the words that begin at ``start`` are a circumstance, as in "in Italian"."""
    before = [token.low for token in tokens(text[:start])]
    return bool(before) and before[-1] in PREPOSITIONS
