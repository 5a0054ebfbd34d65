"""A process of its own that sends frames of claims over TLS, as fast as they are taken.

`python -m benchmarks.feed_sender FOLDER FRAMES` makes its certificate in FOLDER, prints its port, and sends
that many frames to whoever asks for the state of a project. The last is for the box of number 0.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path
from uuid import UUID

from websockets.asyncio.server import ServerConnection, serve

from tests.feed.certificates import make_certificates

BOXES = 5_000
PEOPLE = 50
_CHUNK = 500


async def main(folder: Path, frames: int) -> None:
    """Serve until the standard input is closed."""
    certificates = make_certificates(folder)
    context: ssl.SSLContext = certificates.context()
    chunks = _chunks(frames)

    async def send(connection: ServerConnection) -> None:
        request = json.loads(await connection.recv())
        await connection.send(
            _frame("SYNC_RESPONSE", request["projectId"], {"ownership": {}, "activeUsers": []})
        )
        for chunk in chunks:
            connection.transport.write(chunk)
            await connection.drain()
        await connection.wait_closed()

    async with serve(send, "127.0.0.1", 0, ssl=context, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _chunks(frames: int) -> list[bytes]:
    """Return the frames as they go over the wire, some hundred in a piece."""
    texts = [
        _claim(UUID(int=1 + number % BOXES), number % PEOPLE + 1, number) for number in range(frames - 1)
    ]
    texts.append(_claim(UUID(int=0), 1, frames))
    wired = [_wired(text) for text in texts]
    return [b"".join(wired[first : first + _CHUNK]) for first in range(0, frames, _CHUNK)]


def _claim(box: UUID, owner: int, number: int) -> str:
    data = {"boxUuid": str(box), "ownerId": str(owner)}
    return _frame("BOX_OWNERSHIP_CLAIMED", "7", data, user=str(owner), timestamp=1_700_000_000_000 + number)


def _frame(kind: str, project: str, data: object, *, user: str = "", timestamp: int = 0) -> str:
    return json.dumps(
        {"type": kind, "projectId": project, "userId": user, "timestamp": timestamp, "data": data}
    )


def _wired(text: str) -> bytes:
    """Return the text as a frame of a server: final, not masked, its length in 16 bits."""
    payload = text.encode()
    assert 126 <= len(payload) < 65536
    return b"\x81\x7e" + len(payload).to_bytes(2) + payload


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
