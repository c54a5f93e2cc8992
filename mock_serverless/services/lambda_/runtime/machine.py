"""The machine that a function sees: its architecture, its processors, and the size of its ``/tmp`` (storage.py).

https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html: ``x86_64`` and ``arm64``; Linux calls the latter aarch64.
What stands in for functions of ``os`` and ``platform`` is there while any function runs, and looks at the place of the guest
which asks (core/guest.py). A place has ``architecture``, as Linux calls it, ``processors``, and ``storage``.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from typing import Any

from ....core import guest
from . import storage

NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of an architecture -> Linux's."""

_lock = threading.Lock()
_inside = 0
_replaced: list[tuple[Any, str, Any]] = []
_real_uname, _real_platform, _real_os_uname = platform.uname, platform.platform, getattr(os, "uname", None)
_real_cpu_count, _real_affinity = os.cpu_count, getattr(os, "sched_getaffinity", None)
_real_machine, _real_processor = platform.machine, platform.processor


PROCESSORS = ((8846, 6), (7077, 5), (5308, 4), (3009, 3), (0, 2))
"""Memory in MB from which on there are so many processors, as users have measured (github.com/rwnx/lambda-cpuinfo)."""


def processors_of(memory: int) -> int:
    """How many processors a function with so much memory sees."""
    return next(count for least, count in PROCESSORS if memory >= least)


def _cpu_count() -> int | None:
    """Stands in for ``os.cpu_count``."""
    here = guest.place()
    return _real_cpu_count() if here is None else int(here.processors)


def _sched_getaffinity(pid: int, /) -> set[int]:
    """Stands in for ``os.sched_getaffinity``."""
    here = guest.place()
    assert _real_affinity is not None
    own = here is not None and pid in (0, os.getpid())
    found: set[int] = set(range(here.processors)) if own and here is not None else _real_affinity(pid)
    return found


def _machine() -> str:
    """Stands in for ``platform.machine``."""
    here = guest.place()
    return _real_machine() if here is None else str(here.architecture)


def _processor() -> str:
    """Stands in for ``platform.processor``."""
    here = guest.place()
    return _real_processor() if here is None else str(here.architecture)


def _uname() -> platform.uname_result:
    """Stands in for ``platform.uname``."""
    here = guest.place()
    with guest.at(None):  # it remembers what it finds, for everybody
        found = _real_uname()
    if here is None:
        return found
    own: Any = platform.uname_result
    result: platform.uname_result = own(found.system, found.node, found.release, found.version, here.architecture)
    vars(result)["processor"] = here.architecture
    return result


def _platform(*args: Any, **kwargs: Any) -> str:
    """Stands in for ``platform.platform``."""
    here = guest.place()
    with guest.at(None):
        found, machine = _real_platform(*args, **kwargs), _real_machine()
    return found if here is None or not machine else found.replace(machine, here.architecture)


def _os_uname() -> Any:
    """Stands in for ``os.uname``."""
    assert _real_os_uname is not None
    found, here = _real_os_uname(), guest.place()
    return found if here is None else os.uname_result((*found[:4], here.architecture))


_STAND_INS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (platform, "machine", _machine),
    (platform, "processor", _processor),
    (platform, "uname", _uname),
    (platform, "platform", _platform),
    (os, "uname", _os_uname),
    (os, "cpu_count", _cpu_count),
    (os, "process_cpu_count", _cpu_count),
    (os, "sched_getaffinity", _sched_getaffinity),
    *storage.STAND_INS,
)
_KNOWN = [(module, name, getattr(module, name), new) for module, name, new in _STAND_INS if hasattr(module, name)]
_by_id = {id(real): new for _, _, real, new in _KNOWN}


def stand_in(function: Any) -> Callable[..., Any] | None:
    """What stands in for a real function, for names that were bound by ``from platform import machine`` before."""
    return _by_id.get(id(function))


def enter(process: Any) -> None:
    """A function runs: put the stand-ins in place, but where somebody else (a test's patch) has put something."""
    global _inside
    with _lock:
        _inside += 1
        if _inside == 1:
            for module, name, real, new in _KNOWN:
                if getattr(module, name) is real:
                    _replaced.append((module, name, new))
                    setattr(module, name, staticmethod(new) if isinstance(module, type) else new)


def leave(process: Any) -> None:
    """It has ended."""
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            while _replaced:
                module, name, new = _replaced.pop()
                if getattr(module, name) is new:
                    setattr(module, name, _REAL[module.__name__, name])


_REAL = {(module.__name__, name): real for module, name, real, _ in _KNOWN}
