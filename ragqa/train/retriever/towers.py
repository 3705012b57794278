"""A bi-encoder as sentence-transformers' losses see it: texts through the model, or vectors that stand already."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.data_collator import SentenceTransformerDataCollator
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    DistillKLDivLoss,
    MarginMSELoss,
    MatryoshkaLoss,
    MultipleNegativesRankingLoss,
)
from sentence_transformers.util import pairwise_dot_score
from torch import Tensor, nn

from ragqa.errors import ConfigError
from ragqa.train.engine.job import Task
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.settings import RetrieverLoss
from ragqa.train.retriever.batches import DrawnPairing

ANCHOR, POSITIVE = "anchor", "positive"
TOGETHER = 16
_COLUMN = re.compile(rf"({ANCHOR}|{POSITIVE}|negative_\d+)_(.+)")
Floats = NDArray[np.float32]


class Towers(nn.Module):
    """The model, whose vectors come out in fp32 whatever it calculates in; given vectors are passed through.

    Given vectors have a gradient of their own that nobody looks at: the cached loss asks every text for one.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: dict[str, Any]) -> dict[str, Tensor]:
        """``sentence_embedding``, [n, dim]."""
        given = features.get("sentence_embedding")
        if given is not None:
            return {"sentence_embedding": given.detach().requires_grad_(torch.is_grad_enabled())}
        return {"sentence_embedding": self._encode(features)}

    def _encode(self, features: dict[str, Any]) -> Tensor:
        """Texts of about the same length go through the model together, so that little of it is padding."""
        mask = features["attention_mask"].bool()
        order = mask.sum(-1).argsort(stable=True)
        pieces = []
        for rows in order.split(TOGETHER):
            used = mask[rows].any(0)  # padding may stand on either side
            part = {
                name: value[rows][:, used] if torch.is_tensor(value) and value.shape == mask.shape else value
                for name, value in features.items()
            }
            pieces.append(self.model(part)["sentence_embedding"].float())
        return torch.cat(pieces)[order.argsort()]

    def get_embedding_dimension(self) -> int:
        """The length of a vector."""
        return int(self.model.get_embedding_dimension())

    def __getitem__(self, place: int) -> nn.Module:
        """A module of the model; losses look at the first."""
        return self.model[place]


class Rows:
    """The run as a data set of rows: question, positive, negatives, and for distillation their scores."""

    def __init__(self, batches: Sequence[Sequence[DrawnPairing]], scored: bool) -> None:
        self._draws = [draw for batch in batches for draw in batch]
        self._scored = scored

    @property
    def column_names(self) -> list[str]:
        """The names of a row's fields."""
        return list(self[0])

    def __len__(self) -> int:
        return len(self._draws)

    def __getitem__(self, place: int) -> dict[str, Any]:
        draw = self._draws[place]
        texts = [candidate.retrieval_text for candidate in draw.passages]
        row: dict[str, Any] = {ANCHOR: draw.pairing.question, **dict(zip(columns(len(texts)), texts, strict=True))}
        return row | ({"label": [candidate.score for candidate in draw.passages]} if self._scored else {})


def columns(passages: int) -> list[str]:
    """The names of the columns of passages: the positive's and the negatives'."""
    return [POSITIVE, *(f"negative_{number}" for number in range(1, passages))]


class TextCollator:
    """Rows → features; with ``vectors`` [n, dim] and their ``places`` by text, passages are looked up instead."""

    def __init__(
        self, model: SentenceTransformer, vectors: Floats | None = None, places: Mapping[str, int] | None = None
    ) -> None:
        self._vectors, self._places = vectors, places or {}
        self._texts = SentenceTransformerDataCollator(model.preprocess, prompts=prompts(model))
        self.valid_label_columns = self._texts.valid_label_columns

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """One batch."""
        if self._vectors is None:
            return dict(self._texts([dict(row) for row in rows]))
        batch = dict(self._texts([{name: row[name] for name in row if name in (ANCHOR, "label")} for row in rows]))
        for name in rows[0]:
            if name not in (ANCHOR, "label"):
                found = self._vectors[[self._places[row[name]] for row in rows]]
                batch[f"{name}_sentence_embedding"] = torch.from_numpy(found)
        return batch


