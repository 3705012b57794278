"""The settings of recipes, a frozen dataclass for each section, which checks names and ranges."""

from __future__ import annotations

from dataclasses import dataclass

from ragqa.config import check_choice, check_least, check_positive, check_shares
from ragqa.convert import misfit
from ragqa.errors import ConfigError

READER_TUNING = ("full", "last", "bitfit", "lora", "adalora", "ia3", "prefix", "prompt")
ADVERSARIES = ("none", "fgm", "pgd", "freelb")
PLACES = ("all", "first")
ATTENTION = ("sdpa", "eager", "flash_attention_2")
RETRIEVER_LOSSES = ("infonce", "margin-mse", "kl")
TOWERS = ("both", "question")
JOINT_LOSSES = ("marginal", "emdr2", "perplexity", "sum")
RERANKER_LOSSES = ("listwise", "binary")


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of the training loop: a run takes ``steps`` steps of ``batch_size`` questions each.

    The processes that torchrun starts share a batch, so a step gives the same weights on any number of them. The
    learning rate ``lr`` rises over ``warmup_steps`` and falls linearly to 0 over the last ``decay_steps``.
    ``accumulate`` splits a batch into so many parts to save memory. ``bf16``: train in bf16 (unset: if the hardware
    multiplies bf16). ``tf32``: let a GPU multiply fp32 matrices in TF32. ``compile``: compile the model by
    torch.compile before the first step. Every ``save_every`` steps a checkpoint is saved; every ``eval_every`` steps
    (0: never) the run is scored, and it ends when ``patience`` scores in a row are not better. ``workers`` processes
    prepare batches (0: the training process itself; unset: 2 if a GPU trains, else 0). ``pin_memory`` copies batches to
    a GPU while it works (unset: yes). ``report_to`` names trackers: tensorboard, wandb, or none.
    """

    seed: int = 1
    steps: int = 5000
    batch_size: int = 32
    accumulate: int = 1
    lr: float = 3e-4
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay_steps: int = 2500
    max_grad_norm: float = 1.0
    bf16: bool | None = None
    tf32: bool = False
    compile: bool = False
    save_every: int = 500
    eval_every: int = 0
    patience: int = 3
    workers: int | None = None
    pin_memory: bool | None = None
    report_to: tuple[str, ...] = ("tensorboard",)

    def __post_init__(self) -> None:
        """Check the ranges, and numbers that depend on each other."""
        check_least(self, "train", steps=1, batch_size=1, accumulate=1, save_every=1)
        if self.workers is not None:
            check_least(self, "train", workers=0)
        if self.batch_size % self.accumulate:
            raise ConfigError("train.accumulate must divide train.batch_size")
        if self.warmup_steps + self.decay_steps > self.steps:
            raise ConfigError("train.warmup_steps + train.decay_steps must not exceed train.steps")
        if self.eval_every and self.save_every % self.eval_every:
            raise ConfigError("train.save_every must be a multiple of train.eval_every, so that the best can be kept")


@dataclass(frozen=True, slots=True)
class ReaderData:
    """What a reader is trained on: windows of at most ``max_length`` tokens.

    Each question comes with ``passages`` passages in one step, which share one softmax: one that answers, and others
    that do not, from the mined file or the same article. For the share ``negatives`` of the questions no passage
    answers, so the right answer is "no answer". ``shuffle_passages`` draws passages at random; without it the best
    passage that answers comes with the hardest ones that do not. ``crop_tokens`` shortens windows to so many tokens for
    the first ``crop_until`` (a share) of the run. For the share ``titles`` of the questions the reader is also given
    the passage's title and headings; a reader trained with any share reads titles afterwards, with 0 it does not.
    ``temperature`` mixes several files: 1 draws in proportion to their sizes, 0 evenly. ``word_dropout`` masks that
    share of the passage's tokens outside the answer. ``synonyms`` is a file of words that can replace each other,
    ``synonym_share`` the share of a question's words to replace. ``held_out`` is the share of articles kept for
    scoring, on at most ``held_out_questions`` questions. With ``held_out_index`` these questions are asked to that
    index, and open-domain EM is the score instead of F1 on the right passage. ``stride`` is the overlap of windows
    while scoring, in tokens.
    """

    max_length: int = 384
    stride: int = 96
    passages: int = 1
    negatives: float = 0.1
    titles: float = 0.0
    crop_tokens: int = 0
    crop_until: float = 0.0
    temperature: float = 1.0
    word_dropout: float = 0.0
    synonyms: str = ""
    synonym_share: float = 0.1
    shuffle_passages: bool = True
    held_out: float = 0.0
    held_out_questions: int = 1000
    held_out_index: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_shares(self, "data", "negatives", "titles", "held_out", "crop_until")
        check_shares(self, "data", "word_dropout", "synonym_share", "temperature")
        check_least(self, "data", passages=1, max_length=16, held_out_questions=1, crop_tokens=0)
        if not 0 <= self.stride < self.max_length:
            wanted = f"from 0 to less than data.max_length ({self.max_length})"
            raise ConfigError(misfit("data.stride", self.stride, wanted))


@dataclass(frozen=True, slots=True)
class ReaderLoss:
    """The loss of a reader. ``places``: "all" sums the probability over all places of the answer, "first" takes the
    annotated place. ``label_smoothing`` is the share of the uniform distribution in the target. ``relevance`` is the
    weight of an auxiliary loss that tells passages that answer from those that do not, ``r_drop`` the weight of the
    divergence between two passes with different dropout. ``teacher`` names readers (comma-separated) whose spans are
    imitated with weight ``distill`` at ``distill_temperature``; the span loss has the weight 1 - ``distill``.
    """

    places: str = "all"
    label_smoothing: float = 0.0
    relevance: float = 0.0
    r_drop: float = 0.0
    teacher: tuple[str, ...] = ()
    distill: float = 0.5
    distill_temperature: float = 2.0

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_choice(self.places, "loss.places", PLACES)
        check_shares(self, "loss", "label_smoothing", "distill")
        check_least(self, "loss", relevance=0, r_drop=0)
        check_positive(self, "loss", "distill_temperature")


@dataclass(frozen=True, slots=True)
class ReaderMethod:
    """Which weights are trained, and how. ``tune``: full (all), last (the heads and the ``layers`` topmost layers),
    bitfit (heads and biases), or PEFT's lora, adalora, ia3 (of ``rank``), prefix, prompt (of ``virtual_tokens``),
    always with the heads. ``freeze`` names parts that are never trained. Every ``unfreeze_every`` steps one more layer
    is trained, from the top down (0: all from the start). ``layer_decay`` multiplies the learning rate for each layer
    downwards. ``dropout`` and ``attention`` apply while training. ``adversary`` perturbs the word embeddings of a
    window in ``adversary_steps`` steps; the perturbation of the whole window has the norm ``adversary_epsilon`` (one
    embedding of MiniLM has about 1). ``ema`` is the decay of a moving average of the weights (0: none), which then is
    what is scored and saved.
    """

    tune: str = "full"
    freeze: tuple[str, ...] = ("embeddings",)
    layers: int = 2
    rank: int = 16
    virtual_tokens: int = 20
    unfreeze_every: int = 0
    layer_decay: float = 1.0
    dropout: float = 0.0
    attention: str = "sdpa"
    adversary: str = "none"
    adversary_epsilon: float = 0.2
    adversary_steps: int = 3
    ema: float = 0.0

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_choice(self.tune, "method.tune", READER_TUNING)
        check_choice(self.adversary, "method.adversary", ADVERSARIES)
        check_choice(self.attention, "method.attention", ATTENTION)
        check_shares(self, "method", "layer_decay", "dropout", "ema")
        check_least(self, "method", layers=0, unfreeze_every=0, rank=1, virtual_tokens=1, adversary_steps=1)
        check_positive(self, "method", "adversary_epsilon", "layer_decay")


@dataclass(frozen=True, slots=True)
class RetrieverData:
    """What a retriever is trained on: questions, the passages that answer them, and ``negatives`` hard negatives for
    each question, if the data have any.

    ``weak`` makes pairs from documents alone: "ict" (a sentence is the question for its passage, which keeps the
    sentence with probability ``ict_keep``), "titles" (title and headings are the question for their text, a first
    sentence for the rest of its passage), "" for none; passages then have ``words`` words, as in an index. ``topical``
    > 0 fills a batch with so many passages of one article at a time, each with all its questions and encoded once for
    them. ``held_out`` is the share of articles kept for scoring, on at most ``held_out_questions`` questions.
    """

    max_length: int = 256
    negatives: int = 1
    topical: int = 0
    weak: str = ""
    words: int = 120
    ict_keep: float = 0.1
    held_out: float = 0.0
    held_out_questions: int = 1000

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_choice(self.weak, "data.weak", ("", "ict", "titles"))
        check_shares(self, "data", "ict_keep", "held_out")
        check_least(self, "data", max_length=16, negatives=0, topical=0, words=5)


@dataclass(frozen=True, slots=True)
class RetrieverLoss:
    """The loss of a retriever: infonce (in-batch negatives), or margin-mse or kl, which imitate scores in the data.

    ``scale`` multiplies similarities of unit vectors. ``chunk`` > 0 caches gradients and encodes so many texts at a
    time, for large batches in little memory (infonce). ``matryoshka`` lists numbers of leading dimensions that are
    trained to work as shorter vectors.
    """

    objective: str = "infonce"
    scale: float = 20.0
    chunk: int = 0
    matryoshka: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the names, ranges and dimensions."""
        check_choice(self.objective, "loss.objective", RETRIEVER_LOSSES)
        check_positive(self, "loss", "scale")
        check_least(self, "loss", chunk=0)
        if self.chunk and self.objective != "infonce":
            raise ConfigError(
                "loss.chunk is for infonce: the other objectives need no large batches (train.accumulate)"
            )
        if not all(part.isdecimal() and int(part) > 0 for part in self.matryoshka):
            raise ConfigError(misfit("loss.matryoshka", list(self.matryoshka), "dimensions, such as 384,192,96"))


