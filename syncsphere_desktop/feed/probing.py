"""The feed's own test: one step after the other, each with what was found in a sentence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import FeedError, FeedTrustError
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.failures import silent
from syncsphere_desktop.feed.messages import ServerRefused, StateSynced, SyncRequested
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.sockets import FeedSocket
from syncsphere_desktop.feed.trust import fingerprint_of, unchecked_context
from syncsphere_desktop.feed.wire import encode, parse

STEPS = ("resolve", "reach", "tls", "admit", "answer")

_NO_PROJECT = ProjectId(0)
"""No project has this id: what is asked about it changes nothing, and any answer shows a feed."""

Heard: TypeAlias = StateSynced | ServerRefused


@dataclass(frozen=True, slots=True)
class FeedStep:
    """One step of the test. `is_passed` is None while it runs and where it was not needed."""

    name: str
    sentence: str = ""
    is_passed: bool | None = None


StepListener = Callable[[FeedStep], None]


async def probe_feed(
    endpoint: FeedEndpoint, tell: StepListener, *, pacing: FeedPacing | None = None
) -> FeedError | None:
    """Try a feed and tell each step; return what failed, or None where it can be followed.

    A certificate that is not trusted comes with its fingerprint in the error's details, so that it can be
    compared and pinned.
    """
    pacing = pacing or FeedPacing(open=5.0, answer=5.0, close=1.0)
    tell(FeedStep("resolve"))
    try:
        socket = await FeedSocket.open(endpoint, pacing)
    except FeedTrustError as error:
        return _failed(await _with_fingerprint(endpoint, error), endpoint, tell)
    except FeedError as error:
        return _failed(error, endpoint, tell)
    _tell_passed(endpoint, tell, before="answer")
    tell(FeedStep("answer"))
    try:
        heard = await _ask(socket, endpoint, pacing)
    except FeedError as error:
        return _failed(error, endpoint, tell)
    finally:
        await socket.close()
    if isinstance(heard, ServerRefused):
        tell(FeedStep("answer", "It speaks the feed's language.", is_passed=True))
    else:
        tell(FeedStep("answer", "It tells who holds what.", is_passed=True))
    return None


async def _ask(socket: FeedSocket, endpoint: FeedEndpoint, pacing: FeedPacing) -> Heard:
    """Return the answer to a question about no project; raises FeedError."""
    answer: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

    def take(frame: bytes) -> None:
        message = parse(frame)
        if isinstance(message, (StateSynced, ServerRefused)) and not answer.done():
            answer.set_result(message)

    following = asyncio.create_task(socket.follow(take), name="feed probe")
    try:
        await socket.send(encode(SyncRequested(_NO_PROJECT, endpoint.user_id)))
        ends: set[asyncio.Future[Any]] = {answer, following}
        await asyncio.wait(ends, timeout=pacing.answer, return_when=asyncio.FIRST_COMPLETED)
    finally:
        following.cancel()
        await asyncio.wait({following})
    if answer.done():
        return answer.result()
    if not following.cancelled():
        await following  # raises how the socket ended
    raise silent(endpoint, pacing.answer)


def _tell_passed(endpoint: FeedEndpoint, tell: StepListener, *, before: str) -> None:
    """Tell the steps that must have passed for the one named to be reached."""
    sentences = {
        "resolve": f"{endpoint.host} was found.",
        "reach": f"It listens on port {endpoint.port}.",
        "tls": _trust(endpoint),
        "admit": "It takes this client.",
    }
    for name in STEPS[: STEPS.index(before)]:
        is_needed = name != "tls" or endpoint.is_secure
        tell(FeedStep(name, sentences[name], is_passed=True if is_needed else None))


def _trust(endpoint: FeedEndpoint) -> str:
    if not endpoint.is_secure:
        return "Not encrypted: anybody on the way can read it."
    if endpoint.fingerprint is not None:
        return "Its certificate is the one whose fingerprint is set."
    return "Its certificate is trusted."


def _failed(error: FeedError, endpoint: FeedEndpoint, tell: StepListener) -> FeedError:
    _tell_passed(endpoint, tell, before=error.step)
    tell(FeedStep(error.step, error.message, is_passed=False))
    return error


async def _with_fingerprint(endpoint: FeedEndpoint, error: FeedTrustError) -> FeedTrustError:
    """Return the error with the fingerprint of what the server shows, where it can be had."""
    shown = await shown_fingerprint(endpoint)
    if shown is None or shown in (error.details or ""):
        return error
    details = f"{error.details}\nSHA-256 of what it shows: {shown}"
    return FeedTrustError(error.message, step=error.step, details=details)


async def shown_fingerprint(endpoint: FeedEndpoint) -> str | None:
    """Return the SHA-256 of the certificate that a server shows, trusted or not; None where it shows none.

    Nothing is sent to it.
    """
    context: ssl.SSLContext = unchecked_context()
    try:
        async with asyncio.timeout(5):
            _reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    except (OSError, EOFError):
        return None
    try:
        secured = writer.get_extra_info("ssl_object")
        certificate = secured.getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return None if certificate is None else fingerprint_of(certificate)
