"""What every answer and every question has to keep to: headers, origin, size."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from percuta.errors import PlanError
from percuta.web.bounds import LARGEST_PLAN, whole_number

LARGEST_BODY = 2 * 1024 * 1024  # bytes of any question; a plan may be far smaller
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_TOO_LARGE = f"too large: at most {LARGEST_BODY // 1024} kB are taken, and {LARGEST_PLAN // 1024} kB of a plan file"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # what pages show is about a person
}
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
_OURS = ("same-origin", "none")
_LOOPBACK = ("127.0.0.1", "localhost")


class Guard:
    """Refuses what no page of ours sends, and gives every answer its headers; an answer may bring its own.

    A question must name the loopback as its host, so that no other name can be made to stand for this machine. What
    changes something must come from a page of ours, or from a program, which names no origin. A body may not be larger
    than :data:`LARGEST_BODY`, whether it says how large it is or not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, with_headers)
            return
        try:
            await self._app(scope, _bounded(receive), with_headers)
        except _TooLarge:
            await _too_large(scope)(scope, receive, with_headers)

    @staticmethod
    def _refused(scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name_of(host) not in _LOOPBACK:
            return _told(scope, "this address is not one of this server's", 421)
        if scope["method"] in _CHANGING and not _from_here(headers, host):
            return _told(scope, "a page of another origin may change nothing here", 403)
        length = whole_number(headers.get("content-length", "0"))
        if length is None or length > LARGEST_BODY:
            return _too_large(scope)
        return None


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # such as half an address
        return None


def _from_here(headers: Headers, host: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == host


def _too_large(scope: Scope) -> Response:
    return _told(scope, _TOO_LARGE, 413)


def _told(scope: Scope, what: str, status: int) -> Response:
    """Return a refusal as a line of text, and to a program as a problem."""
    if scope["path"].startswith("/api/"):
        from percuta.web.api.problems import as_problem

        return as_problem(status, [PlanError(what)], scope["path"])
    return PlainTextResponse(f"{what[0].upper()}{what[1:]}.\n", status)


class _TooLarge(HTTPException):
    """A body without a stated size that goes on for too long; whoever reads it answers as it answers its faults."""

    def __init__(self) -> None:
        super().__init__(413, _TOO_LARGE)


def _bounded(receive: Receive) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise _TooLarge
        return message

    return bounded
