"""`feed serve`: the live feed's server, for small deployments, tests and the local studio."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.errors import InputError, UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.feed.server.encryption import ServerCertificate
    from syncsphere_desktop.settings import ConnectionTarget

TOKEN_VARIABLE = "SYNCSPHERE_FEED_TOKEN"  # noqa: S105  # the name of a variable
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about the live feed."""
    del shared  # every command here works on a database
    group = groups.add_parser("feed", parents=[connection], help="the live feed")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    serve = commands.add_parser(
        "serve",
        parents=[connection],
        help="serve the live feed of a database until SIGTERM or Ctrl+C",
        description="Serve the live feed of a database until SIGTERM or Ctrl+C; clients are told before it"
        " ends. Any number of servers may serve one database. A client says itself who it is: put a token, or"
        " a proxy that knows its users, before a feed that others than the studio's own can reach.",
    )
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on")
    serve.add_argument("--port", type=_port, default=8443, metavar="PORT", help="0 takes a free one")
    serve.add_argument("--cert", type=Path, metavar="FILE", help="the certificate and its chain, PEM")
    serve.add_argument("--key", type=Path, metavar="FILE", help="the certificate's key, PEM")
    serve.add_argument(
        "--plain", action="store_true", help="without encryption, as behind a proxy that ends TLS"
    )
    serve.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"let in only who brings the first line of this file as a bearer token; {TOKEN_VARIABLE} works"
        " too",
    )
    serve.add_argument("--clients", type=int, default=2000, metavar="N", help="most at a time")
    serve.add_argument(
        "--close-after",
        type=float,
        metavar="SECONDS",
        help="close each client after this time, as some deployed servers do",
    )
    serve.set_defaults(command=_serve)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _serve(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.cli.database import chosen_target
    from syncsphere_desktop.cli.event_loop import run_async

    _check(namespace)
    token = _token(namespace)
    _allow_many_sockets()
    with ExitStack() as stack:
        target = stack.enter_context(chosen_target(namespace))
        run_async(_served(namespace, target, _certificate(namespace), token))
    return 0


def _allow_many_sockets() -> None:
    """Have as many sockets as the system allows: many shells allow 1,024 unless one asks for more."""
    if sys.platform == "win32":
        return
    import resource

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check(namespace: argparse.Namespace) -> None:
    if (namespace.cert is None) is not (namespace.key is None):
        raise UsageError("A certificate and its key belong together: give --cert and --key.")
    if namespace.plain and namespace.cert is not None:
        raise UsageError("Give either --plain, or --cert and --key.")
    is_local = bool(getattr(namespace, "local", False))
    if not namespace.plain and namespace.cert is None and not is_local:
        raise UsageError(
            "Clients want to know whom they talk to: give --cert and --key, or --plain behind a proxy."
        )
    if is_local and namespace.cert is None and not namespace.plain and namespace.host not in _LOOPBACK:
        raise UsageError("The local studio's own certificate is for this machine; give --cert and --key.")
    if namespace.clients < 1:
        raise UsageError("At least one client is to be let in.")
    if namespace.close_after is not None and not namespace.close_after > 0:
        raise UsageError("Clients are closed after more than no time.")


def _token(namespace: argparse.Namespace) -> str | None:
    from syncsphere_desktop.cli.password_input import read_password_file

    if namespace.token_file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    token = read_password_file(namespace.token_file)
    if not token:
        raise InputError("The token file's first line is empty.", field="token")
    return token


def _certificate(namespace: argparse.Namespace) -> ServerCertificate | None:
    from syncsphere_desktop.feed.server.encryption import ServerCertificate

    if namespace.plain:
        return None
    if namespace.cert is not None:
        return ServerCertificate(namespace.cert, namespace.key)
    from syncsphere_desktop.settings import Paths
    from syncsphere_desktop.studio.local_feed import LocalFeed
    from syncsphere_desktop.studio.local_studio import LocalStudio

    files = LocalFeed(LocalStudio(Paths.of_this_user()).folder).ensure_certificates()
    return ServerCertificate(files.certificate, files.key)


async def _served(
    namespace: argparse.Namespace,
    target: ConnectionTarget,
    certificate: ServerCertificate | None,
    token: str | None,
) -> None:
    import asyncio

    from syncsphere_desktop.cli.database import opened
    from syncsphere_desktop.feed.server.limits import Limits
    from syncsphere_desktop.studio.ownership.serving import serving

    limits = Limits(clients=namespace.clients, session_seconds=namespace.close_after)
    async with (
        opened(target) as database,
        serving(
            database,
            host=namespace.host,
            port=namespace.port,
            certificate=certificate,
            token=token,
            limits=limits,
        ) as server,
    ):
        if database.read_only_reason is not None:
            print(f"syncsphere-desktop: {database.read_only_reason}", file=sys.stderr, flush=True)
        document = {"feed_url": server.url, "port": server.port, "pid": os.getpid()}
        tell(document, as_json=wants_json(namespace), text=f"The live feed is at {server.url}.")
        await asyncio.Event().wait()
