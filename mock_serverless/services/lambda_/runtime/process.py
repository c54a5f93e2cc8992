"""What a function sees of its process: environment variables, output, logging, its modules and its working directory.

All of these are the process' own, lent to the function while it runs. An environment's :class:`Process` is the place where its
guest is (core/guest.py), and what is lent is found there by whoever asks in the guest's threads: variables.py, output.py,
modules.py. So functions that run at once in several threads see each its own. The working directory alone is one for all
threads: it is that of the function which came first.

A function from a deployment package sees AWS's environment and its own variables only (and the few that the machine itself
needs). A Python callable was imported by the test in the test's environment, so there the function's variables lie on top of
the test's.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ....core import guest
from ....core.travel import stand_in
from . import machine, modules, output, variables
from .logs import Log, LogHandler
from .packages import Importer
from .stand_ins import by_id
from .storage import Storage

# what the machine under the function needs for itself: programs, temporary files, Windows' own
OF_THE_MACHINE = frozenset(
    ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT"]
)
_OF_THE_MACHINE = frozenset(variables.encoded(dict.fromkeys(OF_THE_MACHINE, "")))
_lock = threading.Lock()


class Process:
    """The process as one environment sees it; what its code has set stays for its next invocation.

    ``architecture`` as Lambda calls it; ``memory``, and ``storage`` for the size of its ``/tmp``, in MB; ``chain``: the functions
    that led to this invocation, and it itself.
    """

    chain: tuple[str, ...] = ()
    log: Log
    variables: dict[Any, Any]
    handlers: list[logging.Handler]
    level: int

    def __init__(
        self,
        given: Mapping[str, str],
        importer: Importer | None,
        handler: Callable[..., Any] | None,
        level: str | None,
        architecture: str,
        memory: int,
        storage: int,
    ) -> None:
        self.importer = importer
        self.access_key = given.get("AWS_ACCESS_KEY_ID", "")
        self.architecture = machine.NAMES[architecture]
        self.processors = machine.processors_of(memory)
        self.storage = Storage(storage)
        self.view: Any = None
        root = None if importer is None else importer.package.root
        self.folder = root if root is not None and os.path.isdir(root) else None
        self._given = variables.encoded(given)
        self._level: int | str | None = level or (None if importer is None else logging.WARNING)
        self._handler: LogHandler | None = None
        self._lent_handlers: list[logging.Handler] = []
        self._own_handlers: list[logging.Handler] | None = None
        self.names = [] if handler is None else _real_names(handler)

    def set(self, name: str, value: str) -> None:
        """Set an environment variable of the function."""
        self._given.update(variables.encoded({name: value}))

    @contextmanager
    def inside(self, log: Log) -> Iterator[None]:
        """Lend it to the function."""
        test = variables.outside()
        if self.importer is None:
            self.variables = {**test, **self._given}
        else:
            self.variables = {**{k: test[k] for k in _OF_THE_MACHINE if k in test}, **self._given}
        self._logging(log)
        with ExitStack() as stack:
            stack.callback(self._keep, test)
            stack.enter_context(guest.at(self))
            for enter, leave in _LENT:
                enter(self)
                stack.callback(leave, self)
            yield

    def _logging(self, log: Log) -> None:
        handlers, level = output.outside()
        self.log = log
        if self._handler is None:
            self._handler = LogHandler(log)
        self._handler.log = log
        own = [self._handler] if self._own_handlers is None else self._own_handlers
        self._lent_handlers = handlers = list(handlers)
        self.handlers = [*own, *handlers]
        self.level = level if self._level is None else logging._checkLevel(self._level)  # type: ignore[attr-defined]
        if self.level != level:
            output.forget_levels()

    def _keep(self, test: dict[Any, Any]) -> None:
        if self.importer is not None:
            after = list(self.variables.items())  # its threads may go on
            self._given = {k: v for k, v in after if k not in _OF_THE_MACHINE or v != test.get(k)}
            self._own_handlers = [h for h in self.handlers if h not in self._lent_handlers]
        if self.level != logging.root.level:
            output.forget_levels()
        if self._level is not None:
            self._level = self.level


# ---------------------------------------------------------------------- the working directory


@dataclass(slots=True)
class _Stay:
    """A function in its folder. ``before``: where the process was, when this one has moved it."""

    thread: int
    folder: str
    before: str | None = None


_stays: list[_Stay] = []


def _enter_folder(process: Process) -> None:
    """The process goes where the function is, unless a function of another thread has it in its folder."""
    if process.folder is not None:
        with _lock:
            stay = _Stay(threading.get_ident(), process.folder)
            if all(s.thread == stay.thread for s in _stays):
                stay.before = os.getcwd()
                os.chdir(stay.folder)
            _stays.append(stay)


def _leave_folder(process: Process) -> None:
    """Back to where the process was, or to the folder of a function that still runs in another thread."""
    if process.folder is None:
        return
    with _lock:
        me = threading.get_ident()
        stay = [s for s in _stays if s.thread == me][-1]
        _stays.remove(stay)
        before = stay.before
        if before is None:
            return
        if _stays and all(s.thread != me for s in _stays):
            for heir in [s for s in _stays if s.thread == _stays[0].thread]:
                heir.before, before = before, heir.folder
        os.chdir(before)


# ---------------------------------------------------------------------- names bound in advance

_lent: dict[tuple[int, str], int] = {}


def _lend_names(process: Process) -> None:
    """``from time import sleep`` in a callable's module was done long ago: its names are replaced for the while."""
    if process.names:
        with _lock:
            for space, name, _, virtual in process.names:
                key = id(space), name
                _lent[key] = _lent.get(key, 0) + 1
                space[name] = virtual


def _take_names_back(process: Process) -> None:
    """When nobody else has them: the stand-ins look at the calling thread."""
    if process.names:
        with _lock:
            for space, name, real, _ in process.names:
                key = id(space), name
                _lent[key] -= 1
                if not _lent[key]:
                    del _lent[key]
                    space[name] = real


def _real_names(handler: Callable[..., Any]) -> list[tuple[dict[str, Any], str, Any, Any]]:
    """Where the handler's module and its siblings have bound ``time.sleep`` and its like to names of their own."""
    module = getattr(handler, "__module__", None) or ""
    top = module.partition(".")[0]
    spaces = [vars(m) for n, m in list(sys.modules.items()) if top and (n == top or n.startswith(top + "."))]
    own = getattr(handler, "__globals__", None)
    if own is not None and not any(own is s for s in spaces):
        spaces.append(own)
    more = by_id(machine.STAND_INS)
    kinds = (type(len), type(_real_names))
    found = [
        (s, n, v, stand_in(v) or more.get(id(v)))
        for s in spaces
        for n, v in list(s.items())
        if type(v) in kinds and n != "__builtins__"
    ]
    return [entry for entry in found if entry[3] is not None]


_LENT: tuple[tuple[Callable[[Any], None], Callable[[Any], None]], ...] = (
    (variables.enter, variables.leave),
    (output.enter, output.leave),
    (modules.enter, modules.leave),
    (machine.enter, machine.leave),
    (_enter_folder, _leave_folder),
    (_lend_names, _take_names_back),
)
