"""The tests themselves stay offline."""

from __future__ import annotations

import socket

import pytest


def test_other_machines_are_out_of_reach() -> None:
    with socket.socket() as sock, pytest.raises(RuntimeError, match="tried to reach"):
        sock.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="tried to look up"):
        socket.create_connection(("example.org", 80), timeout=1)


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sock:
        assert sock.getpeername() == server.getsockname()
