"""Model folders that others made: what does not fit together, is damaged, or reaches out of its folder is one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ragqa.errors import ModelError
from ragqa.models.card import read_card
from ragqa.models.catalog import PRETRAINED, load_encoder, load_reader, load_reranker
from ragqa.models.graph import positions, read_graph
from ragqa.models.native import one_line
from ragqa.models.tokenize import PairTokenizer

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(PRETRAINED / "encoder", tmp_path / "model"))


@pytest.fixture
def edit(folder):
    """Change the folder's graph: a function of the model that `onnx` reads."""
    onnx = pytest.importorskip("onnx", reason="needs ragqa[train]")

    def change(how):
        model = onnx.load(folder / "model.onnx")
        how(model.graph)
        (folder / "model.onnx").write_bytes(model.SerializeToString())

    return change


def card(folder, **changes):
    path = folder / "ragqa.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refused(folder, complaint, load=load_encoder):
    with pytest.raises(ModelError, match=complaint) as error:
        load(str(folder))
    assert len(str(error.value).splitlines()) == 1 and str(folder) in str(error.value)
    assert len(str(error.value)) < 1000
    return str(error.value)


def test_the_packaged_models_fit(tmp_path):
    for kind, load in (("encoder", load_encoder), ("reader", load_reader)):
        assert load(str(shutil.copytree(PRETRAINED / kind, tmp_path / kind)))
        graph = read_graph(PRETRAINED / kind / "model.onnx")
        assert positions(graph) == 512 and not graph.files and len(graph.shapes) > 100


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"dim": 300}, r"three tokens"),
        ({"dim": 0}, "dim is 0"),
        ({"dim": -384}, "dim is -384"),
        ({"dim": 10**12}, "dim is 1000000000000"),
        ({"max_length": 513}, "513 tokens, the graph has 512 positions"),
        ({"max_length": 7}, "max_length is 7"),
        ({"max_length": -1}, "max_length is -1"),
        ({"max_length": 10**30}, "max_length is 1"),
        ({"stride": -1}, "stride is -1"),
        ({"stride": 10**9}, "stride is 1000000000"),
        ({"max_length": 8}, "adds 3 tokens"),
        ({"titles": 1}, "titles is 1: expected true or false"),
        ({"fingerprint": ""}, "fingerprint is ''"),
        ({"unheard": 1}, "not a usable model card"),
    ],
)
def test_cards_that_do_not_fit(folder, changes, complaint):
    card(folder, **changes)
    refused(folder, complaint)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 99_999, b'{"dim": 1' + b"0" * 9999 + b"}"]
)
def test_cards_that_are_none(folder, content):
    (folder / "ragqa.json").write_bytes(content)
    with pytest.raises(ModelError, match="not a usable model card"):
        read_card(folder, "encoder")
    refused(folder, "not a usable model card")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "missing", "empty", "zeros", "half", "foreign"])