@dataclass(frozen=True, slots=True)
class RetrieverMethod:
    """Which weights are trained. ``towers``: "both", or "question", which keeps the vectors of an index valid.

    With "question", ``passages`` names the encoder that the index was built with, if that is not the base itself but,
    for example, its fast form.
    """

    towers: str = "both"
    passages: str = ""
    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_choice(self.towers, "method.towers", TOWERS)
        check_shares(self, "method", "dropout")
        if self.passages and self.towers == "both":
            raise ConfigError('method.passages is for method.towers = "question": otherwise passages move as well')


@dataclass(frozen=True, slots=True)
class JointData:
    """What joint training is given: ``passages`` retrieved passages a question, in windows of ``max_length`` tokens."""

    passages: int = 8
    max_length: int = 320
    stride: int = 96
    depth: int = 100
    held_out: float = 0.0
    held_out_questions: int = 500

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_shares(self, "data", "held_out")
        check_least(self, "data", passages=2)  # with one there is nothing to choose


@dataclass(frozen=True, slots=True)
class JointLoss:
    """The joint loss; see `ragqa.train.joint.losses`. ``scale`` multiplies similarities of unit vectors.

    ``retriever`` is the weight of the retriever's part in "sum". ``silence`` is the weight, beside any objective, of a
    loss that teaches the reader to give no answer for passages without the answer.
    """

    objective: str = "marginal"
    scale: float = 20.0
    retriever: float = 1.0
    silence: float = 0.0

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_choice(self.objective, "loss.objective", JOINT_LOSSES)
        check_least(self, "loss", silence=0)


