"""The machine that a function sees: its architecture, its processors, and the size of its ``/tmp`` (storage.py).

https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html: ``x86_64`` and ``arm64``; Linux calls the latter aarch64.
What stands in for functions of ``os`` and ``platform`` is there while any function runs, and looks at the place of the guest
which asks (core/guest.py). A place has ``architecture``, as Linux calls it, ``processors``, and ``storage``.
"""

from __future__ import annotations

import os
import platform
from typing import Any

from ....core import guest
from . import storage
from .stand_ins import Table, put_in_place, real, take_away

NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of an architecture -> Linux's."""

PROCESSORS = ((8846, 6), (7077, 5), (5308, 4), (3009, 3), (0, 2))
"""Memory in MB from which on there are so many processors, as users have measured (github.com/rwnx/lambda-cpuinfo)."""


def processors_of(memory: int) -> int:
    """How many processors a function with so much memory sees."""
    return next(count for least, count in PROCESSORS if memory >= least)


def _cpu_count() -> int | None:
    """Stands in for ``os.cpu_count``."""
    here = guest.place()
    return real(os, "cpu_count")() if here is None else int(here.processors)


def _sched_getaffinity(pid: int, /) -> set[int]:
    """Stands in for ``os.sched_getaffinity``."""
    here = guest.place()
    own = here is not None and pid in (0, os.getpid())
    found: set[int] = set(range(here.processors)) if own and here is not None else real(os, "sched_getaffinity")(pid)
    return found


def _machine() -> str:
    """Stands in for ``platform.machine``."""
    here = guest.place()
    return real(platform, "machine")() if here is None else str(here.architecture)


def _processor() -> str:
    """Stands in for ``platform.processor``."""
    here = guest.place()
    return real(platform, "processor")() if here is None else str(here.architecture)


def _uname() -> platform.uname_result:
    """Stands in for ``platform.uname``."""
    here = guest.place()
    with guest.at(None):  # it remembers what it finds, for everybody
        found: platform.uname_result = real(platform, "uname")()
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
        found: str = real(platform, "platform")(*args, **kwargs)
        machine: str = real(platform, "machine")()
    return found if here is None or not machine else found.replace(machine, here.architecture)


def _os_uname() -> Any:
    """Stands in for ``os.uname``."""
    found, here = real(os, "uname")(), guest.place()
    return found if here is None else os.uname_result((*found[:4], here.architecture))


def _exit(status: int = 0) -> None:
    """Stands in for ``os._exit``: a function's process ends, not the test's. (``finally`` is run, which it isn't on AWS.)"""
    if guest.place() is None or os.getpid() != _pid:  # a child process of the function's ends as such
        real(os, "_exit")(status)
    raise SystemExit(status)


_pid = 0
STAND_INS: Table = (
    (os, "_exit", _exit),
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


def enter(process: Any) -> None:
    """A function runs."""
    global _pid
    _pid = os.getpid()
    put_in_place(STAND_INS)


def leave(process: Any) -> None:
    """It has ended."""
    take_away()
