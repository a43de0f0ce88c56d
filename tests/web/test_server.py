"""The socket that the planner answers on."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from percuta.web.server import HOST, _listening


def test_an_answer_is_sent_at_once() -> None:
    """Where small parts wait for each other, a browser that keeps its connection waits some 40 ms for every answer."""

    async def accepted(listening: socket.socket) -> int:
        at_once: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            at_once.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(answer, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            set_to = await asyncio.wait_for(at_once, 20)
            writer.close()
        return set_to

    # In a thread of its own, since the thread of the tests may hold the loop of an open browser.
    with _listening(0) as listening, ThreadPoolExecutor(1) as thread:
        assert listening.getsockname()[0] == HOST
        assert thread.submit(asyncio.run, accepted(listening)).result(60)
