"""Which sentences say yes or no to a question: none that does not decide it."""

from __future__ import annotations

import pytest
from support.verdicts import SEEN, UNSEEN

from ragqa.evidence.verdicts import verdict
from ragqa.wording import wording_of


def given(pairs):
    return [(verdict(question, sentence, wording_of(language)), right) for language, question, sentence, right in pairs]


@pytest.mark.parametrize("pair", [*SEEN, *UNSEEN], ids=lambda pair: pair[2])
def test_no_wrong_verdict(pair):
    assert given([pair])[0][0] in (None, pair[3])


@pytest.mark.parametrize(("pairs", "share"), [(SEEN, 0.9), (UNSEEN, 0.6)])
def test_most_of_what_decides_is_found(pairs, share):
    found = [said for said, right in given(pairs) if right is not None]
    assert sum(said is not None for said in found) >= share * len(found)