def test_files_that_are_none(folder, name, kind):
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if kind == "pipe":
        os.mkfifo(folder / name)
    elif kind == "folder":
        (folder / name).mkdir()
    elif kind != "missing":
        made = {
            "empty": b"",
            "zeros": bytes(1000),
            "half": content[: len(content) // 2],
            "foreign": b"\x89PNG\r\n" * 99,
        }
        (folder / name).write_bytes(made[kind])
    assert name in refused(folder, name)


def test_graphs_cut_off_anywhere(folder):
    content = (folder / "model.onnx").read_bytes()
    for size in (1, 2, 3, 10, 100, 1000, 10_000, 100_000, len(content) - 1):
        (folder / "model.onnx").write_bytes(content[:size])
        refused(folder, "damaged or cut off")


def test_a_graph_of_another_kind(folder):
    shutil.copy(PRETRAINED / "reader" / "model.onnx", folder)
    refused(folder, "has the outputs start_logits, end_logits, of kind encoder are last_hidden_state")
    card(folder, kind="reader", dim=0)
    assert load_reader(str(folder))
    shutil.copy(PRETRAINED / "encoder" / "model.onnx", folder)
    refused(folder, "has the outputs last_hidden_state", load_reader)
    card(folder, kind="reranker")
    refused(folder, "has the outputs last_hidden_state", load_reranker)


def test_windows_that_hardly_move_are_moved(folder):
    """A card may say that windows overlap by all they have: each would begin one token after the last."""
    shutil.copy(PRETRAINED / "reader" / "model.onnx", folder)
    card(folder, kind="reader", dim=0, max_length=64, stride=128)
    reader = load_reader(str(folder))
    question, passage = (tokens.ids for tokens in reader.tokenizer.encode(["Who was it?", "word " * 1000]))
    assert len(reader.tokenizer.windows(question, passage, reader.stride)) < 60


def test_names_that_lie_about_what_comes_out(folder, edit):
    """An encoder that says it is a reranker: its output has the right name and another shape."""

    def rename(graph):
        graph.output[0].name = graph.node[-1].output[0] = "logits"

    edit(rename)
    card(folder, kind="reranker", dim=0)
    refused(folder, r"three tokens, a reranker", load_reranker)


def test_inputs_that_nobody_gives(folder, edit):
    def rename(graph):
        graph.input[1].name = "pixel_values"
        for node in graph.node:
            for place, name in enumerate(node.input):
                if name == "attention_mask":
                    node.input[place] = "pixel_values"

    edit(rename)
    refused(folder, "has the inputs input_ids, pixel_values, token_type_ids")


def test_a_tokenizer_with_more_tokens_than_the_graph_knows(folder):
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["vocab"]["zzzzz"] = 30_522
    path.write_text(json.dumps(content))
    assert "tokenizer.json" in refused(folder, "among them 30522, the last that")


def test_weights_that_are_no_numbers(folder, edit):
    def spoil(graph):
        scale = next(item for item in graph.initializer if item.name.endswith("word_embeddings.weight_scale"))
        scale.ClearField("float_data")
        scale.raw_data = np.array([np.nan], np.float32).tobytes()

    edit(spoil)
    refused(folder, r"no numbers \(NaN or infinite\)")


def test_operations_that_are_not_there(folder, edit):
    def foreign(graph):
        graph.node[5].domain, graph.node[5].op_type = "evil", "Shell"

    edit(foreign)
    refused(folder, r"model\.onnx: not a usable ONNX model")


def outside(graph, location, name=None):
    tensor = next(item for item in graph.initializer if name is None or item.name == name)
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


@pytest.mark.parametrize("kind", ["above", "absolute", "link", "missing", "in a node", "device", "no name"])
def test_weights_outside_the_folder_are_never_read(folder, edit, tmp_path, kind):
    (tmp_path / "secret").write_bytes(bytes(100))
    names = {"above": "../secret", "absolute": str(tmp_path / "secret"), "missing": "nothing", "device": "/dev/zero"}
    names["no name"] = "\0" + "x" * 99_999
    name = names.get(kind, "../secret")
    if kind == "link":
        name = "inside"
        (folder / name).symlink_to(tmp_path / "secret")

    def reach_out(graph):
        if kind != "in a node":
            outside(graph, name)
            return
        attribute = graph.node.add(op_type="Constant", output=["unused"]).attribute.add(name="value", type=4)
        attribute.t.data_type, attribute.t.data_location = 1, 1
        entry = attribute.t.external_data.add()
        entry.key, entry.value = "location", name

    edit(reach_out)
    refused(folder, "no file in the model's folder")


def test_weights_beside_the_graph_are_read(folder):
    """As exporters write models that are too large for one file."""
    onnx = pytest.importorskip("onnx", reason="needs ragqa[train]")
    expected = load_encoder(str(folder)).encode_questions(["Where?"])
    model = onnx.load(folder / "model.onnx")
    (folder / "model.onnx").unlink()
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin")
    assert read_graph(folder / "model.onnx").files == {"weights.bin"}
    assert np.array_equal(load_encoder(str(folder)).encode_questions(["Where?"]), expected)


def test_an_input_that_the_graph_cannot_take_is_one_line():
    encoder = load_encoder()
    encoder.tokenizer.max_length = 10_000
    with pytest.raises(ModelError, match=r"model\.onnx: cannot take these \d+ tokens") as error:
        encoder.encode_questions(["word " * 2000])
    assert len(str(error.value).splitlines()) == 1


def panicking(folder):
    """A template that names a token which is not there makes the library panic (tokenizers 0.23)."""
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for piece in content["post_processor"]["pair"]:
        if "SpecialToken" in piece:
            piece["SpecialToken"]["id"] = "nowhere"
    path.write_text(json.dumps(content))


def test_a_panic_is_one_line(folder):
    panicking(folder)
    refused(folder, r"tokenizer\.json: not a usable tokenizer \(")


@pytest.mark.parametrize("damage", ["panic", "graph", "fallback", "vocabulary"])
def test_on_the_command_line_nothing_else_is_said(folder, damage, tmp_path):
    """Libraries write to stderr, and even to stdout, by themselves."""
    if damage == "panic":
        panicking(folder)
    elif damage == "vocabulary":
        test_a_tokenizer_with_more_tokens_than_the_graph_knows(folder)
    else:
        content = (folder / "model.onnx").read_bytes()
        old, new = (b"QAttention", b"XAttention") if damage == "graph" else (b"DynamicQuantize", b"D\xc7namicQuantize")
        (folder / "model.onnx").write_bytes(content.replace(old, new, 1))
    code = (
        f"from ragqa.cli import main; main(['ask', 'x', '-i', {str(tmp_path / 'i')!r}, '--encoder', {str(folder)!r}])"
    )
    (tmp_path / "a.txt").write_text("The Rhine rises in the Alps.")
    from ragqa.indexing import build

    build(tmp_path / "a.txt", tmp_path / "i")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == ModelError.exit_code and done.stdout == "", done.stdout
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith(f"ragqa: {folder}"), done.stderr


def test_what_others_write_meanwhile_is_not_lost(folder):
    """While a file is opened in one thread, the app goes on telling things on stderr in another."""
    panicking(folder)
    code = (
        "import os, threading\n"
        "from ragqa.errors import ModelError\n"
        "from ragqa.models.tokenize import PairTokenizer\n"
        "stop = threading.Event()\n"
        "told = []\n"
        "def app():\n"
        "    while not stop.is_set():\n"
        "        told.append(f'line {len(told)}')\n"
        "        os.write(2, f'{told[-1]}\\n'.encode())\n"
        "thread = threading.Thread(target=app)\n"
        "thread.start()\n"
        "for _ in range(5):\n"
        "    try:\n"
        f"        PairTokenizer.from_file({str(folder / 'tokenizer.json')!r})\n"
        "    except ModelError: pass\n"
        "stop.set(); thread.join(); print('\\n'.join(told))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    told, seen = done.stdout.splitlines(), done.stderr.splitlines()
    assert len(told) > 10 and not any("panicked" in line for line in seen)
    assert len(set(told) - set(seen)) <= 5, "a line may stand in the middle of a panic's"


def test_what_is_caught_and_what_is_not():
    class PanicException(BaseException):
        pass

    for error in (PanicException("boom"), ValueError(""), RuntimeError("a\nb"), KeyError("x")):
        with pytest.raises(ModelError, match=r"^file "), one_line("file"):
            raise error
    for kind in (KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit):
        with pytest.raises(kind), one_line("file"):
            raise kind


def test_a_tokenizer_that_fails_over_a_text_is_one_line():
    tokenizer = PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json")

    class Failing:
        def encode_batch(self, *_, **__):
            raise RuntimeError("no such luck")

    tokenizer.tokenizer = Failing()
    with pytest.raises(ModelError, match="cannot take these texts"):
        tokenizer.encode(["x"])