@dataclass(frozen=True, slots=True)
class JointMethod:
    """Which of the two models are trained; ``freeze`` names parts of either that never are.

    With ``refresh_every`` 0 the vectors of the passages stay as they are in the index. Above 0, the passages of a step
    are encoded together with the questions, and every ``refresh_every`` steps all passages are encoded again, in the
    run's own copy of the index.
    """

    train_reader: bool = True
    train_retriever: bool = True
    refresh_every: int = 0
    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges; at least one model must be trained."""
        check_shares(self, "method", "dropout")
        if not (self.train_reader or self.train_retriever):
            raise ConfigError("method.train_reader and method.train_retriever are both off: nothing would move")
        check_least(self, "method", refresh_every=0)
        if self.refresh_every and not self.train_retriever:
            raise ConfigError("method.refresh_every goes with method.train_retriever: without, no passage moves")


@dataclass(frozen=True, slots=True)
class RerankerData:
    """What a reranker is trained on: for each question a passage that answers it and ``negatives`` that do not, in
    pairs cut at ``max_length`` tokens. Where the data have fewer negatives, passages of other questions are taken.
    ``held_out`` is the share of articles kept for scoring, on at most ``held_out_questions`` questions.
    """

    max_length: int = 320
    negatives: int = 7
    held_out: float = 0.0
    held_out_questions: int = 1000

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_shares(self, "data", "held_out")
        check_least(self, "data", max_length=16, negatives=1, held_out_questions=1)


@dataclass(frozen=True, slots=True)
class RerankerLoss:
    """The loss of a reranker: listwise (cross-entropy of a softmax over a question's passages, in favour of the one
    that answers), or binary (each passage is classified alone; answering and other passages have the same total
    weight).
    """

    objective: str = "listwise"

    def __post_init__(self) -> None:
        """Check the names."""
        check_choice(self.objective, "loss.objective", RERANKER_LOSSES)


@dataclass(frozen=True, slots=True)
class RerankerMethod:
    """Which weights are trained; ``dropout`` applies while training."""

    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_shares(self, "method", "dropout")
