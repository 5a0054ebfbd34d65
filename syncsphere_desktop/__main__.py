"""The program's entry: `syncsphere-desktop`, or `python -m syncsphere_desktop`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    if sys.argv[1:2] == ["--probe-child"]:  # how a packaged program starts its own child processes
        from syncsphere_desktop.storage.probing import child

        return child.main(sys.argv[2:])
    if sys.argv[1:2] == ["--bundle-child"]:
        from syncsphere_desktop.studio.bundles.child import main as bundles

        return bundles.main(sys.argv[2:])
    if sys.argv[1:2] == ["--feed-child"]:
        from syncsphere_desktop.cli import feed_child

        return feed_child.main(sys.argv[2:])
    if sys.argv[1:2] == ["--self-test-child"]:
        from syncsphere_desktop.self_test import child as self_test

        return self_test.main(sys.argv[2:])
    from syncsphere_desktop.cli.run import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
