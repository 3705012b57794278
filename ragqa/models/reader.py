"""The extractive reader: gives spans with probabilities for pairs of question and passage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragqa.device import AUTO
from ragqa.documents import Passage
from ragqa.models.fastform import open_fast_form
from ragqa.models.native import one_line
from ragqa.models.runtime import Runtime, load_span_model, positions, reads_titles, torch_device
from ragqa.models.tokenize import IntArray, PairTokenizer, Tokens, Window
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.spans import Decoded, WindowLogits, decode, logits_of, whole_spans
from ragqa.types import Span, SpanLogits
from ragqa.wholes import Wholes


class SpanReader:
    """A model with start and end heads over windows of question and passage. With ``titles`` it reads a passage's title
    and headings, if it has any, between question and passage, as it was trained to.
    """

    def __init__(
        self,
        tokenizer: PairTokenizer,
        runtime: Runtime,
        stride: int,
        *,
        titles: bool = False,
        max_chars: int = 160,
        spans: int = 10,
    ) -> None:
        self.tokenizer, self.runtime, self.stride, self.titles = tokenizer, runtime, stride, titles
        self.max_chars, self.spans = max_chars, spans

    @classmethod
    def load(cls, folder: str | Path, *, max_chars: int = 160, device: str = AUTO) -> SpanReader:
        """Open a folder that `ragqa export` made."""
        card, tokenizer, runtime = open_fast_form(folder, "reader", device)
        stride = min(card.stride, card.max_length // 2)  # with a larger overlap every token would be read many times
        return cls(tokenizer, runtime, stride, titles=card.titles, max_chars=max_chars)

    @classmethod
    def load_checkpoint(
        cls, name: str, *, max_chars: int = 160, max_length: int = 384, stride: int = 128, device: str = AUTO
    ) -> SpanReader:
        """A transformers checkpoint with span heads, from a local directory or a hub name; needs ``[train]``."""
        model, slow = load_span_model(name)
        with one_line(f"{name}: cannot be used as a reader"):
            tokenizer = PairTokenizer(slow.backend_tokenizer, min(max_length, positions(model)))
        type_ids = "token_type_ids" in slow.model_input_names
        runtime = TorchRuntime(
            model.to(torch_device(device)), ("start_logits", "end_logits"), tokenizer.pad_id, type_ids
        )
        return cls(tokenizer, runtime, stride, titles=reads_titles(model), max_chars=max_chars)

    @property
    def prefers_batches(self) -> bool:
        """Whether it reads many passages together faster than one after the other, as on a GPU."""
        return self.runtime.prefers_batches

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        """For each pair (questions[i], passages[i]) its best spans, widened to what belongs together, and the null
        option, best first.
        """
        views, titles = [passage.seen for passage in passages], [passage.context for passage in passages]
        read = zip(views, self.read_texts(questions, [view.text for view in views], titles), strict=True)
        return [whole_spans(view, found).options for view, found in read]

    def read_texts(
        self, questions: Sequence[str], texts: Sequence[str], titles: Sequence[str] | None = None
    ) -> list[Decoded]:
        """As `read`, for plain texts with titles and headings: the spans as the model cuts them, and the null option's
        probability.
        """
        return [self._decode(windows, passage) for windows, passage in self._run(questions, texts, titles)]

    def logits(self, question: str, passage: Passage, span: Span) -> tuple[SpanLogits, ...]:
        """The logits from which the probability of a span is computed; empty if its ends are not at tokens' ends.

        A widened span has the logits of the most probable span that was widened to it.
        """
        view = passage.seen
        ((windows, tokens),) = self._run([question], [view.text], [passage.context])
        wholes, inside = Wholes(view.text), Span(*view.of_original(span.start, span.end), span.score)
        for own in self._decode(windows, tokens).spans:
            if view.place(*wholes.widen(own.start, own.end)) == (span.start, span.end):
                inside = own
                break
        found = logits_of(windows, tokens.offsets, inside)
        return () if found is None else (SpanLogits(*found),)

    def _decode(self, windows: Sequence[WindowLogits], tokens: Tokens) -> Decoded:
        """The spans as the model cuts them."""
        return decode(windows, tokens.offsets, self.max_chars, self.spans)

    def _run(
        self, questions: Sequence[str], texts: Sequence[str], titles: Sequence[str] | None
    ) -> list[tuple[list[WindowLogits], Tokens]]:
        """For each pair the model's logits for its windows, and the text's tokens."""
        asked = self._asked(questions, titles)
        tokens = self.tokenizer.encode(texts)
        windows: list[Window] = []
        owners: list[int] = []
        for pair, (question, passage) in enumerate(zip(asked, tokens, strict=True)):
            cut = self.tokenizer.windows(question, passage.ids, self.stride)
            windows += cut
            owners += [pair] * len(cut)
        logits: list[list[WindowLogits]] = [[] for _ in texts]
        for owner, window, (start, end) in zip(owners, windows, self.runtime.run(windows), strict=True):
            inside = slice(window.context, window.context + window.size)
            null = float(start[0] + end[0])
            logits[owner].append(WindowLogits(window.first, start[inside], end[inside], null))
        return list(zip(logits, tokens, strict=True))

    def _asked(self, questions: Sequence[str], titles: Sequence[str] | None) -> list[IntArray]:
        """The tokens in front of each passage: the question, and the title if it is read."""
        asked = [question.ids for question in self.tokenizer.encode(questions)]
        if titles is None or not self.titles:
            return asked
        above = self.tokenizer.encode(titles)
        return [self.tokenizer.about(question, title.ids) for question, title in zip(asked, above, strict=True)]
