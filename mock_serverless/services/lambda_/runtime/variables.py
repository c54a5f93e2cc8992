"""Environment variables, to each thread its own: ``os.environ`` looks at the place of the guest that asks (core/guest.py).

A place has ``variables``, a dict as ``os.environ`` keeps it (encoded: bytes on POSIX). Beneath ``os.environ`` the process has one
table of its own, which C code and child processes see. That one shows the variables of the thread that was there first, and
of the next one when it leaves. Child processes that another thread starts with ``subprocess`` get their variables, and their
working directory, as arguments.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from ....core.guest import place

_ENVIRON: Any = os.environ
_ENCODED: list[Any] = [os.environ, *([os.environb] if os.supports_bytes_environ else [])]
_real_putenv, _real_unsetenv = os.putenv, os.unsetenv
_real_popen = subprocess.Popen.__init__
_lock = threading.Lock()
_there: dict[int, list[Any]] = {}
"""The places that are entered, by thread, in the order in which the threads came."""
_shown: Any = None


def encoded(variables: Mapping[str, str]) -> dict[Any, Any]:
    """As ``os.environ`` keeps them; comparing and changing them as they are makes an invocation twice as fast."""
    return {_ENVIRON.encodekey(k): _ENVIRON.encodevalue(v) for k, v in variables.items()}


class Variables(MutableMapping[Any, Any]):
    """What ``os.environ`` has its items in, while anybody is at a place."""

    def __init__(self, outside: dict[Any, Any]) -> None:
        self.outside = outside

    def _here(self) -> dict[Any, Any]:
        somewhere = place()
        found: dict[Any, Any] = self.outside if somewhere is None else somewhere.variables
        return found

    def __getitem__(self, key: Any) -> Any:
        return self._here()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._here()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._here()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._here())

    def __len__(self) -> int:
        return len(self._here())


def outside() -> dict[Any, Any]:
    """The variables of the test."""
    data: Any = _ENVIRON._data
    found: dict[Any, Any] = data.outside if isinstance(data, Variables) else data
    return found


def enter(somewhere: Any) -> None:
    """This thread is at a place from now on."""
    with _lock:
        if not _there:
            stand_in = Variables(outside())
            for environ in _ENCODED:
                environ._data = stand_in
        _there.setdefault(threading.get_ident(), []).append(somewhere)
        if len(_there) == 2:
            _watch_others()
        _show()


def leave(somewhere: Any) -> None:
    """This thread is where it was before."""
    with _lock:
        me = threading.get_ident()
        _there[me].pop()
        if not _there[me]:
            del _there[me]
        _show()
        if len(_there) < 2:
            _watch_nobody()
        if not _there:
            before = outside()
            for environ in _ENCODED:
                environ._data = before


def is_shown(somewhere: Any) -> bool:
    """Is the process' own table that of this place (None: that of the test)?"""
    return _shown is somewhere


def _show() -> None:
    global _shown
    wanted = next(iter(_there.values()))[-1] if _there else None
    if wanted is _shown:
        return
    before = outside() if _shown is None else _shown.variables
    after = outside() if wanted is None else wanted.variables
    for name in list(before):
        if name not in after:
            _real_unsetenv(name)
    for name, value in list(after.items()):
        if before.get(name) != value:
            _real_putenv(name, value)
    _shown = wanted


# ---------------------------------------------------------------------- while there are several


def _watch_others() -> None:
    os.putenv, os.unsetenv = _putenv, _unsetenv
    subprocess.Popen.__init__ = _popen  # type: ignore[method-assign, assignment]


def _watch_nobody() -> None:
    if os.putenv is _putenv:
        os.putenv, os.unsetenv = _real_putenv, _real_unsetenv
        subprocess.Popen.__init__ = _real_popen  # type: ignore[method-assign]


def _putenv(name: Any, value: Any, /) -> None:
    if is_shown(place()):
        _real_putenv(name, value)


def _unsetenv(name: Any, /) -> None:
    if is_shown(place()):
        _real_unsetenv(name)


def _popen(process: Any, *args: Any, **kwargs: Any) -> None:
    """Stands in for ``subprocess.Popen.__init__``, whose 10th and 11th arguments are ``cwd`` and ``env``."""
    somewhere = place()
    if not is_shown(somewhere):
        if len(args) < 11 and kwargs.get("env") is None:
            kwargs["env"] = dict(os.environ)
        folder = None if somewhere is None else somewhere.folder
        if len(args) < 10 and kwargs.get("cwd") is None and folder is not None:
            kwargs["cwd"] = folder
    _real_popen(process, *args, **kwargs)
