"""Fine-tune a retriever's encoder: sentence-transformers' trainer with our batches and our scoring.

The result is a standard sentence-transformers folder. If only the questions' side moved it has a card as well, which
names the encoder of the passages, and `load_encoder` gives both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.evaluation import BaseEvaluator
from torch.utils.data import DataLoader
from transformers import AutoConfig, EarlyStoppingCallback, TrainerCallback, set_seed

from ragqa.errors import ConfigError, MissingExtra, ModelError
from ragqa.mining.pairs import Candidate, Pairing
from ragqa.models.card import MODEL, has_card, place_of, read_card
from ragqa.models.catalog import load_encoder
from ragqa.models.runtime import quietly
from ragqa.protocols import Encoder
from ragqa.store.manifest import EncoderFact
from ragqa.store.outside import place_named
from ragqa.train.checkpoints.question_encoder import save_encoder, save_question_encoder
from ragqa.train.checkpoints.unpack import encoder_place
from ragqa.train.engine.base import base_path
from ragqa.train.engine.recipe import RetrieverRecipe
from ragqa.train.engine.run import Guarded, RunFolder, arguments, fit, optimizer_for, settle, use_bf16
from ragqa.train.retriever.batches import DrawnPairing, draw_batches
from ragqa.train.retriever.data import Note, contents, load_pairings, negatives_of, split_questions
from ragqa.train.retriever.topical import TopicalCollator, draw_topical, known_positives
from ragqa.train.retriever.towers import Floats, Rows, TextCollator, build_loss
from ragqa.types import Passage


class RetrieverTrainer(Guarded, SentenceTransformerTrainer):
    """Our order (the data set is already the whole run in order), and folders without a generated README."""

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The run's batches, one after the other."""
        self.accelerator.even_batches = False
        loader = DataLoader(
            self.train_dataset,
            batch_size=self.args.train_batch_size,
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
            drop_last=True,
        )
        self._train_dataloader = self.accelerator.prepare(loader)
        return self._train_dataloader

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: recipe and data are in run.json."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(output_dir or self.args.output_dir, create_model_card=False)


class Scorer(BaseEvaluator):
    """Mean reciprocal rank and top-1, top-5 accuracy (in percent) of held-out questions among their passages."""

    def __init__(self, held_out: Sequence[Pairing], recipe: RetrieverRecipe, passages: Encoder | None) -> None:
        super().__init__()
        order = np.random.default_rng(recipe.train.seed).permutation(len(held_out))
        self._questions = [held_out[place] for place in order[: recipe.data.held_out_questions]]
        every = (candidate for pairing in held_out for candidate in (*pairing.positives, *pairing.negatives))
        self._passages = list({candidate.retrieval_text: candidate for candidate in every}.values())
        self._vectors = None if passages is None else encode(passages, self._passages)

    def __call__(self, model: SentenceTransformer, *_: Any, **__: Any) -> dict[str, float]:
        """The scores of the model as it is now."""
        texts = [candidate.retrieval_text for candidate in self._passages]
        options = {"convert_to_tensor": True, "show_progress_bar": False}
        asked = model.encode_query([pairing.question for pairing in self._questions], **options).float()
        if self._vectors is None:
            passages = model.encode_document(texts, **options).float()
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


def fit_retriever(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: RetrieverRecipe | None = None,
    *,
    callbacks: Sequence[TrainerCallback] = (),
    note: Note = lambda line: None,
) -> Path:
    """Train on SQuAD-format files, mined files or (``data.weak``) documents, and write the encoder to ``output``.

    A run that lies there unfinished goes on. ``note`` is told what was left out of the data.
    """
    recipe = recipe or RetrieverRecipe()
    _require_datasets()
    passages = _passages_encoder(recipe) if recipe.method.towers == "question" else None
    folder = RunFolder(output)
    also = {"corpus": contents(data)} if recipe.data.weak else {}
    also |= {} if passages is None else {"passages": passages[0].fingerprint}
    begin = partial(folder.begin, recipe, [] if recipe.data.weak else data, also)
    if folder.path.exists():
        begin()  # to find another run there before all else
    training, held_out = split_questions(load_pairings(data, recipe, note), recipe.data.held_out, recipe.train.seed)
    set_seed(recipe.train.seed)
    model = load_base(recipe)
    if passages is not None and passages[0].dim != model.get_embedding_dimension():
        raise ConfigError(
            f"base {recipe.base} does not give vectors of length {passages[0].dim}, as {passages[0].name} does"
        )
    trainer, optimizer, frozen = _prepare(
        model, folder, recipe, training, held_out, passages and passages[1], callbacks, begin
    )
    fit(trainer, folder)
    settle(trainer, optimizer, model)
    model.load_state_dict(frozen, strict=False)  # unrounded, so that they are still the base's
    if not trainer.is_world_process_zero():
        return folder.path
    if passages is None:
        save_encoder(model, folder.path)
    else:
        save_question_encoder(model, passages[0], folder.path)
    folder.finish()
    return folder.path


