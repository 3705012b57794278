"""What can be set in a recipe, section by section: frozen data with checks."""

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
    """How long, how fast, how often: a run has ``steps`` steps of ``batch_size`` questions.

    A batch is the run's: the processes that torchrun starts share it, so that a step means the same on any number of
    them. The rate rises over ``warmup_steps`` and falls linearly to 0 over the last ``decay_steps``. ``accumulate``
    splits a batch into so many parts to save memory. ``bf16`` unset means: where the hardware multiplies bf16;
    ``tf32`` lets a GPU round what it multiplies in fp32; ``compile`` translates the model by torch.compile before the
    first step. Every ``save_every`` steps there is a checkpoint; every ``eval_every`` (0: never) the run is scored, and
    ends when ``patience`` scores in a row are not better. ``workers`` is the number of processes that prepare batches
    (0: this one; unset: 2 where a GPU trains, else 0), ``pin_memory`` copies batches to a GPU while it works (unset:
    yes). ``report_to`` names trackers: tensorboard, wandb, or none.
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
        """Numbers that can work."""
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
    """What a reader sees: windows of at most ``max_length`` tokens.

    ``passages`` of a question stand in one step and share one softmax: one that answers, and others that do not, from
    the mined file or the same article. ``negatives`` is the share of questions that see only passages that do not
    answer, so that "no answer" is right. ``shuffle_passages`` draws passages at random; off, the best that answers
    comes with the hardest that do not. ``crop_tokens`` cuts windows short for the first ``crop_until`` of the run.
    ``titles`` is the share of questions that see what stands above a passage too (title and headings); with any, the
    reader goes on reading it after training, with 0 it does not. ``temperature`` mixes several files: 1 draws in
    proportion to their sizes, 0 evenly. ``word_dropout`` masks that share of the passage's tokens outside the answer;
    ``synonyms`` is a file of words that may stand for each other, ``synonym_share`` how many of the question's words
    change. ``held_out`` is the share of articles kept for scoring, on at most ``held_out_questions`` questions; with
    ``held_out_index`` these are asked to that index, and open-domain EM decides instead of F1 on the right passage.
    ``stride`` is the overlap of windows while scoring.
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
        """Ranges."""
        check_shares(self, "data", "negatives", "titles", "held_out", "crop_until")
        check_shares(self, "data", "word_dropout", "synonym_share", "temperature")
        check_least(self, "data", passages=1, max_length=16, held_out_questions=1, crop_tokens=0)
        if not 0 <= self.stride < self.max_length:
            wanted = f"from 0 to less than data.max_length ({self.max_length})"
            raise ConfigError(misfit("data.stride", self.stride, wanted))


@dataclass(frozen=True, slots=True)
class ReaderLoss:
    """What a reader minimises. ``places``: "all" marginalises over every place of the answer, "first" takes the
    annotated one. ``label_smoothing`` is the share of the uniform distribution in the target. ``relevance`` weighs the
    auxiliary task of telling passages that answer from those that do not, ``r_drop`` the divergence of two passes with
    different dropout, ``teacher`` names readers (comma-separated) whose spans are imitated with weight ``distill`` at
    ``distill_temperature``; the span loss keeps the rest.
    """

    places: str = "all"
    label_smoothing: float = 0.0
    relevance: float = 0.0
    r_drop: float = 0.0
    teacher: tuple[str, ...] = ()
    distill: float = 0.5
    distill_temperature: float = 2.0

    def __post_init__(self) -> None:
        """Known names and ranges."""
        check_choice(self.places, "loss.places", PLACES)
        check_shares(self, "loss", "label_smoothing", "distill")
        check_least(self, "loss", relevance=0, r_drop=0)
        check_positive(self, "loss", "distill_temperature")


@dataclass(frozen=True, slots=True)
class ReaderMethod:
    """Which weights move and how. ``tune``: full, last (heads and ``layers`` topmost), bitfit (heads and biases), or
    PEFT's lora, adalora, ia3 (``rank``), prefix, prompt (``virtual_tokens``), always with the heads. ``freeze`` names
    parts that never move. ``unfreeze_every`` steps another layer joins from the top (0: all move from the start).
    ``layer_decay`` multiplies the rate per layer downwards. ``dropout`` is in force while training. ``adversary``
    perturbs a window's word embeddings by ``adversary_epsilon`` in all (MiniLM's are about 1 long each), in
    ``adversary_steps``. ``ema`` keeps a moving average of the weights, scores and saves that.
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
        """Known names and ranges."""
        check_choice(self.tune, "method.tune", READER_TUNING)
        check_choice(self.adversary, "method.adversary", ADVERSARIES)
        check_choice(self.attention, "method.attention", ATTENTION)
        check_shares(self, "method", "layer_decay", "dropout", "ema")
        check_least(self, "method", layers=0, unfreeze_every=0, rank=1, virtual_tokens=1, adversary_steps=1)
        check_positive(self, "method", "adversary_epsilon", "layer_decay")


@dataclass(frozen=True, slots=True)
class RetrieverData:
    """What a retriever sees: questions, their passages, and ``negatives`` hard ones each where the data have any.

    ``weak`` makes pairs from the corpus alone: "ict" (a sentence asks for its passage, kept in with probability
    ``ict_keep``), "titles" (title and headings ask for their texts, first sentences for the rest), "" for none;
    passages have ``words`` words then, as in an index. ``topical`` > 0 fills batches with so many passages of one
    article at a time, each with all its questions and encoded once for them. ``held_out`` is the share of articles kept
    for scoring, on at most ``held_out_questions`` questions.
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
        """Known names and ranges."""
        check_choice(self.weak, "data.weak", ("", "ict", "titles"))
        check_shares(self, "data", "ict_keep", "held_out")
        check_least(self, "data", max_length=16, negatives=0, topical=0, words=5)


