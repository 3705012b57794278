"""Whatever goes wrong: one line, an exit code by kind, and the previous generation as it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ragqa.models.catalog import PRETRAINED

ROOT = Path(__file__).parents[2]
USAGE, SOURCE, NO_INDEX, DAMAGED, MISMATCH, MODEL, STORAGE, INTERRUPTED = 2, 3, 4, 5, 7, 8, 10, 130


def state(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def one_line(done) -> str:
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_missing_path(ragqa, tmp_path):
    assert "nowhere" in one_line(ragqa("index", tmp_path / "nowhere", "-o", tmp_path / "i", code=SOURCE))
    assert not (tmp_path / "i").exists()


def test_empty_folder(ragqa, tmp_path):
    (tmp_path / "empty").mkdir()
    one_line(ragqa("index", tmp_path / "empty", "-o", tmp_path / "i", code=SOURCE))
    assert not (tmp_path / "i").exists()


def test_no_readable_document(ragqa, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.json").write_text("{broken")
    (folder / "b.txt").write_bytes(b"\x00\x01\x02\x00" * 100)
    ragqa("index", folder, "-o", tmp_path / "i", code=SOURCE)
    assert not (tmp_path / "i").exists()


def test_the_reason_is_told_where_nothing_could_be_read(ragqa, tmp_path):
    (tmp_path / "bad.json").write_text("{broken")
    error = ragqa("index", tmp_path / "bad.json", "-o", tmp_path / "i", code=SOURCE).stderr.splitlines()
    assert len(error) == 2 and error[0].startswith(f"skipped {tmp_path / 'bad.json'}: not JSON")
    assert error[1].startswith("ragqa: no readable document")


def test_unreadable_file_is_reported_and_strict_stops(ragqa, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.txt").write_text("The bridge was opened in 1937.")
    (folder / "bad.json").write_text("{broken")
    done = ragqa("index", folder, "-o", tmp_path / "i", "--json")
    assert json.loads(done.stdout)["documents"] == 1 and "bad.json" in done.stderr
    assert "bad.json" in one_line(ragqa("index", folder, "-o", tmp_path / "j", "--strict", code=SOURCE))


@pytest.mark.parametrize("arguments", [(), ("",), ("   ",), ("--file", "/dev/null")])
def test_empty_question(ragqa, sample_index, arguments):
    one_line(ragqa("ask", *arguments, "-i", sample_index, code=SOURCE if "--file" in arguments else USAGE))


@pytest.mark.skipif(sys.platform != "linux", reason="bytes on the command line")
@pytest.mark.parametrize("command", ["ask", "search"])
def test_question_in_another_encoding(ragqa, sample_index, command):
    question = os.fsdecode("Wer war Ren\xe9?".encode("latin-1"))
    assert ragqa(command, question, "-i", sample_index).stdout


def test_asking_without_an_index(ragqa, tmp_path):
    assert "ragqa index" in one_line(ragqa("ask", "who?", "-i", tmp_path, code=NO_INDEX))


def test_wrong_options(ragqa, sample_index, tmp_path):
    one_line(ragqa("ask", "who?", "-i", sample_index, "--set", "read.passagez=3", code=USAGE))
    one_line(ragqa("ask", "who?", "-i", sample_index, "--where", "topic", code=USAGE))
    one_line(ragqa("index", ROOT / "corpora" / "sample", "-o", tmp_path / "i", "--dense", "NoSuch,Index", code=USAGE))
    one_line(ragqa("index", ROOT / "corpora" / "sample", "-o", tmp_path / "i", "--language", "xx", code=USAGE))
    one_line(ragqa("ask", "who?", "-i", sample_index, "--reader", "./no-such-folder", code=MODEL))


def test_other_format_version(ragqa, own_index):
    generation = (own_index / "CURRENT").read_text().split()[0]
    manifest = own_index / "generations" / generation / "manifest.json"
    content = json.loads(manifest.read_text())
    content["format"] = 999
    manifest.write_text(json.dumps(content))
    assert "999" in one_line(ragqa("ask", "who?", "-i", own_index, code=DAMAGED))


def test_another_encoder(ragqa, own_index, tmp_path):
    other = Path(shutil.copytree(PRETRAINED / "encoder", tmp_path / "other"))
    card = json.loads((other / "ragqa.json").read_text())
    (other / "ragqa.json").write_text(json.dumps({**card, "fingerprint": "something-else"}))
    error = one_line(ragqa("ask", "who?", "-i", own_index, "--encoder", other, code=MISMATCH))
    assert "something-else" in error and card["fingerprint"] in error


@pytest.mark.parametrize(
    "name", ["passages.arrow", "documents.arrow", "vectors.f16", "tombstones.npy", "manifest.json"]
)
@pytest.mark.parametrize("damage", ["truncated", "foreign", "missing", "one bit"])
def test_damaged_file_is_named(ragqa, own_index, name, damage):
    path = next(own_index.rglob(name))
    if damage == "missing":
        path.unlink()
    elif damage == "one bit":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
    else:
        path.write_bytes(path.read_bytes()[:-20] if damage == "truncated" else b"not an index file at all")
    assert name in one_line(ragqa("ask", "who?", "-i", own_index, code=DAMAGED))
    assert name in ragqa("verify", "-i", own_index, code=DAMAGED).stdout if name != "manifest.json" else True


def test_damaged_lexical_index(ragqa, own_index):
    path = next(own_index.rglob("lexical/meta.json"))
    path.write_bytes(b"{}")
    one_line(ragqa("ask", "who?", "-i", own_index, code=DAMAGED))


def limit_files() -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_disk_full_changes_nothing(ragqa, own_index, tmp_path):
    """A limit on file size is what a test can impose; the writer meets it as it meets a full disk."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "long.txt").write_text("The river rises in the hills. " * 2000)
    before = state(own_index)
    one_line(ragqa("index", folder, "-o", own_index, "--replace", preexec_fn=limit_files, code=STORAGE))
    after = state(own_index)
    assert {k: v for k, v in after.items() if k != "LOCK"} == {k: v for k, v in before.items() if k != "LOCK"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(ragqa, tmp_path):
    tmp_path.chmod(0o500)
    try:
        one_line(ragqa("index", ROOT / "corpora" / "sample", "-o", tmp_path / "i", code=STORAGE))
    finally:
        tmp_path.chmod(0o700)


def test_not_an_index_is_not_written_into(ragqa, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    one_line(ragqa("index", ROOT / "corpora" / "sample", "-o", tmp_path, code=USAGE))
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_while_indexing_changes_nothing(ragqa, own_index, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(400):
        text = f"Chapter {number}. The river rises in the hills and passes {number} towns. " * 30
        (folder / f"{number}.txt").write_text(text)
    before = state(own_index)
    process = subprocess.Popen(
        [sys.executable, "-m", "ragqa", "index", str(folder), "-o", str(own_index), "--replace"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and state_names(own_index) == set(before):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, error
    assert "Traceback" not in error and len(error.strip().splitlines()) == 1
    after = state(own_index)
    assert {k: v for k, v in after.items() if k != "LOCK"} == {k: v for k, v in before.items() if k != "LOCK"}
    ragqa("verify", "-i", own_index)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        (("ask", "--file", "-"), "ragqa: interrupted"),
        (("eval", "run"), "ragqa: interrupted; what was answered is kept, and the same command goes on from there"),
    ],
)
def test_ctrl_c_says_what_became_of_the_work(sample_index, tmp_path, arguments, outcome):
    suite = ROOT / "eval" / "suites" / "sample.toml"
    own = (suite, "-o", tmp_path / "run", "--indexes", tmp_path) if "eval" in arguments else ("-i", sample_index)
    process = subprocess.Popen(
        [sys.executable, "-m", "ragqa", *map(str, (*arguments, *own))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if "ask" in arguments:
        process.stdin.write("Who discovered penicillin?\n" * 5000)
        process.stdin.close()
        process.stdin = None
        process.stdout.readline()
    deadline = time.monotonic() + 60
    while "eval" in arguments and time.monotonic() < deadline and not any(tmp_path.iterdir()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, error
    assert error.strip().splitlines()[-1] == outcome and "Traceback" not in error


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_full_disk_under_the_output(sample_index):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ragqa", "info", "-i", str(sample_index)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert (done.returncode, done.stderr) == (
        STORAGE,
        "ragqa: output: the disk is full: free some space and try again\n",
    )


def state_names(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="named pipes")
@pytest.mark.parametrize("command", [("ask", "who?"), ("info",), ("verify",), ("compact",), ("index", "docs")])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_current_that_is_no_file_is_told_at_once(ragqa, own_index, tmp_path, command, kind):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The Rhine rises in the Alps.")
    (own_index / "CURRENT").unlink()
    os.mkfifo(own_index / "CURRENT") if kind == "pipe" else (own_index / "CURRENT").mkdir()
    place = ("-o", own_index) if command[0] == "index" else ("-i", own_index)
    started = time.monotonic()
    done = ragqa(*command, *place, cwd=tmp_path, code=DAMAGED)
    assert "CURRENT: is no file" in (done.stdout if command == ("verify",) else one_line(done))
    assert time.monotonic() - started < 60, "a pipe without a writer would be waited for without end"


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "who?", "--set", "read.min_score=nan"),
        ("ask", "who?", "--min-score", "nan"),
        ("ask", "who?", "--min-score", "-1"),
        ("ask", "who?", "--set", "read.min_score=inf"),
        ("ask", "who?", "--risk", "nan"),
        ("ask", "who?", "--set", "read.risk=nan"),
        ("ask", "who?", "--read", "1000000000000"),
        ("ask", "who?", "-k", "1000000000000"),
        ("ask", "who?", "--set", "retrieve.dense_scale=inf"),
        ("search", "who?", "-k", "1000000000000"),
        ("chat", "--min-score", "nan"),
    ],
)
def test_numbers_that_cannot_be(ragqa, sample_index, arguments):
    one_line(ragqa(*arguments, "-i", sample_index, code=USAGE))


@pytest.mark.parametrize("k", [0, -1, 10**12, 2.5, True, None, "3"])
def test_counts_that_cannot_be_in_python(sample_index, k):
    import ragqa as library
    from ragqa.errors import ConfigError

    class Anything:
        """An encoder that is never asked."""

        def __init__(self, fingerprint):
            self.fingerprint = fingerprint

    snapshot = library.Snapshot.open(sample_index)
    retriever = library.HybridRetriever(snapshot, Anything(snapshot.manifest.encoder.fingerprint))
    with pytest.raises(ConfigError, match="k is"):
        retriever.retrieve(["who?"], k)


def test_the_largest_numbers_that_can_be(ragqa, sample_index):
    """No memory is set aside for what an index does not hold."""
    done = ragqa("search", "Who discovered penicillin?", "-k", 1_000_000, "--json", "-i", sample_index)
    assert 10 < len(json.loads(done.stdout)) < 1000
