"""`ragqa serve` and `ragqa keys`: starting, ending, the log, the file of keys."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.served import Running, slowly, wait_for, without_times, write
from support.serving import serving, started

from ragqa.serve.keys import KeyFile

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")


def test_the_log_has_a_line_a_request_without_questions_or_keys(tmp_path):
    write(tmp_path / "towns", ("Chur", "a"))
    _, token = KeyFile(tmp_path / "keys.json").create("ops", ["ask", "admin"])
    (tmp_path / "hold").touch()
    given = {"keys": str(tmp_path / "keys.json"), "hold": str(tmp_path / "hold")}
    with serving({"towns": tmp_path / "towns"}, **given) as (url, process):
        headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "mine"}
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(httpx.post, f"{url}/v1/ask", json=slowly("Chur"), headers=headers, timeout=60)
            with httpx.Client(base_url=url, headers=headers) as client:
                wait_for(Running(client, url, process, tmp_path), "ragqa_queue_running 1")
            process.send_signal(signal.SIGTERM)  # while it is answered
            (tmp_path / "hold").unlink()
            assert asked.result().status_code == 200
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    (entry,) = (entry for entry in map(json.loads, out.splitlines()) if entry["path"] != "/metrics")
    assert (entry["id"], entry["path"], entry["status"], entry["index"]) == ("mine", "/v1/ask", 200, "towns")
    assert entry["key"] == token.split("_")[1] and entry["ms"] > 0 and "answered" in entry
    assert "slowly" not in out and token not in out


def test_the_command_serves_the_packaged_models(tmp_path, ragqa):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "tea.md").write_text("# Tea\n\nTea came to the citadel by ship in 1657.")
    ragqa("index", folder, "-o", tmp_path / "kb", "-q")
    asked = json.loads(ragqa("ask", "When did tea come?", "-i", tmp_path / "kb", "--json").stdout)
    command = [sys.executable, "-m", "ragqa", "serve", "-i", str(tmp_path / "kb"), "--port", "0"]
    with started(command) as process:
        assert process.stderr is not None
        told = process.stderr.readline().strip()
        assert told.startswith("serving kb at http://127.0.0.1:"), told
        reply = httpx.post(f"{told.split()[-1]}/v1/ask", json={"question": "When did tea come?"}, timeout=60).json()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == "" and json.loads(out)["status"] == 200
    assert without_times(reply) == without_times(asked) and reply["answers"][0]["text"] == "1657"


def test_the_command_keeps_addresses_and_numbers_out_of_its_logs(tmp_path, ragqa):
    (tmp_path / "tea.md").write_text("# Tea\n\nTea came to the citadel by ship in 1657.")
    ragqa("index", tmp_path / "tea.md", "-o", tmp_path / "kb", "-q")
    logs = ("--question-log", tmp_path / "asked.jsonl", "--redact")
    command = [sys.executable, "-m", "ragqa", "serve", "-i", tmp_path / "kb", "--port", "0", *logs]
    with started(list(map(str, command))) as process:
        url = process.stderr.readline().split()[-1]
        asked = {"question": "When did tea come to ann@example.org, 030 1234567?"}
        assert httpx.post(f"{url}/v1/ask", json=asked, timeout=60).json()["question"] == asked["question"]
        assert httpx.get(f"{url}/v1/documents/ann@example.org").status_code == 404
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert [json.loads(line)["path"] for line in out.splitlines()] == ["/v1/ask", "/v1/documents/[e-mail]"]
    (entry,) = map(json.loads, (tmp_path / "asked.jsonl").read_text().splitlines())
    assert entry["question"] == "When did tea come to [e-mail], [phone]?"


def test_traces_are_sent_where_the_environment_says(tmp_path, ragqa, monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs ragqa[otel]")
    sent = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    (tmp_path / "tea.md").write_text("# Tea\n\nTea came to the citadel by ship in 1657.")
    ragqa("index", tmp_path / "tea.md", "-o", tmp_path / "kb", "-q")
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        with started([sys.executable, "-m", "ragqa", "serve", "-i", str(tmp_path / "kb"), "--port", "0"]) as process:
            url = process.stderr.readline().split()[-1]
            assert httpx.post(f"{url}/v1/ask", json={"question": "When did tea come?"}, timeout=60).status_code == 200
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
        collector.shutdown()
    assert process.returncode == 0 and err == ""
    assert {path for path, _ in sent} == {"/v1/traces"}
    content = b"".join(body for _, body in sent)
    assert all(name in content for name in (b"POST /v1/ask", b"queue", b"search", b"read", b"ragqa.generation"))
    assert b"When did tea" not in content


def test_what_the_command_refuses(tmp_path, ragqa, monkeypatch):
    write(tmp_path / "kb", ("Chur", "a"))
    write(tmp_path / "more" / "kb", ("Chur", "a"))
    serve = ("serve", "-i", tmp_path / "kb")
    assert "other machines could ask" in ragqa(*serve, "--host", "0.0.0.0", code=2).stderr
    assert "holds no key" in ragqa(*serve, "--keys", tmp_path / "none.json", code=2).stderr
    assert "two indexes named kb" in ragqa(*serve, "-i", tmp_path / "more" / "kb", code=2).stderr
    ragqa("serve", "-i", tmp_path / "nothing", code=4)
    ragqa("pack", tmp_path / "kb", tmp_path / "packed.ragqa")
    assert "read-only" in ragqa("serve", "-i", tmp_path / "packed.ragqa", "--writable", code=2).stderr
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'ragqa[serve]'" in ragqa(*serve, code=9).stderr


def test_a_port_that_is_taken(tmp_path, ragqa):
    (tmp_path / "a.txt").write_text("Tea came in 1657.")
    ragqa("index", tmp_path / "a.txt", "-o", tmp_path / "kb", "-q")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ragqa("serve", "-i", tmp_path / "kb", "--port", taken.getsockname()[1], code=2)
    assert "cannot listen there" in done.stderr


def test_keys_on_the_command_line(tmp_path, ragqa):
    at = ("--keys", tmp_path / "keys.json")
    more = ("--where", "team=ops", "--index", "kb", "--rate", "60/m", "--days", 2)
    made = ragqa("keys", "create", "ops", "--action", "ask", *more, *at)
    token = made.stdout.strip()
    key_id = token.split("_")[1]
    shown = ragqa("keys", "list", *at).stdout
    assert shown.startswith(f"{key_id}  ops: ask; indexes kb; where team=ops; at most 60/m; until ")
    (listed,) = json.loads(ragqa("keys", "list", "--json", *at).stdout)
    assert listed["id"] == key_id and "hash" not in listed
    assert KeyFile(tmp_path / "keys.json").find(token) is not None
    ragqa("keys", "revoke", key_id, *at)
    assert "no keys" in ragqa("keys", "list", *at).stderr
    ragqa("keys", "revoke", key_id, *at, code=3)
    ragqa("keys", "create", " ", *at, code=2)
    ragqa("keys", "create", "x", "--where", "team", *at, code=2)
    assert "rate" in ragqa("keys", "create", "x", "--rate", "60", *at, code=2).stderr


def test_a_log_that_nobody_reads_holds_up_no_request(tmp_path):
    write(tmp_path / "towns", ("Chur", "a"))
    with serving({"towns": tmp_path / "towns"}) as (url, process):
        with httpx.Client(base_url=url, timeout=30) as client:
            for _ in range(40):  # 120 kB of log, which no pipe holds
                assert client.get(f"/{'long' * 750}").status_code == 404
            assert client.get("/livez").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
