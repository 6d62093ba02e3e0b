"""What an attack found, and work in a forked process."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Outcome", "ended", "forked"]


@dataclass
class Outcome:
    """How often something was tried, what came of it, and what was lost."""

    what: str
    how: str
    tried: int = 0
    found: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def add(self, kind: str, loss: str | None = None) -> None:
        """Count one try."""
        self.tried += 1
        self.found[kind] += 1
        if loss is not None:
            self.lost.append(f"{self.what}: {loss}")

    def _said(self) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in self.found.most_common())

    def line(self) -> str:
        """Return it for the terminal."""
        return f"{self.what}: {self.tried} tried, {self._said()}, {len(self.lost)} lost"

    def row(self) -> str:
        """Return it as a row of a table."""
        return f"| {self.what} | {self.how} | {self.tried} | {self._said()} | {len(self.lost) or 'nothing'} |\n"


def forked(work: Callable[[], None], output: int | None = None) -> int:
    """Start ``work`` in a forked process and return its number; status 0: done, 1: an error, 2: another exception."""
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR) if output is None else output
    os.dup2(null, 1)
    if output is None:
        os.dup2(null, 2)
    status = 2
    try:
        work()
        status = 0
    except BaseException as error:
        import nbm

        status = 1 if isinstance(error, nbm.NbmError) else 2
        if status == 2:
            traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(status)


def ended(child: int, seconds: float = 120.0) -> str:
    """Wait for a process: "0", "1", "SIGKILL", ..., or "hung", in which case it is killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else str(os.WEXITSTATUS(status))
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"