@dataclass(frozen=True, slots=True)
class RetrieverLoss:
    """What a retriever minimises: infonce (in-batch negatives), or distillation of scores in the data: margin-mse, kl.

    ``scale`` multiplies similarities of unit vectors. ``chunk`` > 0 caches gradients and runs so many texts at a time,
    for large batches in little memory (infonce). ``matryoshka`` lists leading dimensions that are to be vectors of
    their own.
    """

    objective: str = "infonce"
    scale: float = 20.0
    chunk: int = 0
    matryoshka: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Known names; dimensions are numbers."""
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
    """Which weights move. ``towers``: both, or the question's alone, so that no passage needs to be encoded again.

    With the question's alone, ``passages`` names the encoder that the index was built with where that is not the base
    itself: its fast form, say.
    """

    towers: str = "both"
    passages: str = ""
    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Known names and ranges."""
        check_choice(self.towers, "method.towers", TOWERS)
        check_shares(self, "method", "dropout")
        if self.passages and self.towers == "both":
            raise ConfigError('method.passages is for method.towers = "question": otherwise passages move as well')


@dataclass(frozen=True, slots=True)
class JointData:
    """What joint training sees: ``passages`` retrieved for each question, windows of ``max_length`` tokens."""

    passages: int = 8
    max_length: int = 320
    stride: int = 96
    depth: int = 100
    held_out: float = 0.0
    held_out_questions: int = 500

    def __post_init__(self) -> None:
        """Ranges."""
        check_shares(self, "data", "held_out")
        check_least(self, "data", passages=2)  # with one there is nothing to choose


@dataclass(frozen=True, slots=True)
class JointLoss:
    """What is minimised together; see `ragqa.train.joint.losses`. ``scale`` multiplies similarities of unit vectors.

    ``retriever`` weighs the retriever's part of "sum"; ``silence`` what the reader learns from passages without the
    answer, beside any objective.
    """

    objective: str = "marginal"
    scale: float = 20.0
    retriever: float = 1.0
    silence: float = 0.0

    def __post_init__(self) -> None:
        """Known names and ranges."""
        check_choice(self.objective, "loss.objective", JOINT_LOSSES)
        check_least(self, "loss", silence=0)


@dataclass(frozen=True, slots=True)
class JointMethod:
    """Which sides move; ``freeze`` names parts of either that never move.

    Passages stay as they are indexed, or (``refresh_every`` above 0) move as well: those of a step are encoded with the
    questions, and every ``refresh_every`` steps all of them anew, in the run's own copy of the index.
    """

    train_reader: bool = True
    train_retriever: bool = True
    refresh_every: int = 0
    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Something must move."""
        check_shares(self, "method", "dropout")
        if not (self.train_reader or self.train_retriever):
            raise ConfigError("method.train_reader and method.train_retriever are both off: nothing would move")
        check_least(self, "method", refresh_every=0)
        if self.refresh_every and not self.train_retriever:
            raise ConfigError("method.refresh_every goes with method.train_retriever: without, no passage moves")


@dataclass(frozen=True, slots=True)
class RerankerData:
    """What a reranker sees: a question's passage that answers it beside ``negatives`` that do not, pairs cut at
    ``max_length`` tokens. A question with fewer negatives in the data is given passages of other questions.
    ``held_out`` is the share of articles kept for scoring, on at most ``held_out_questions`` questions.
    """

    max_length: int = 320
    negatives: int = 7
    held_out: float = 0.0
    held_out_questions: int = 1000

    def __post_init__(self) -> None:
        """Ranges."""
        check_shares(self, "data", "held_out")
        check_least(self, "data", max_length=16, negatives=1, held_out_questions=1)


@dataclass(frozen=True, slots=True)
class RerankerLoss:
    """What a reranker minimises: listwise (the softmax over a question's passages gives the one that answers), or
    binary (each passage alone is told to answer or not; both sides weigh the same).
    """

    objective: str = "listwise"

    def __post_init__(self) -> None:
        """Known names."""
        check_choice(self.objective, "loss.objective", RERANKER_LOSSES)


@dataclass(frozen=True, slots=True)
class RerankerMethod:
    """Which weights move; ``dropout`` is in force while training."""

    freeze: tuple[str, ...] = ("embeddings",)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Ranges."""
        check_shares(self, "method", "dropout")