def load_base(recipe: RetrieverRecipe) -> SentenceTransformer:
    """The encoder to start from, with dropout and frozen parts set."""
    with encoder_place(recipe.base) as place:
        return _load(recipe, place)


def _load(recipe: RetrieverRecipe, path: str) -> SentenceTransformer:
    if (Path(path) / MODEL).is_file():
        raise ModelError(f"{path}: is in the fast form, which cannot be trained: name the checkpoint it was made from")
    try:
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")
        changes = {name: recipe.method.dropout for name in names if hasattr(config, name)}
        with quietly():
            model = SentenceTransformer(
                path,
                device="cuda" if torch.cuda.is_available() else "cpu",
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
                config_kwargs=changes,
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


def encode(encoder: Encoder, candidates: Sequence[Candidate]) -> Floats:
    """The vectors [n, dim] that an index holds of these passages."""
    passages = [Passage(one.id, one.id, one.text, one.title, 0, len(one.text)) for one in candidates]
    return np.asarray(encoder.encode_passages(passages), np.float32)


def _prepare(
    model: SentenceTransformer,
    folder: RunFolder,
    recipe: RetrieverRecipe,
    training: Sequence[Pairing],
    held_out: Sequence[Pairing],
    passages: Encoder | None,
    callbacks: Sequence[TrainerCallback],
    begin: Callable[[], None],
) -> tuple[RetrieverTrainer, torch.optim.Optimizer, dict[str, torch.Tensor]]:
    settings, scored = recipe.train, recipe.loss.objective != "infonce"
    if settings.eval_every and not held_out:
        raise ConfigError("train.eval_every needs data.held_out above 0: questions to be scored on")
    frozen = {name: value.detach().clone() for name, value in model.named_parameters() if not value.requires_grad}
    best = "eval_mrr" if settings.eval_every else None
    options = SentenceTransformerTrainingArguments(**arguments(settings, folder), metric_for_best_model=best)
    batches = _draw(training, recipe, options.world_size)
    if use_bf16(settings):
        model.to(torch.bfloat16)
    optimizer, loss = optimizer_for(model, settings), build_loss(model, recipe.loss, shared=recipe.data.topical > 0)
    evaluator = Scorer(held_out, recipe, passages) if settings.eval_every else None
    stopping = [EarlyStoppingCallback(settings.patience)] if settings.eval_every else []
    texts = _collator(model, batches, passages)
    collator = TopicalCollator(texts, known_positives(training)) if recipe.data.topical else texts
    with options.main_process_first(local=False):
        begin()  # now that data and settings have proved usable
    trainer = RetrieverTrainer(
        model=model,
        args=options,
        train_dataset=Rows(batches, scored),
        loss=loss,
        evaluator=evaluator,
        data_collator=collator,
        callbacks=[*callbacks, *stopping],
        optimizers=(optimizer, None),
    )
    return trainer, optimizer, frozen


def _draw(training: Sequence[Pairing], recipe: RetrieverRecipe, processes: int) -> list[list[DrawnPairing]]:
    """The whole run, batch by batch."""
    settings, data = recipe.train, recipe.data
    count, size = settings.steps * settings.accumulate * processes, settings.batch_size // settings.accumulate
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


def _passages_encoder(recipe: RetrieverRecipe) -> tuple[EncoderFact, Encoder]:
    """The encoder whose vectors an index holds, when only the questions' side is trained."""
    name = recipe.method.passages or base_path(recipe.base)
    place = place_named(name)
    if has_card(place, "question-encoder"):
        name = place_of(place, read_card(place, "question-encoder").passages)
    encoder = load_encoder(name)
    return EncoderFact(name, encoder.fingerprint, encoder.dim), encoder


def _rank(scores: Floats, right: Sequence[int]) -> int:
    """The rank, from 1, of the best of the right ones; ties count against it."""
    best = max(scores[place] for place in right)
    wrong = np.delete(scores, list(right))
    return 1 + int((wrong >= best).sum())


def _require_datasets() -> None:
    from sentence_transformers.util import is_training_available

    if not is_training_available():
        raise MissingExtra("Training a retriever", "train")
