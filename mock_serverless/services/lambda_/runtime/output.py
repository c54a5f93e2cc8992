"""Standard output, standard error and the root logger, to each thread its own.

What stands in their place looks at the place of the guest that writes (core/guest.py). A place has ``log`` (the lines of the
invocation), ``handlers`` and ``level`` (those of the root logger). Everybody else's output and logging go where they went.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from ....core.guest import place

_lock = threading.Lock()
_there: dict[int, int] = {}
_real_enabled = logging.Logger.isEnabledFor


class Output:
    """Standard output or error: written to the log of the function that writes, and shown where the process' own goes."""

    def __init__(self, outer: Any) -> None:
        self.outer = outer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)

    def write(self, text: str) -> int:
        """Write text."""
        somewhere = place()
        if somewhere is not None:
            somewhere.log.write(text)
        if self.outer is not None:
            self.outer.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing waits in a function's log."""
        if place() is None and self.outer is not None:
            self.outer.flush()

    def isatty(self) -> bool:
        """No function's is; the process' own may be."""
        return place() is None and self.outer is not None and self.outer.isatty()


class Root(logging.RootLogger):
    """The root logger, with the handlers and the level of the place where it is asked."""

    @property
    def handlers(self) -> list[logging.Handler]:
        """Where the records go."""
        found: list[logging.Handler] = (place() or self).__dict__["handlers"]
        return found

    @handlers.setter
    def handlers(self, handlers: list[logging.Handler]) -> None:
        (place() or self).__dict__["handlers"] = handlers

    @property
    def level(self) -> int:
        """Records below it are dropped."""
        found: int = (place() or self).__dict__["level"]
        return found

    @level.setter
    def level(self, level: int) -> None:
        (place() or self).__dict__["level"] = level


def enter(somewhere: Any) -> None:
    """This thread writes for a place from now on."""
    root: Any = logging.root
    with _lock:
        me = threading.get_ident()
        _there[me] = _there.get(me, 0) + 1
        if not isinstance(sys.stdout, Output):
            sys.stdout = Output(sys.stdout)
        if not isinstance(sys.stderr, Output):
            sys.stderr = Output(sys.stderr)
        if type(root) is logging.RootLogger:
            root.__class__ = Root
        if len(_there) == 2:
            logging.Logger.isEnabledFor = _enabled  # type: ignore[method-assign, assignment]
            forget_levels()


def leave(somewhere: Any) -> None:
    """This thread writes for the place where it was before."""
    root: Any = logging.root
    with _lock:
        me = threading.get_ident()
        _there[me] -= 1
        if _there[me]:
            return
        del _there[me]
        if len(_there) < 2 and logging.Logger.isEnabledFor is _enabled:
            logging.Logger.isEnabledFor = _real_enabled  # type: ignore[method-assign]
            forget_levels()
        if _there:
            return
        while isinstance(sys.stdout, Output):
            sys.stdout = sys.stdout.outer
        while isinstance(sys.stderr, Output):
            sys.stderr = sys.stderr.outer
        if isinstance(root, Root):
            kind: Any = logging.RootLogger
            root.__class__ = kind


def outside() -> tuple[list[logging.Handler], int]:
    """The root logger's handlers and its level as the test has them."""
    own = vars(logging.root)
    return own["handlers"], own["level"]


def forget_levels() -> None:
    """Loggers keep in mind what is enabled; that isn't so any longer."""
    logging.root.manager._clear_cache()  # type: ignore[attr-defined]


def _enabled(logger: logging.Logger, level: int) -> bool:
    """Stands in for ``Logger.isEnabledFor``, which keeps in mind what was so in another thread."""
    if place() is None:
        return _real_enabled(logger, level)
    return not logger.disabled and level > logger.manager.disable and level >= logger.getEffectiveLevel()
