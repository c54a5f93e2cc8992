"""Waiting inside the SDK costs virtual time: retries' back-off, waiters, the adaptive mode's rate limiter.

botocore and aiobotocore sleep in a handful of places, each through a name of its module; while a cloud is open these
names are ours. A call which the mock leaves alone (``passthrough``) waits for real. Likewise for chance: the jitter of the
back-off and idempotency tokens come from the cloud's seed.
"""

from __future__ import annotations

import asyncio
import importlib
import random
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.endpoint
import botocore.handlers
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
        await _let_others_run()


async def _let_others_run() -> None:
    if asyncio.events._get_running_loop() is not None:
        await asyncio.sleep(0)
    else:  # trio, by way of anyio
        await importlib.import_module("anyio.lowlevel").checkpoint()


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
    seconds = _shortage(self, amount, block)
    if seconds:
        sleep(seconds)
    return _original_acquire(self, amount, block)


def _async_acquire(original: Any) -> Any:
    async def _acquire(self: Any, amount: float, block: bool) -> Any:
        seconds = _shortage(self, amount, block)
        if seconds:
            await async_sleep(seconds)
        return await original(self, amount, block)

    return _acquire


def _shortage(bucket: Any, amount: float, block: bool) -> float:
    """How many seconds a token bucket must wait."""
    if cloud_of_this_thread() is None:
        return 0.0
    bucket._refill()
    if not block or amount <= bucket._current_capacity:
        return 0.0
    return float(bucket._sleep_amount(amount)) + 1e-3


def _refilling(original: Any) -> Any:
    def _refill(self: Any) -> None:
        """A bucket's last time may have been another cloud's, or the machine's, and be ahead of now."""
        _buckets.add(self)
        now = self._clock.current_time()
        if self._last_timestamp is not None and self._last_timestamp > now:
            self._last_timestamp = now
        original(self)

    return _refill


_buckets: weakref.WeakSet[Any] = weakref.WeakSet()
"""Token buckets that have seen virtual time."""


def _virtual_random() -> float:
    cloud = cloud_of_this_thread()
    return random.random() if cloud is None else cloud.ids.random.random()


def _delay_amount(self: Any, context: Any) -> Any:
    """The back-off of the standard retry mode, its jitter from the cloud's seed."""
    with _lent(self, "_random", _virtual_random):
        return _original_delay_amount(self, context)


@contextmanager
def _lent(owner: Any, name: str, function: Any) -> Iterator[None]:
    """The object has our function in place of its own, where it has one."""
    own = vars(owner).get(name)
    if own is None:
        yield
        return
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, own)


def _virtual_uuid() -> uuid.UUID:
    cloud = cloud_of_this_thread()
    return uuid.uuid4() if cloud is None else uuid.UUID(cloud.ids.uuid())


def _needs_retry(self: Any, **kwargs: Any) -> Any:
    """The handler of the standard retry mode, which (in newer ones) sleeps itself where a poll is out of retries."""
    with _lent(self, "_sleep", sleep):
        return _original_needs_retry(self, **kwargs)


def _async_needs_retry(original: Any) -> Any:
    async def needs_retry(self: Any, **kwargs: Any) -> Any:
        with _lent(self, "_sleep", async_sleep):
            return await original(self, **kwargs)

    return needs_retry


_original_needs_retry = botocore.retries.standard.RetryHandler.needs_retry
_original_delay_amount = botocore.retries.standard.ExponentialBackoff.delay_amount
_original_acquire = botocore.retries.bucket.TokenBucket._acquire
_time = _Module(time, sleep=sleep)
_asyncio = _Module(asyncio, sleep=async_sleep)

PLACES: list[tuple[Any, str, Any]] = [
    (botocore.endpoint, "time", _time),
    (botocore.waiter, "time", _time),
    (botocore.retries.bucket, "time", _Module(time, sleep=sleep, time=_virtual_time)),
    (botocore.retries.bucket.TokenBucket, "_acquire", _acquire),
    (botocore.retries.bucket.TokenBucket, "_refill", _refilling(botocore.retries.bucket.TokenBucket._refill)),
    (botocore.retries.standard.ExponentialBackoff, "delay_amount", _delay_amount),
    (botocore.retries.standard.RetryHandler, "needs_retry", _needs_retry),
    (botocore.handlers, "uuid", _Module(uuid, uuid4=_virtual_uuid)),
    (botocore.retryhandler, "random", _Module(random, random=_virtual_random)),
]
_replaced: list[tuple[Any, str, Any]] = []


def install() -> None:
    """Make waiting virtual."""
    for place in PLACES:
        _replace(*place)
    install_async()


def install_async() -> None:
    """The same in aiobotocore, when it is there (it may be imported while a cloud is open)."""
    endpoint: Any = sys.modules.get("aiobotocore.endpoint")
    if endpoint is None or endpoint.asyncio is _asyncio or "aiobotocore.session" not in sys.modules:
        return
    waiter, bucket, standard = (
        sys.modules[f"aiobotocore.{name}"] for name in ("waiter", "retries.bucket", "retries.standard")
    )
    for module, name in ((endpoint, "AnyioEndpoint"), (waiter, "AnyioWaiter")):
        _replace(module, "asyncio", _asyncio)
        if hasattr(module, name):
            _replace(getattr(module, name), "_sleep", lambda self, seconds: async_sleep(seconds))
    for kind, method, wrapped in (
        (bucket.AsyncTokenBucket, "_acquire", _async_acquire),
        (bucket.AsyncTokenBucket, "_refill", _refilling),
        (standard.AioRetryHandler, "needs_retry", _async_needs_retry),
    ):
        _replace(kind, method, wrapped(getattr(kind, method)))


def _replace(place: Any, name: str, replacement: Any) -> None:
    _replaced.append((place, name, place.__dict__[name]))
    setattr(place, name, replacement)


def uninstall() -> None:
    """Make it real again."""
    while _replaced:
        place, name, original = _replaced.pop()
        setattr(place, name, original)
    for bucket in _buckets:
        bucket._last_timestamp = None
    _buckets.clear()
    _here.passed = False
