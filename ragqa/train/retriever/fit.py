"""Fine-tune a retriever's encoder, with sentence-transformers' models and losses.

The result is a standard sentence-transformers folder. If only the questions' side moved it has a card as well, which
names the encoder of the passages, and `load_encoder` gives both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoConfig, TrainerCallback

from ragqa.documents import Passage
from ragqa.errors import ConfigError, ModelError
from ragqa.mining.pairs import Candidate, Pairing
from ragqa.models.card import MODEL, has_card, place_of, read_card
from ragqa.models.catalog import DEFAULT, load_encoder, resolve
from ragqa.models.quiet import quietly
from ragqa.protocols import Encoder
from ragqa.store.manifest import EncoderFact
from ragqa.store.outside import place_named
from ragqa.train.checkpoints.question_encoder import save_encoder, save_question_encoder
from ragqa.train.checkpoints.unpack import encoder_place
from ragqa.train.engine.base import DROPOUTS
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.job import Job, Plan, Shares
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.recipe import RetrieverRecipe
from ragqa.train.engine.run import train
from ragqa.train.retriever.batches import DrawnPairing, draw_batches
from ragqa.train.retriever.data import Note, contents, load_pairings, negatives_of, split_questions
from ragqa.train.retriever.topical import TopicalCollator, draw_topical, known_positives
from ragqa.train.retriever.towers import Floats, RetrieverTask, Rows, TextCollator, build_loss


def fit_retriever(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: RetrieverRecipe | None = None,
    *,
    callbacks: Sequence[TrainerCallback] = (),
    note: Note = lambda line: None,
    device: str = "auto",
) -> Path:
    """Train on SQuAD-format files, mined files or (``data.weak``) documents, and write the encoder to ``output``.

    A run that lies there unfinished goes on. ``note`` is told what was left out of the data.
    """
    return train(RetrieverJob(data, output, recipe or RetrieverRecipe(), callbacks, note), device)


class RetrieverJob(Job):
    """A retriever's run."""

    recipe: RetrieverRecipe
    metric = "mrr"

    def __init__(
        self,
        data: Sequence[str | Path],
        output: str | Path,
        recipe: RetrieverRecipe,
        callbacks: Sequence[TrainerCallback] = (),
        note: Note = lambda line: None,
    ) -> None:
        self.data = [] if recipe.data.weak else data
        self.folder, self.recipe, self.callbacks = TrainingFolder(output), recipe, callbacks
        self._sources, self._note = data, note
        self._model: Any = None
        self._training: list[Pairing] = []
        self._held_out: list[Pairing] = []

    @cached_property
    def _passages(self) -> tuple[EncoderFact, Encoder] | None:
        """The encoder whose vectors an index holds, when only the questions' side is trained."""
        if self.recipe.method.towers == "both":
            return None
        base = self.recipe.base
        own = base if base == DEFAULT else resolve(base, "base").as_posix()  # no base for training is a default
        name = self.recipe.method.passages or own
        place = place_named(name)
        if has_card(place, "question-encoder"):
            name = place_of(place, read_card(place, "question-encoder").passages)
        encoder = load_encoder(name, device=self.device)
        return EncoderFact(name, encoder.fingerprint, encoder.dim), encoder

    def facts(self) -> dict[str, str]:
        """The documents of weak supervision, and the encoder of passages that stand already."""
        facts = {"corpus": contents(self._sources)} if self.recipe.data.weak else {}
        return facts | ({} if self._passages is None else {"passages": self._passages[0].fingerprint})

    def load(self, device: torch.device, processes: Processes) -> RetrieverTask:
        """The encoder under the loss, on the questions of the data."""
        recipe, passages = self.recipe, self._passages
        pairings = load_pairings(self._sources, recipe, self._note if processes.first else lambda line: None)
        self._training, self._held_out = split_questions(pairings, recipe.data.held_out, recipe.train.seed)
        if recipe.train.eval_every and not self._held_out:
            raise ConfigError("train.eval_every needs data.held_out above 0: questions to be scored on")
        self._model = load_base(recipe, device)
        if passages is not None and passages[0].dim != self._model.get_embedding_dimension():
            raise ConfigError(
                f"base {recipe.base} does not give vectors of length {passages[0].dim}, as {passages[0].name} does"
            )
        loss = build_loss(self._model, recipe.loss, shared=recipe.data.topical > 0, processes=processes)
        return RetrieverTask(self._model, loss)

    def plan(self, task: Any, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """Batches in the order of the run."""
        recipe, settings = self.recipe, self.recipe.train
        passages = None if self._passages is None else self._passages[1]
        batches = _draw(self._training, recipe)
        texts = _collator(self._model, batches, passages)
        size, topical = settings.batch_size // settings.accumulate, recipe.data.topical > 0
        collate: Any = texts
        if topical:
            collate = TopicalCollator(texts, known_positives(self._training), processes.rank, processes.count)
        rows = Rows(batches, recipe.loss.objective != "infonce")
        score = Scorer(self._model, self._held_out, recipe, passages) if settings.eval_every else None
        return Plan(Shares(rows, collate, size, processes, whole=topical), score)

    def write(self, folder: Path) -> None:
        """A checkpoint that can be encoded with."""
        self._model.save_pretrained(str(folder), create_model_card=False)

    def save(self) -> None:
        """The encoder in its final form."""
        if self._passages is None:
            save_encoder(self._model, self.folder.path)
        else:
            save_question_encoder(self._model, self._passages[0], self.folder.path)


def load_base(recipe: RetrieverRecipe, device: torch.device | str = "cpu") -> SentenceTransformer:
    """The encoder to start from, with dropout and frozen parts set."""
    with encoder_place(recipe.base) as place:
        return _load(recipe, place, device)


def _load(recipe: RetrieverRecipe, path: str, device: torch.device | str) -> SentenceTransformer:
    if (Path(path) / MODEL).is_file():
        raise ModelError(f"{path}: is in the fast form, which cannot be trained: name the checkpoint it was made from")
    try:
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        with quietly():
            model = SentenceTransformer(
                path,
                device=str(device),
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
                config_kwargs={name: recipe.method.dropout for name in DROPOUTS if hasattr(config, name)},
            )
    except (OSError, ValueError) as error:
        raise ModelError(f"{recipe.base}: cannot be loaded as an encoder ({str(error).splitlines()[0]})") from error
    model.max_seq_length = min(recipe.data.max_length, getattr(config, "max_position_embeddings", 1 << 30))
    frozen = {*recipe.method.freeze, "pooler"}  # what BERT has for classification; no vector goes through it
    for name, parameter in model.named_parameters():
        parameter.requires_grad = frozen.isdisjoint(name.split("."))
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError("method.freeze names every part of the model: nothing would move")
    return model


class Scorer:
    """Mean reciprocal rank and top-1, top-5 accuracy (in percent) of held-out questions among their passages."""

    def __init__(
        self, model: SentenceTransformer, held_out: Sequence[Pairing], recipe: RetrieverRecipe, passages: Encoder | None
    ) -> None:
        self._model = model
        order = np.random.default_rng(recipe.train.seed).permutation(len(held_out))
        self._questions = [held_out[place] for place in order[: recipe.data.held_out_questions]]
        every = (candidate for pairing in held_out for candidate in (*pairing.positives, *pairing.negatives))
        self._passages = list({candidate.retrieval_text: candidate for candidate in every}.values())
        self._vectors = None if passages is None else encode(passages, self._passages)

    def __call__(self) -> dict[str, float]:
        """The scores of the model as it is now."""
        texts = [candidate.retrieval_text for candidate in self._passages]
        options = {"convert_to_tensor": True, "show_progress_bar": False}
        asked = self._model.encode_query([pairing.question for pairing in self._questions], **options).float()
        if self._vectors is None:
            passages = self._model.encode_document(texts, **options).float()
        else:
            passages = torch.from_numpy(self._vectors).to(asked.device)
        scores = (torch.nn.functional.normalize(asked) @ torch.nn.functional.normalize(passages).T).cpu().numpy()
        places = {text: place for place, text in enumerate(texts)}
        ranks = np.array(
            [
                _rank(row, [places[candidate.retrieval_text] for candidate in pairing.positives])
                for row, pairing in zip(scores, self._questions, strict=True)
            ]
        )
        top = {f"top{k}": 100 * float((ranks <= k).mean()) for k in (1, 5)}
        return {"mrr": 100 * float((1 / ranks).mean()), **top}


def encode(encoder: Encoder, candidates: Sequence[Candidate]) -> Floats:
    """The vectors [n, dim] that an index holds of these passages."""
    passages = [Passage(one.id, one.id, one.text, one.title, 0, len(one.text)) for one in candidates]
    return np.asarray(encoder.encode_passages(passages), np.float32)


def _draw(training: Sequence[Pairing], recipe: RetrieverRecipe) -> list[list[DrawnPairing]]:
    """The whole run, part by part of its batches."""
    settings, data = recipe.train, recipe.data
    count, size = settings.steps * settings.accumulate, settings.batch_size // settings.accumulate
    if data.topical:
        return draw_topical(training, count, size, data.negatives, data.topical, settings.seed)
    in_batch = recipe.loss.objective == "infonce"
    negatives = negatives_of(training, data.negatives) if in_batch else data.negatives
    return draw_batches(training, count, size, negatives, settings.seed, in_batch=in_batch)


def _collator(
    model: SentenceTransformer, batches: Sequence[Sequence[DrawnPairing]], passages: Encoder | None
) -> TextCollator:
    """Without passages that stand already, both sides are tokenized."""
    if passages is None:
        return TextCollator(model)
    every = (candidate for batch in batches for draw in batch for candidate in draw.passages)
    distinct = list({candidate.retrieval_text: candidate for candidate in every}.values())
    places = {candidate.retrieval_text: place for place, candidate in enumerate(distinct)}
    return TextCollator(model, encode(passages, distinct), places)


def _rank(scores: Floats, right: Sequence[int]) -> int:
    """The rank, from 1, of the best of the right ones; ties count against it."""
    best = max(scores[place] for place in right)
    wrong = np.delete(scores, list(right))
    return 1 + int((wrong >= best).sum())
