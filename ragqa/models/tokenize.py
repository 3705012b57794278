"""Turns texts into model inputs, and tokens back into places of characters.

Questions and passages are tokenized separately and joined here, so that a passage is tokenized only once for all
windows and questions. They are joined by the template of the tokenizer itself, so BERT-like, RoBERTa-like and other
formats of pairs work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from ragqa.errors import ModelError
from ragqa.models.native import one_line, require_file, without_panics
from ragqa.models.offsets import BLANK, settled
from ragqa.normalized import Normalized, normalized

IntArray = NDArray[np.int64]
TITLE_TOKENS = 24
LARGEST = 256 << 20  # bytes of a tokenizer.json
TOKENS_FORMAT = 2  # raise it when `PairTokenizer.encode` changes its tokens for the same tokenizer.json
NOT_DECIDING = ("version", "truncation", "padding", "decoder")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens: ``ids`` [n] and ``offsets`` [n, 2], characters (code points), half-open."""

    ids: IntArray
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Window:
    """Model input for a question and tokens [first, first + size) of a passage.

    ``context`` is the position of the passage's first token in ``ids``; position 0 is the null option.
    """

    ids: IntArray
    type_ids: IntArray
    context: int
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to the longest: int64 [n, length] each; ``mask`` is 1 on real tokens."""

    ids: IntArray
    mask: IntArray
    type_ids: IntArray


class PairTokenizer:
    """A ``tokenizer.json`` and the template by which it joins a question and a passage."""

    def __init__(self, tokenizer: Tokenizer, max_length: int = 384) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        with one_line("not a usable tokenizer"):
            tokenizer.no_padding()
            tokenizer.no_truncation()
            padding = [tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>")]
            self._blank = -1 if (blank := tokenizer.token_to_id(BLANK)) is None else blank
            self.pad_id = next((pad for pad in padding if pad is not None), 0)
            self._read_template()

    @classmethod
    def from_file(cls, path: str | Path, max_length: int = 384) -> PairTokenizer:
        """Load ``tokenizer.json``; a missing or damaged file is a `ModelError`.

        Both models of a pair, and every model that is loaded twice, hold one copy of it: a large one takes 150 MB.
        """
        path = Path(path)
        require_file(path, LARGEST)
        try:
            with one_line("not a usable tokenizer"), without_panics():
                return cls(_opened(path), max_length)
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error.__cause__

    @cached_property
    def fingerprint(self) -> str:
        """A short string, safe in a file name, that changes whenever the ids or offsets of some text may change.

        It is a hash of everything in ``tokenizer.json`` except `NOT_DECIDING`: version, truncation, padding, decoder.
        """
        content = json.loads(self.tokenizer.to_str())
        deciding = {name: value for name, value in content.items() if name not in NOT_DECIDING}
        form = json.dumps([TOKENS_FORMAT, deciding], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return f"tokens-{hashlib.sha256(form.encode()).hexdigest()[:16]}"

    @property
    def last_id(self) -> int:
        """The largest id; if the tokenizer leaves out ids, it may be a smaller one."""
        added = self.tokenizer.get_added_tokens_decoder()
        return max([self.tokenizer.get_vocab_size(with_added_tokens=True) - 1, *added])

    def _read_template(self) -> None:
        probe = self.tokenizer.encode("a", "b")
        owners = probe.sequence_ids
        first, second = owners.index(0), owners.index(1)
        last = len(owners) - 1 - owners[::-1].index(0)
        end = len(owners) - 1 - owners[::-1].index(1)
        ids, types = np.array(probe.ids, np.int64), np.array(probe.type_ids, np.int64)
        if first > second:
            raise ModelError("this tokenizer puts the passage before the question, which readers here do not support")
        self._prefix, self._middle, self._suffix = ids[:first], ids[last + 1 : second], ids[end + 1 :]
        self._type_question, self._type_passage = int(types[first]), int(types[second])
        self._type_suffix = int(types[-1])
        alone = self.tokenizer.encode("a")
        self._end = np.array(alone.ids, np.int64)[len(alone.ids) - alone.sequence_ids[::-1].index(0) :]
        self.specials = len(self._prefix) + len(self._middle) + len(self._suffix)
        if self.specials > self.max_length // 4:
            raise ModelError(f"this tokenizer adds {self.specials} tokens to a pair, of {self.max_length} at most")

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenize each text alone, without special tokens, as `ragqa.normalized` brings it; offsets are of the text
        as it stands, and as `ragqa.models.offsets` puts them right.
        """
        seen = [normalized(text) for text in texts]
        with one_line("the tokenizer cannot take these texts"):
            encodings = self.tokenizer.encode_batch([one.text for one in seen], add_special_tokens=False)
        return [self._tokens(one, encoding) for one, encoding in zip(seen, encodings, strict=True)]

    def _tokens(self, seen: Normalized, encoding: Encoding) -> Tokens:
        ids, offsets = np.array(encoding.ids, np.int64), np.array(encoding.offsets, np.int64).reshape(-1, 2)
        return Tokens(ids, seen.to_original(settled(seen.text, offsets, ids == self._blank)))

    def about(self, question: IntArray, title: IntArray) -> IntArray:
        """The tokens in front of a passage whose title is read too: the question, a separator, the title.

        The title is cut to ``TITLE_TOKENS``, and the whole to half a window. Without a title it is the question alone.
        """
        parts = [question, self._middle, title[:TITLE_TOKENS]] if len(title) else [question]
        return np.concatenate(parts)[: self.max_length // 2 - self.specials]

    def window(self, question: IntArray, passage: IntArray, first: int, size: int) -> Window:
        """Join a question and passage tokens [first, first + size) into one model input."""
        head = len(self._prefix) + len(question) + len(self._middle)
        ids = np.concatenate([self._prefix, question, self._middle, passage[first : first + size], self._suffix])
        types = np.full(len(ids), self._type_passage, np.int64)
        types[:head] = self._type_question
        types[len(ids) - len(self._suffix) :] = self._type_suffix
        return Window(ids, types, head, first, size)

    def single(self, text: IntArray) -> Window:
        """One text as model input, cut to ``max_length``."""
        ids = np.concatenate([self._prefix, text[: self.max_length - len(self._prefix) - len(self._end)], self._end])
        return Window(
            ids, np.zeros(len(ids), np.int64), len(self._prefix), 0, len(ids) - len(self._prefix) - len(self._end)
        )

    def pair(self, question: IntArray, passage: IntArray) -> Window:
        """A question, cut to half of ``max_length``, and as much of the passage's beginning as fits."""
        question = question[: self.max_length // 2 - self.specials]
        return self.window(question, passage, 0, min(self.max_length - self.specials - len(question), len(passage)))

    def windows(self, question: IntArray, passage: IntArray, stride: int) -> list[Window]:
        """Cover the whole passage with windows of at most ``max_length`` tokens that overlap by ``stride``.

        A question is cut to half the window, so that a passage always has room. An empty passage has no window.
        """
        question = question[: self.max_length // 2 - self.specials]
        room = self.max_length - self.specials - len(question)
        step = max(1, room - stride)
        last = max(0, len(passage) - room)
        starts = [*range(0, last, step), last] if len(passage) else []
        return [self.window(question, passage, first, min(room, len(passage) - first)) for first in starts]


_OPEN: WeakValueDictionary[tuple[str, int, int], Tokenizer] = WeakValueDictionary()


def _opened(path: Path) -> Tokenizer:
    """A file's tokenizer, the same one as long as somebody holds it and the file is as it was."""
    now = path.stat()
    key = str(path.resolve()), now.st_mtime_ns, now.st_size
    found = _OPEN.get(key)
    if found is None:
        found = _OPEN[key] = Tokenizer.from_file(str(path))
    return found


def pad(windows: Sequence[Window], pad_id: int) -> Batch:
    """Stack windows, padded on the right to the length of the longest, rounded up to a multiple of 8, so that there are
    few shapes.
    """
    length = -(-max(len(window.ids) for window in windows) // 8) * 8
    ids = np.full((len(windows), length), pad_id, np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
        types[row, : len(window.ids)] = window.type_ids
    return Batch(ids, mask, types)
