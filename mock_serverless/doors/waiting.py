"""Waiting inside the SDK costs virtual time: retries' back-off (its jitter seeded), waiters, the adaptive mode's rate limiter.

botocore and aiobotocore sleep in a handful of places, each through a name of its module; while a cloud is open these
names are ours. A call which the mock leaves alone (``passthrough``) waits for real.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from typing import Any

import botocore.endpoint
import botocore.retries.bucket
import botocore.retries.standard
import botocore.retryhandler
import botocore.waiter

from ..core.current import cloud_of_this_thread

_here = threading.local()


def note_passthrough(passed: bool) -> None:
    """The last call of this thread was left alone, or not."""
    _here.passed = passed


def sleep(seconds: float) -> None:
    """Wait: virtually, when this thread's calls are answered by a cloud."""
    cloud = cloud_of_this_thread()
    if cloud is None or getattr(_here, "passed", False):
        time.sleep(seconds)
    else:
        cloud.sleep(seconds)


async def async_sleep(seconds: float, *rest: Any) -> None:
    """As :func:`sleep`, for aiobotocore."""
    cloud = cloud_of_this_thread()
    if cloud is None or getattr(_here, "passed", False):
        await asyncio.sleep(seconds)
    else:
        cloud.sleep(seconds)
        await asyncio.sleep(0)


class _Module:
    """A module with its sleep replaced (and its time, where the rate limiter reads it)."""

    def __init__(self, module: Any, **names: Any) -> None:
        self.__dict__.update(names)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _virtual_time() -> float:
    cloud = cloud_of_this_thread()
    return time.time() if cloud is None else cloud.clock.timestamp()


def _acquire(self: Any, amount: float, block: bool) -> Any:
    """The token bucket of the adaptive retry mode, its waiting done before it looks."""
    if block and cloud_of_this_thread() is not None and self._fill_rate is not None:
        self._refill()
        if amount > self._current_capacity:
            sleep(self._sleep_amount(amount) + 1e-3)
    return _original_acquire(self, amount, block)


def _virtual_random() -> float:
    cloud = cloud_of_this_thread()
    return random.random() if cloud is None else cloud.ids.random.random()


def _delay_amount(self: Any, context: Any) -> Any:
    """The back-off of the standard retry mode, its jitter from the cloud's seed."""
    self._random = _virtual_random
    return _original_delay_amount(self, context)


_original_delay_amount = botocore.retries.standard.ExponentialBackoff.delay_amount
_original_acquire = botocore.retries.bucket.TokenBucket._acquire
_time = _Module(time, sleep=sleep)
_asyncio = _Module(asyncio, sleep=async_sleep)

PLACES: list[tuple[Any, str, Any]] = [
    (botocore.endpoint, "time", _time),
    (botocore.waiter, "time", _time),
    (botocore.retries.bucket, "time", _Module(time, sleep=sleep, time=_virtual_time)),
    (botocore.retries.bucket.TokenBucket, "_acquire", _acquire),
    (botocore.retries.standard.ExponentialBackoff, "delay_amount", _delay_amount),
    (botocore.retryhandler, "random", _Module(random, random=_virtual_random)),
]
_replaced: list[tuple[Any, str, Any]] = []
_async_modules: Any = None


def install() -> None:
    """Make waiting virtual."""
    for place, name, replacement in PLACES:
        _replaced.append((place, name, getattr(place, name)))
        setattr(place, name, replacement)
    install_async()


def install_async() -> None:
    """The same in aiobotocore, when it is there (it may be imported while a cloud is open)."""
    endpoint, waiter = sys.modules.get("aiobotocore.endpoint"), sys.modules.get("aiobotocore.waiter")
    if endpoint is None or getattr(endpoint, "asyncio", None) is _asyncio:
        return
    for module in (endpoint, waiter):
        if module is None:
            continue
        _replaced.append((module, "asyncio", module.asyncio))
        module.asyncio = _asyncio  # type: ignore[attr-defined]
        for name in ("AnyioEndpoint", "AnyioWaiter"):
            kind = getattr(module, name, None)
            if kind is not None:
                _replaced.append((kind, "_sleep", kind.__dict__["_sleep"]))
                kind._sleep = lambda self, seconds: async_sleep(seconds)


def uninstall() -> None:
    """Make it real again."""
    while _replaced:
        place, name, original = _replaced.pop()
        setattr(place, name, original)
    _here.passed = False
