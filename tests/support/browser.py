"""A browser, driven by the WebDriver protocol."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no Chromium with chromedriver is installed (Debian: chromium, chromium-driver)"
)
PATIENCE = 60  # seconds that a page has to do what is expected of it, also where every core is taken
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
)


KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}


def _single(keys):
    for key in keys:
        yield from [key] if key in KEYS else key


class Browser:
    """One session of a browser."""

    def __init__(self, address, profile, *, scripts=True):
        preferences = {} if scripts else {"profile.managed_default_content_settings.javascript": 2}
        options = {"binary": BROWSER, "args": [*FLAGS, f"--user-data-dir={profile}"], "prefs": preferences}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.root = f"{address}/session"
        self.root += "/" + self.send("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def send(self, method, path, content=None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.root + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, address, width=1280, height=900):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", size)
        self.send("POST", "/url", {"url": "about:blank"})
        self.send("POST", "/url", {"url": address})
        deadline = time.monotonic() + PATIENCE
        while self.run("return document.readyState") != "complete":  # under load the driver returns before that
            assert time.monotonic() < deadline, f"{address} is still loading"
            time.sleep(0.02)

    def run(self, script, *arguments):
        return self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments):
        """What a script returns, as soon as it is something."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < deadline, f"{script} {arguments}: never"
            time.sleep(0.02)
        return found

    def later(self, script, *arguments):
        """What a script gives to its last argument, a function."""
        return self.send("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def press(self, *keys):
        """Keys one after the other, where the focus is; a longer text is typed."""
        acts = [{"type": kind, "value": KEYS.get(key, key)} for key in _single(keys) for kind in ("keyDown", "keyUp")]
        self.send("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": acts}]})

    def upload(self, selector, *paths):
        """Choose files in a field."""
        found = self.send("POST", "/element", {"using": "css selector", "value": selector})
        (element,) = found.values()
        self.send("POST", f"/element/{element}/value", {"text": "\n".join(map(str, paths))})

    def devtools(self, command, parameters):
        return self.send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def count(self, selector):
        return len(self.send("POST", "/elements", {"using": "css selector", "value": selector}))

    def complaints(self):
        return [entry["message"] for entry in self.send("POST", "/se/log", {"type": "browser"})]

    def choose(self, field, value):
        self.run(
            "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
            "field.dispatchEvent(new Event('input', {bubbles: true}));",
            field,
            value,
        )

    def status(self):
        return self.run("return document.getElementById('status').textContent")

    def close(self):
        self.send("DELETE", "")


@contextmanager
def running_driver():
    """The address of a chromedriver of one's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([DRIVER, f"--port={port}", "--silent"], stdout=subprocess.DEVNULL)
    for _ in range(10 * PATIENCE):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)
