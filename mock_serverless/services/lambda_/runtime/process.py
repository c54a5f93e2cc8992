"""What a function sees of its process: environment variables, output, logging, its modules and its working directory.

All of these are the process' own, lent to the function while it runs and put back after. A function from a deployment
package sees AWS's environment and its own variables only (and the few that the machine itself needs). A Python callable
was imported by the test in the test's environment, so there the function's variables lie on top of the test's.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ....core.travel import stand_in
from .logs import Log, LogHandler
from .packages import Importer

# what the machine under the function needs for itself: programs, temporary files, Windows' own
OF_THE_MACHINE = frozenset(
    ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT"]
)


class Process:
    """The process as one environment sees it; what its code has set stays for its next invocation."""

    def __init__(
        self,
        variables: Mapping[str, str],
        importer: Importer | None,
        handler: Callable[..., Any] | None,
        level: str | None,
    ) -> None:
        self.importer = importer
        self._variables = _encoded(variables)
        self._level: int | str | None = level or (None if importer is None else logging.WARNING)
        self._names = [] if handler is None else _real_names(handler)

    def set(self, name: str, value: str) -> None:
        """Set an environment variable of the function."""
        self._variables.update(_encoded({name: value}))

    @contextmanager
    def inside(self, log: Log) -> Iterator[None]:
        """Lend it to the function."""
        with ExitStack() as stack:
            for lend in (self._environment, self._output, self._logging, self._modules, self._stand_ins):
                stack.enter_context(lend(log))
            yield

    @contextmanager
    def _environment(self, log: Log) -> Iterator[None]:
        before = dict(_ENVIRON._data)
        if self.importer is None:
            _set_environment({**before, **self._variables})
        else:
            _set_environment({**{k: before[k] for k in _OF_THE_MACHINE if k in before}, **self._variables})
        try:
            yield
        finally:
            if self.importer is not None:
                after = _ENVIRON._data
                self._variables = {k: v for k, v in after.items() if k not in _OF_THE_MACHINE or v != before.get(k)}
            _set_environment(before)

    @contextmanager
    def _output(self, log: Log) -> Iterator[None]:
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = Output(sys.stdout, log), Output(sys.stderr, log)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    @contextmanager
    def _logging(self, log: Log) -> Iterator[None]:
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        root.handlers[:] = [LogHandler(log), *(h for h in handlers if not isinstance(h, LogHandler))]
        if self._level is not None:
            root.setLevel(self._level)
        try:
            yield
        finally:
            if self._level is not None:
                self._level = root.level
            root.handlers[:] = handlers
            root.setLevel(level)

    @contextmanager
    def _modules(self, log: Log) -> Iterator[None]:
        if self.importer is None:
            yield
            return
        root = self.importer.package.root
        before = os.getcwd() if os.path.isdir(root) else None
        self.importer.enter()
        try:
            if before is not None:
                os.chdir(root)
            yield
        finally:
            self.importer.leave()
            if before is not None:
                os.chdir(before)

    @contextmanager
    def _stand_ins(self, log: Log) -> Iterator[None]:
        """``from time import sleep`` in a callable's module was done long ago: its names are replaced for the while."""
        for names, name, _, virtual in self._names:
            names[name] = virtual
        try:
            yield
        finally:
            for names, name, real, _ in self._names:
                names[name] = real


# os.environ keeps its items encoded in _data (bytes on POSIX) and encodes and decodes at each touch; comparing and changing
# them as they are makes an invocation twice as fast
_ENVIRON: Any = os.environ


def _encoded(variables: Mapping[str, str]) -> dict[Any, Any]:
    return {_ENVIRON.encodekey(k): _ENVIRON.encodevalue(v) for k, v in variables.items()}


def _set_environment(wanted: Mapping[Any, Any]) -> None:
    data = _ENVIRON._data
    for name in [n for n in data if n not in wanted]:
        os.unsetenv(name)
        del data[name]
    for name, value in wanted.items():
        if data.get(name) != value:
            os.putenv(name, value)
            data[name] = value


_OF_THE_MACHINE = frozenset(_encoded(dict.fromkeys(OF_THE_MACHINE, "")))


def _real_names(handler: Callable[..., Any]) -> list[tuple[dict[str, Any], str, Any, Any]]:
    """Where the handler's module and its siblings have bound ``time.sleep`` and its like to names of their own."""
    module = getattr(handler, "__module__", None) or ""
    top = module.partition(".")[0]
    spaces = [vars(m) for n, m in list(sys.modules.items()) if top and (n == top or n.startswith(top + "."))]
    own = getattr(handler, "__globals__", None)
    if own is not None and not any(own is s for s in spaces):
        spaces.append(own)
    kind = type(len)
    found = [(s, n, v, stand_in(v)) for s in spaces for n, v in list(s.items()) if type(v) is kind]
    return [entry for entry in found if entry[3] is not None]


class Output:
    """Standard output or error of a function: written to its log, and shown where the process' own goes."""

    def __init__(self, outer: Any, log: Log) -> None:
        self._outer = outer
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outer, name)

    def write(self, text: str) -> int:
        """Write text."""
        self._log.write(text)
        if self._outer is not None:
            self._outer.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """No."""
        return False
