"""What the scripts share: an error is one line on stderr, and the exit status tells its kind."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from typing import NoReturn

FAILURE, BAD_INPUT, INTERRUPTED = 1, 2, 130
BAD_PATH = (
    FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError,
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """An argparse parser that leaves the usage to --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: error: {message}\n")


def count(text: str) -> int:
    """A whole number from 1, for argparse."""
    number = int(text) if text.strip().isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return number


def matching(words: list[str], names: Iterable[str]) -> list[str]:
    """The names that have one of the words in them, or all. Raises: ValueError for a word that is in none."""
    every = list(names)
    for word in words:
        if not any(word in name for name in every):
            raise ValueError(f"expected a word of {every[0]!r} or another name, got {word!r}")
    return [name for name in every if not words or any(word in name for word in words)]


def printable(text: str) -> str:
    """A text from outside with its control characters escaped, which a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def open_streams() -> None:
    """Puts an open stream in the place of each standard one that is closed, so that nothing that is printed fails.

    A character that a terminal's encoding does not have is shown escaped.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  # for the rest of the process
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(main: Callable[[], int], failed: Callable[[int], object] = int) -> int:
    """The exit status of `main`: 2 for bad input, 1 for what failed on the way, 130 for Ctrl-C.

    When it has failed, and that has been said, `failed` is called with the status.
    """
    open_streams()
    try:
        status = main()
        sys.stdout.flush()  # here, where it can still be reported that this failed
        return status
    except (KeyboardInterrupt, OSError, ValueError, FloatingPointError, MemoryError) as error:
        status = report(error)
    try:
        sys.stdout.flush()
    except OSError:  # Python would try once more on its way out, and complain at length
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    failed(status)
    return status


def report(error: BaseException) -> int:
    """Says what failed, in one line on stderr, and returns its exit status."""
    match error:
        case KeyboardInterrupt():
            status, message = INTERRUPTED, "interrupted"
        case OSError():
            status = BAD_INPUT if isinstance(error, BAD_PATH) else FAILURE
            named = error.filename is not None and error.strerror is not None
            message = f"{error.filename}: {error.strerror}" if named else str(error)
        case ValueError():
            status, message = BAD_INPUT, str(error)
        case _:
            status, message = FAILURE, str(error) or "out of memory"
    line = printable(" ".join(message.splitlines()))
    print(f"{os.path.basename(sys.argv[0])}: error: {line}", file=sys.stderr)
    return status
