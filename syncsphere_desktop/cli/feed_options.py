"""Which live feed a command follows: of the options, else the environment, else of the connection."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.settings import FEED_URL_VARIABLE, ConnectionTarget

if TYPE_CHECKING:
    from syncsphere_desktop.feed.endpoint import FeedEndpoint


def add_feed_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the live feed is, and whom to trust there."""
    group = parser.add_argument_group("which live feed")
    place = group.add_mutually_exclusive_group()
    place.add_argument(
        "--feed-url",
        metavar="URL",
        help=f"a wss:// address; without it {FEED_URL_VARIABLE}, else what the connection names",
    )
    place.add_argument("--no-feed", action="store_true", help="follow no feed, also where there is one")
    group.add_argument(
        "--feed-ca", type=Path, metavar="FILE", help="the authorities to trust there, as a PEM file"
    )
    group.add_argument(
        "--feed-fingerprint",
        metavar="SHA256",
        help="trust this one certificate there, whoever signed it",
    )
    group.add_argument(
        "--feed-token-file",
        type=Path,
        metavar="FILE",
        help="read the bearer token from the first line of a file",
    )
    group.add_argument(
        "--feed-plain", action="store_true", help="allow ws:// beyond this machine: anybody can read it"
    )


def with_feed(target: ConnectionTarget, namespace: argparse.Namespace) -> ConnectionTarget:
    """Return the target with the feed that the options or the environment name."""
    if getattr(namespace, "no_feed", False):
        return replace(target, profile=replace(target.profile, feed_url=None), feed_secret=None)
    profile, secret = target.profile, target.feed_secret
    url = getattr(namespace, "feed_url", None) or os.environ.get(FEED_URL_VARIABLE) or None
    if url is not None:
        # Whom to trust at one address says nothing about another; nor is a token for it.
        same = url == profile.feed_url
        profile = replace(
            profile,
            feed_url=url,
            feed_authorities=profile.feed_authorities if same else None,
            feed_fingerprint=profile.feed_fingerprint if same else None,
            feed_plain=profile.feed_plain and same,
        )
        secret = secret if same else None
    if getattr(namespace, "feed_ca", None) is not None:
        profile = replace(profile, feed_authorities=namespace.feed_ca.expanduser(), feed_fingerprint=None)
    if getattr(namespace, "feed_fingerprint", None) is not None:
        profile = replace(profile, feed_fingerprint=namespace.feed_fingerprint)
    if getattr(namespace, "feed_plain", False):
        profile = replace(profile, feed_plain=True)
    if getattr(namespace, "feed_token_file", None) is not None:
        from syncsphere_desktop.cli.password_input import read_password_file

        secret = read_password_file(namespace.feed_token_file)
    return replace(target, profile=profile, feed_secret=secret)


def chosen_feed(target: ConnectionTarget, namespace: argparse.Namespace) -> FeedEndpoint | None:
    """Return the feed to follow, or None where there is none; raises InputError, FileError."""
    from syncsphere_desktop.feed.endpoint import FeedEndpoint

    return FeedEndpoint.of(with_feed(target, namespace))
