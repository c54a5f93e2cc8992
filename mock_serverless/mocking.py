"""``mock_cloud``: context manager, async context manager and decorator in one.

Entering makes a new :class:`Cloud` and opens the doors (the SDK's hooks, the HTTP clients', the environment) when it is the
first that is open; leaving closes them after the last. Nesting gives an inner world of its own, and the outer one serves again
when it ends; the same object can be entered again, also while it is open, and gives a new cloud each time.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .core import current
from .core.errors import BackgroundFailure, BackgroundFailureWarning

if TYPE_CHECKING:
    from .cloud import Cloud

T = TypeVar("T", bound=Callable[..., Any])

_lock = threading.Lock()
_installed: list[Any] = []


class MockCloud:
    """What ``mock_cloud(...)`` gives; see there for the options."""

    def __init__(self, options: dict[str, Any], strict: bool, region: str | None) -> None:
        self._options = options
        self._strict = strict
        self._region = region
        self._entered: list[tuple[int, Cloud]] = []

    # ------------------------------------------------------------------ context manager

    def __enter__(self) -> Cloud:
        """A new cloud, which serves this thread (and those that have entered none) until the exit."""
        from .cloud import REGION, Cloud
        from .doors import session

        with _lock:
            region = self._region or session.default_region() or REGION
            cloud = Cloud(region=region, **self._options)
            if not _installed:
                _installed.append(_open_doors())
            _installed[0].set_region(region)
            current.enter(cloud)
        self._entered.append((threading.get_ident(), cloud))
        return cloud

    def __exit__(self, kind: Any = None, error: Any = None, traceback: Any = None) -> None:
        """The end of the cloud; reports what failed in the background and was never looked at."""
        cloud = self._last_entered()
        cloud.clock.freeze()
        cloud.closed = True
        with _lock:
            left = current.leave(cloud)
            if left == 0:
                _close_doors(_installed.pop())
            else:
                _installed[0].set_region(current.open_clouds()[-1].region)
        if cloud.failures:
            _report(cloud, self._strict, error)

    async def __aenter__(self) -> Cloud:
        """As ``with``."""
        return self.__enter__()

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        """As ``with``."""
        self.__exit__(kind, error, traceback)

    def _last_entered(self) -> Cloud:
        me = threading.get_ident()
        mine = [i for i, (thread, _) in enumerate(self._entered) if thread == me]
        return self._entered.pop(mine[-1] if mine else -1)[1]

    def again(self) -> MockCloud:
        """Another one with the same options, so that those which overlap don't close each other's cloud."""
        return MockCloud(self._options, self._strict, self._region)

    # ------------------------------------------------------------------ decorator

    def __call__(self, target: T) -> T:
        """Decorate a function (sync, async or generator) or a class; each call, each test, gets a new cloud."""
        decorated: T = (_decorate_class if inspect.isclass(target) else _decorate)(target, self)
        return decorated


def _report(cloud: Cloud, strict: bool, error: BaseException | None = None) -> None:
    """Say what failed in the background; when the body has raised ``error`` itself, as a note on that."""
    texts = [f"{title}\n{detail}".strip() for title, detail in cloud.failures.values()]
    cloud.failures.clear()
    message = f"{len(texts)} failed in the background, and nobody looked:\n\n" + "\n\n".join(texts)
    if error is not None and hasattr(error, "add_note"):  # since Python 3.11
        error.add_note(message)
    elif error is not None:
        with suppress(BackgroundFailureWarning):
            warnings.warn(message, BackgroundFailureWarning, stacklevel=3)
    elif strict:
        raise BackgroundFailure(message)
    else:
        warnings.warn(message, BackgroundFailureWarning, stacklevel=3)


@overload
def mock_cloud(target: T, /) -> T: ...
@overload
def mock_cloud(
    *,
    clock: datetime | None = None,
    time: str = "tick",
    seed: int | str = 0,
    account: str = "123456789012",
    region: str | None = None,
    passthrough: Sequence[str] = (),
    throttle: bool = False,
    strict: bool = False,
) -> MockCloud: ...
def mock_cloud(
    target: Any = None,
    /,
    *,
    clock: datetime | None = None,
    time: str = "tick",
    seed: int | str = 0,
    account: str = "123456789012",
    region: str | None = None,
    passthrough: Sequence[str] = (),
    throttle: bool = False,
    strict: bool = False,
) -> Any:
    """A fake of AWS: ``with mock_cloud() as cloud``, ``async with``, ``@mock_cloud`` or ``@mock_cloud(...)``.

    clock        a datetime: virtual time is frozen there (a naive one counts as UTC). Default: ticks with the machine.
    time         ``"skip"``: polling for unfinished work jumps to the next thing due. Default ``"tick"``.
    seed         of all ids and chances; the same seed and the same calls give the same run.
    account      twelve digits: whose credentials the default ones are.
    region       the default region; default: the environment's, else us-east-1.
    passthrough  services ("s3") or endpoint URLs ("http://localhost:8000") that are left alone.
    throttle     rates and capacities are enforced: DynamoDB's throughput, and how often AWS lets some settings be changed.
    strict       what failed in the background and was never looked at raises BackgroundFailure at the end (default: it warns).
    """
    if target is not None and not callable(target) and not isinstance(target, classmethod):
        raise TypeError(f"mock_cloud takes options by name; {target!r} is neither a function nor a class to decorate")
    options = {"clock": clock, "time": time, "seed": seed, "account": account, "passthrough": passthrough}
    options["throttle"] = throttle
    if isinstance(passthrough, str):
        raise TypeError(f"passthrough is a list of names: passthrough=[{passthrough!r}]")
    if not all(isinstance(name, str) for name in passthrough):
        raise TypeError(f"passthrough names services and URLs as texts, not {list(passthrough)!r}")
    mock = MockCloud(options, strict, region)
    return mock if target is None else mock(target)


# ---------------------------------------------------------------------- the doors


def _open_doors() -> Any:
    from .doors import http, sdk, session

    installed = session.Installed()
    sdk.install()
    http.install()
    return installed


def _close_doors(installed: Any) -> None:
    from .doors import http, sdk

    http.uninstall()
    sdk.uninstall()
    installed.undo()


# ---------------------------------------------------------------------- decorating


def _decorate(function: Any, mock: MockCloud) -> Any:
    if isinstance(
        function, (staticmethod, classmethod)
    ):  # above the decorator that makes it one, or below: it is the same
        return type(function)(_decorate(function.__func__, mock))
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            with mock.again():
                delegate = function(*args, **kwargs)
                try:
                    value = await delegate.asend(None)
                    while True:
                        try:
                            sent = yield value
                        except GeneratorExit:
                            raise
                        except BaseException as e:
                            value = await delegate.athrow(e)
                        else:
                            value = await delegate.asend(sent)
                except StopAsyncIteration:
                    return
                finally:
                    await delegate.aclose()

        return async_generator
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with mock.again():
                return (yield from function(*args, **kwargs))

        return generator
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with mock.again():
                return await function(*args, **kwargs)

        return coroutine

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with mock.again():
            return function(*args, **kwargs)

    return plain


def _decorate_class(cls: Any, mock: MockCloud) -> Any:
    if hasattr(cls, "setUp") and hasattr(cls, "run"):
        return _decorate_test_case(cls, mock)
    names = [n for n in dir(cls) if n.startswith("test") and _is_method(inspect.getattr_static(cls, n))]
    for name in names or [n for n, v in vars(cls).items() if not n.startswith("_") and _is_method(v)]:
        found = inspect.getattr_static(cls, name)
        setattr(cls, name, (_decorate_method if inspect.isfunction(found) else _decorate)(found, mock))
    if hasattr(cls, "setup_method") or hasattr(cls, "teardown_method"):
        _decorate_setup(cls, mock)
    return cls


def _is_method(member: Any) -> bool:
    return inspect.isfunction(member) or isinstance(member, (staticmethod, classmethod))


def _decorate_method(method: Any, mock: MockCloud) -> Any:
    """As :func:`_decorate`, except where the instance's ``setup_method`` has entered the mock already."""
    mocked = _decorate(method, mock)

    @functools.wraps(method)
    def choose(self: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = method if getattr(self, "_mock_cloud_entered", None) else mocked
        return chosen(self, *args, **kwargs)

    if not inspect.iscoroutinefunction(method):
        return choose

    @functools.wraps(method)
    async def choose_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await choose(self, *args, **kwargs)

    return choose_async


def _decorate_setup(cls: Any, mock: MockCloud) -> None:
    """pytest's setup_method and teardown_method of a plain class see the same cloud as the test between them."""
    setup, teardown = getattr(cls, "setup_method", None), getattr(cls, "teardown_method", None)

    def setup_method(self: Any, method: Any = None) -> None:
        self._mock_cloud_entered = mine = mock.again()
        mine.__enter__()
        if setup is not None:
            _call_with_method(setup, self, method)

    def teardown_method(self: Any, method: Any = None) -> None:
        try:
            if teardown is not None:
                _call_with_method(teardown, self, method)
        finally:
            mine, self._mock_cloud_entered = self._mock_cloud_entered, None
            mine.__exit__()

    cls.setup_method, cls.teardown_method = setup_method, teardown_method


def _call_with_method(function: Any, self: Any, method: Any) -> None:
    takes_method = len(inspect.signature(function).parameters) > 1
    function(self, method) if takes_method else function(self)


def _decorate_test_case(cls: Any, mock: MockCloud) -> Any:
    """unittest: one cloud for setUpClass and all tests, each of which starts from what setUpClass has left."""
    run, set_up_class = cls.run, cls.setUpClass.__func__
    cloud_of: dict[type, Cloud] = {}

    def setUpClass(klass: Any) -> None:
        mine = mock.again()
        cloud_of[klass] = mine.__enter__()

        def leave() -> None:
            del cloud_of[klass]
            mine.__exit__()

        klass.addClassCleanup(leave)
        set_up_class(klass)

    @functools.wraps(run)
    def run_in_scratch(self: Any, result: Any = None) -> Any:
        cloud = cloud_of.get(type(self))
        if cloud is None:
            with mock.again():
                return run(self, result)
        self.addCleanup(_report_new, cloud, mock._strict)  # added first, so done last, and on the account of this test
        with cloud.scratch():
            return run(self, result)

    cls.setUpClass = classmethod(setUpClass)
    cls.run = run_in_scratch
    return cls


def _report_new(cloud: Cloud, strict: bool) -> None:
    if cloud.failures:
        _report(cloud, strict)
