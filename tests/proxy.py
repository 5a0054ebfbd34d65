"""A TCP proxy before a PostgreSQL server that breaks connections where a test wants them broken."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from types import TracebackType

from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget

_COMMIT = b"COMMIT\0"


class Cut(Enum):
    """Where a connection breaks, once."""

    NOWHERE = auto()
    BEFORE_COMMIT = auto()
    AFTER_COMMIT = auto()
    UNNOTICED = auto()
    """Before COMMIT, and the server goes on waiting for the client."""


class Proxy:
    """Forwards bytes in the test's own event loop. `target` leads to it; use it in an `async with` block."""

    def __init__(self, target: ConnectionTarget) -> None:
        self._server = target
        self.cut = Cut.NOWHERE
        self.stays_away = False
        """Whether a cut leaves the server out of reach."""
        self.is_black_hole = False
        """Whether bytes are swallowed, as by a dead network."""
        self.messages = 0
        """How often the client has sent something."""
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def target(self) -> ConnectionTarget:
        """The way to the server through the proxy."""
        assert self._listener is not None
        port = self._listener.sockets[0].getsockname()[1]
        return replace(self._server, profile=replace(self._server.profile, host="127.0.0.1", port=port))

    async def __aenter__(self) -> Proxy:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listener.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)

        def on_done(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            writer.close()  # also where the task was cancelled before its first step

        task.add_done_callback(on_done)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.stays_away and self.cut is Cut.NOWHERE:
            await _close(writer)
            return
        profile: ConnectionProfile = self._server.profile
        if profile.is_local_socket:
            back, forth = await asyncio.open_unix_connection(f"{profile.host}/.s.PGSQL.{profile.port}")
        else:
            back, forth = await asyncio.open_connection(profile.host, profile.port)
        answers = asyncio.create_task(self._pass(back, writer))
        try:
            # A broken connection is what the proxy is for.
            with suppress(OSError):
                await self._watch(reader, writer, back, forth, answers)
        finally:
            answers.cancel()
            for stream in (writer, forth):
                stream.close()
            await asyncio.gather(answers, return_exceptions=True)
            for stream in (writer, forth):
                await _close(stream)

    async def _watch(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
        answers: asyncio.Task[None],
    ) -> None:
        while data := await reader.read(65536):
            self.messages += 1
            if self.is_black_hole:
                continue
            if data.endswith(_COMMIT) and b"BEGIN" not in data:
                cut, self.cut = self.cut, Cut.NOWHERE
                if cut is Cut.BEFORE_COMMIT:
                    return
                if cut is Cut.UNNOTICED:
                    writer.close()
                    await answers  # the server's side stays until the server ends it
                    return
                if cut is Cut.AFTER_COMMIT:
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                    forth.write(data)
                    assert b"COMMIT" in await back.read(65536)
                    return
            forth.write(data)
            await forth.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.is_black_hole:
                writer.write(data)
                await writer.drain()
        writer.close()


async def _close(stream: asyncio.StreamWriter) -> None:
    stream.close()
    with suppress(OSError):  # the other side was faster
        await stream.wait_closed()
