"""Chinese: words by jieba, and simplified characters for traditional ones by OpenCC's table."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jieba

_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


def words_of(text: str) -> str:
    """The words that hold a letter or digit, long ones and those inside them, with a blank between them."""
    return " ".join(word for word in _jieba().cut_for_search(text) if any(map(str.isalnum, word)))


def simplified(text: str) -> str:
    """Each traditional character as the simplified one, whatever its neighbours are; the length stays."""
    return text if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    from opencc import OpenCC

    characters = [chr(code) for low, high in _HAN for code in range(low, high + 1)]
    others = OpenCC("t2s").convert("\n".join(characters)).split("\n")  # one a line, so that no words form
    pairs = zip(characters, others, strict=True)
    return {ord(one): other for one, other in pairs if one != other and len(other) == 1}


@cache
def _jieba() -> jieba.Tokenizer:
    """A tokenizer of our own, filled here, because jieba's ``initialize`` logs and loads a cache from the
    shared /tmp.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has escapes that newer Pythons warn of
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