def prompts(model: SentenceTransformer, most: int = 100) -> dict[str, str]:
    """What the encoder puts in front of questions and passages, by column, as `SentenceTransformerEncoder` does."""
    known = model.prompts
    passage = next((known[name] for name in ("document", "passage", "corpus") if name in known), "")
    found = {ANCHOR: known.get("query", "")} | dict.fromkeys(columns(most), passage)
    return {name: prompt for name, prompt in found.items() if prompt}


class RetrieverTask(Task):
    """An encoder under a loss over its columns of texts."""

    def __init__(self, model: SentenceTransformer, loss: nn.Module) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, **batch: Any) -> Tensor:
        """The loss of a batch of `TextCollator`, or of `ragqa.train.retriever.topical`."""
        columns: dict[str, dict[str, Any]] = {}
        for name, value in batch.items():
            found = _COLUMN.fullmatch(name)
            if found is not None:
                columns.setdefault(found[1], {})[found[2]] = value
        loss: Tensor = self.loss(list(columns.values()), batch.get("label"))
        return loss


class SharedPassagesLoss(nn.Module):
    """InfoNCE where questions share passages: −log Σ_known exp(s·cos) / Σ_all exp(s·cos), averaged over questions.

    ``gather`` gives the vectors of the passages of all processes, one process' after the other's.
    """

    def __init__(self, model: nn.Module, scale: float, gather: Callable[[Tensor], Tensor] = lambda own: own) -> None:
        super().__init__()
        self.model, self.scale, self.gather = model, scale, gather

    def forward(self, features: Sequence[dict[str, Any]], labels: Tensor) -> Tensor:
        """``features`` of questions and of passages; ``labels`` [questions, passages], 1.0 for one's answer. Passages
        beyond those that have labels do not count.
        """
        asked, own = (nn.functional.normalize(self.model(part)["sentence_embedding"], dim=-1) for part in features)
        scores = self.scale * asked @ self.gather(own)[: labels.shape[1]].T
        known = scores.masked_fill(labels == 0, -torch.inf)
        return (scores.logsumexp(-1) - known.logsumexp(-1)).mean()


def build_loss(
    model: SentenceTransformer, settings: RetrieverLoss, *, shared: bool = False, processes: Processes | None = None
) -> nn.Module:
    """The loss that a recipe names, over `Towers`; ``shared`` where questions of a batch share passages.

    In-batch negatives are those of all processes.
    """
    towers = Towers(model)
    several = processes is not None and processes.count > 1
    if shared:
        gather = {"gather": processes.gather} if processes is not None else {}
        loss: nn.Module = SharedPassagesLoss(towers, settings.scale, **gather)
    else:
        loss = _objective(towers, settings, several)
    if not settings.matryoshka:
        return loss
    dimensions = [int(size) for size in settings.matryoshka]
    if max(dimensions) > towers.get_embedding_dimension():
        raise ConfigError(
            f"loss.matryoshka: {max(dimensions)} dimensions, but the model has {towers.get_embedding_dimension()}"
        )
    return MatryoshkaLoss(towers, loss, dimensions)


def _objective(towers: Towers, settings: RetrieverLoss, several: bool) -> nn.Module:
    def similarity(questions: Tensor, passages: Tensor) -> Tensor:
        return settings.scale * pairwise_dot_score(questions, passages)

    if settings.objective == "margin-mse":
        return MarginMSELoss(towers, similarity_fct=similarity)
    if settings.objective == "kl":
        return DistillKLDivLoss(towers, similarity_fct=similarity)
    if settings.chunk:
        return CachedMultipleNegativesRankingLoss(
            towers, scale=settings.scale, mini_batch_size=settings.chunk, gather_across_devices=several
        )
    return MultipleNegativesRankingLoss(towers, scale=settings.scale, gather_across_devices=several)
