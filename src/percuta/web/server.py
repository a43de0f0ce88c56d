"""The server of the web application, on the loopback only."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from percuta.errors import PlanError
from percuta.library.registry import Library
from percuta.web.app import create_app

HOST = "127.0.0.1"
PORT = 8765
_FOR_ME_ALONE = 0o077


def serve(folder: Path, port: int = PORT, known: Library | None = None, *, ready: Callable[[str], None]) -> None:
    """Serve the planner until it is interrupted.

    Parameters
    ----------
    folder
        Where plans and results are kept.
    port
        Of the loopback; 0 takes any that is free.
    known
        The library; the shipped one when left out.
    ready
        Called with the address once it answers.

    Raises
    ------
    PlanError
        If the folder or the port cannot be used.
    """
    os.umask(_FOR_ME_ALONE)  # of the worker too; the folder may be one that others can look into
    app = create_app(folder, known)
    listening = _listening(port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
    )
    server = _telling(config, lambda: ready(f"http://{HOST}:{listening.getsockname()[1]}/"))
    try:
        server.run(sockets=[listening])
    finally:
        listening.close()


def _telling(config: uvicorn.Config, ready: Callable[[], None]) -> uvicorn.Server:
    """Return a server that tells when it answers."""

    class Telling(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    return Telling(config)


def _listening(port: int) -> socket.socket:
    # named as TCP: only then does asyncio send at once, and not hold each answer's second part back for some 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as fault:
        listening.close()
        raise PlanError(
            "the port cannot be used",
            value=port,
            allowed="1 to 65535, one that no other program uses, or 0 for any",
            do="give another one with --port; perhaps the planner runs already",
        ) from fault
    return listening
