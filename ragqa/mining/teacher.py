"""Teachers: models that read a question and a passage together and score how well the passage answers it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ragqa.device import AUTO
from ragqa.errors import ModelError
from ragqa.evidence.masses import relevance
from ragqa.mining.pairs import Candidate
from ragqa.models.catalog import load_reader
from ragqa.models.runtime import require_torch, torch_device

Teacher = Callable[[Sequence[str], Sequence[Candidate]], Sequence[float]]
MOST = 12.0  # bound of the log-odds, as in ragqa.evidence


def load_teacher(name: str, device: str = AUTO) -> Teacher:
    """Load a teacher by name: "reader" (the default reader), "reader:NAME", or a cross-encoder's folder or hub name."""
    kind, colon, which = name.partition(":")
    if kind == "reader" and (colon or not which):
        return reader_teacher(which or "default", device)
    return cross_encoder(name, device)


def reader_teacher(name: str = "default", device: str = AUTO) -> Teacher:
    """A teacher that scores by a reader: the log-odds that the passage holds an answer, log((1 − p(null)) / p(null)),
    from −12 to 12.

    It gives log-odds and not the probability 1 / (1 + e^−score), because distillation takes scores to be logits.
    """
    reader = load_reader(name, device=device)

    def judge(questions: Sequence[str], passages: Sequence[Candidate]) -> list[float]:
        texts, titles = [one.text for one in passages], [one.title for one in passages]
        return [relevance(math.exp(found.null), MOST) for found in reader.read_texts(questions, texts, titles)]

    return judge


def cross_encoder(name: str, device: str = AUTO) -> Teacher:
    """A teacher that gives a cross-encoder's logit for the question and the passage with title and
    headings in front.
    """
    require_torch(f"The teacher {name}")
    import torch
    from sentence_transformers import CrossEncoder

    place = str(torch_device(device))
    try:
        model: Any = CrossEncoder(name, device=place, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except Exception as error:  # hub, configuration and weight errors have no common type
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{name}: cannot be loaded as a cross-encoder ({reason})") from error
    if model.num_labels != 1:
        raise ModelError(f"{name}: gives {model.num_labels} numbers for a pair, a teacher must give one")

    def judge(questions: Sequence[str], passages: Sequence[Candidate]) -> list[float]:
        pairs = [(question, one.retrieval_text) for question, one in zip(questions, passages, strict=True)]
        if not pairs:
            return []
        scores = model.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
        return [float(score) for score in scores]

    return judge
