"""The JSON files beside checkpoints: a damaged one is one line that names it and says what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ragqa.errors import ModelError, RagqaError, SourceError
from ragqa.models.sentence_folder import length_and_prompts
from ragqa.train.checkpoints.adapter import merge
from ragqa.train.checkpoints.soup import soup
from ragqa.train.joint.refresh import read_record


def refused(message: RagqaError, *said: str) -> None:
    assert all(words in str(message) for words in said), message
    assert "\n" not in str(message)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Expecting value"),
        ("[]", "expected a table"),
        ("{}", "base is missing: expected text"),
        ('{"base": "b", "sha256": 5}', "sha256 is 5: expected text"),
        ('{"base": "b", "sha256": "5", "titles": "no"}', "titles is 'no': expected true or false"),
    ],
)
def test_an_adapters_card(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "base.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        merge(tmp_path, tmp_path / "out")
    refused(caught.value, f"{tmp_path}: not an adapter made by ragqa models compress", said)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", "{", "Expecting"),
        ("config.json", "[]", "expected a table"),
        ("config.json", '{"model_type": 5}', "model_type is 5: expected text"),
        ("config.json", '{"model_type": "bert", "architectures": "Bert"}', "architectures is 'Bert': expected a list"),
        ("tokenizer.json", "[1]", "it holds [1]: expected a table"),
        ("tokenizer.json", "{", "Expecting"),
    ],
)
def test_what_a_soup_is_made_of(tiny_base: Path, tmp_path: Path, name: str, content: str, said: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_base, other)
    (other / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        soup([tiny_base, other], tmp_path / "soup")
    refused(caught.value, f"{other}: not a standard checkpoint with {name}", said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("null", "expected a table"),
        ("{}", "fingerprint is missing: expected text"),
        ('{"fingerprint": 3}', "fingerprint is 3: expected text"),
        ('{"fingerprint": "a", "fingerprint": "b"}', "the key fingerprint is there twice"),
    ],
)
def test_whose_vectors_a_checkpoint_was_trained_on(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "vectors.json").write_text(content)
    with pytest.raises(SourceError) as caught:
        read_record(tmp_path)
    refused(caught.value, "vectors.json: damaged or missing, so the run cannot go on", said)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "sentence_bert_config.json",
            '{"max_seq_length": "long"}',
            "max_seq_length is 'long': expected a whole number",
        ),
        ("config_sentence_transformers.json", '{"prompts": ["q: "]}', "prompts is ['q: ']: expected a table"),
        ("config_sentence_transformers.json", '{"prompts": {"query": 5}}', "prompts.query is 5: expected text or none"),
        ("tokenizer_config.json", "[]", "expected a table"),
        ("1_Pooling/config.json", "[]", "expected a table"),
        ("1_Pooling/config.json", "{", "Expecting"),
    ],
)
def test_settings_of_a_sentence_transformers_folder(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "modules.json").write_text("[]")
    for path, usable in (
        ("sentence_bert_config.json", '{"max_seq_length": null, "do_lower_case": false}'),
        (
            "config_sentence_transformers.json",
            '{"prompts": {"query": "q: ", "document": null}, "default_prompt_name": null}',
        ),
        ("tokenizer_config.json", '{"model_max_length": 1000000000000000019884624838656}'),
        ("1_Pooling/config.json", '{"pooling_mode_mean_tokens": true}'),
    ):
        (tmp_path / path).write_text(usable)
    assert length_and_prompts(tmp_path) == (10**30 + 19884624838656, {"query": "q: ", "document": ""})
    (tmp_path / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        length_and_prompts(tmp_path)
    refused(caught.value, f"{name}: not a usable sentence-transformers folder", said)
