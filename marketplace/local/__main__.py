"""Command line of the local slice: run, servers, verify, browser."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path

from marketplace.local import browser, run, testing, verify
from marketplace.local.errors import LocalError


def main(argv: list[str]) -> int:
    """Run one command; what stands in the way becomes one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m marketplace.local")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="run everything until Ctrl-C")
    servers = verbs.add_parser("servers", help="run throw-away servers for tests until the input ends")
    servers.add_argument(
        "--var", type=Path, required=True, help="directory for their data, removed at the end"
    )
    verbs.add_parser("verify", help="run every check that CI runs")
    verbs.add_parser("browser", help="install Chromium for the story tests where it is missing")
    asked = parser.parse_args(argv)
    try:
        match asked.verb:
            case "run":
                return run.run(run.wishes(os.environ))
            case "servers":
                return testing.serve(asked.var)
            case "verify":
                return verify.verify()
            case _:
                return browser.ensure()
    except LocalError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _fail(_in_words(error))


def _in_words(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"The disk is full: {error.filename or 'nothing more can be written'}"
    return f"{error.strerror or error}: {error.filename or 'no file named'}"


def _fail(line: str) -> int:
    print(f"assay: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
