"""Listening at an address, and running an application there. Needs uvicorn."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable
from typing import Any

from ragqa.errors import ConfigError

GRACE = 15  # seconds that requests have to end after SIGTERM
CONNECTIONS = 1_000


def run_app(app: Any, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve an application until SIGTERM, after which requests that have begun are answered, or until Ctrl-C.
    ``started`` is told the address as soon as connections are taken; port 0 is any that is free.
    """
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE,
        )
    )
    with _listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        started(f"http://{shown}:{listener.getsockname()[1]}")
        # uvicorn raises a signal again when it has shut down, and SIGTERM is no failure
        before = signal.signal(signal.SIGTERM, lambda *_: None)
        try:
            server.run(sockets=[listener])
        finally:
            signal.signal(signal.SIGTERM, before)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, seen from itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError, UnicodeError) as error:
        raise ConfigError(f"--host {host} --port {port}: cannot listen there ({error})") from error
