"""Named checks of one client: each prints "ok <name>", or FAILED and why.

A script decorates its checks, in the order in which they run, and ends with
run(). A failed check does not stop the others; the exit status tells.
"""

import os
import sys
import traceback
from collections.abc import Callable

HTTP = os.environ.get("CLIENTS_HTTP", "127.0.0.1:8080")
GRPC = os.environ.get("CLIENTS_GRPC", "127.0.0.1:9000")

_checks: list[tuple[str, Callable[[], None]]] = []


def check(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Registers a check under a name."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        _checks.append((name, function))
        return function

    return register


def equal(got, want, what: str = "answer") -> None:
    """Numbers must be the same to the last bit, everything else equal."""
    if got != want:
        raise AssertionError(f"{what}: got {str(got)[:400]}, want {str(want)[:400]}")


def refused(call: Callable[[], object], *words: str) -> None:
    """The call must raise, with all words in the message; what it returned is shown otherwise."""
    try:
        answer = call()
    except Exception as error:
        missing = [word for word in words if word not in str(error)]
        if missing:
            raise AssertionError(f"the error {str(error)!r} does not say {missing}") from error
        return
    raise AssertionError(f"expected an error, got {str(answer)[:400]}")


def run() -> None:
    """Runs every check and ends the program."""
    failed = 0
    for name, function in _checks:
        try:
            function()
            print(f"ok {name}", flush=True)
        except Exception as error:
            failed += 1
            where = traceback.extract_tb(error.__traceback__)
            script = os.path.basename(sys.argv[0])
            line = next((f.lineno for f in reversed(where) if os.path.basename(f.filename) == script), "?")
            print(f"FAILED {name} (line {line}): {type(error).__name__}: {error}", flush=True)
    sys.exit(1 if failed else 0)
