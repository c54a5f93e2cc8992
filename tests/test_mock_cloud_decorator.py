"""``@mock_cloud`` on functions, methods and classes of every kind."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import boto3
import pytest

from mock_serverless import mock_cloud
from mock_serverless.core import current


def calls() -> int:
    """Makes a call; gives how many this cloud has had."""
    boto3.client("sts").get_caller_identity()
    cloud = current.cloud_of_this_thread()
    assert cloud is not None
    return len(cloud.calls)


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    yield
    assert current.open_clouds() == []


# ---------------------------------------------------------------------- functions


@mock_cloud
def plain(first: int, *, second: str = "x") -> str:
    """Documented."""
    return f"{first}{second}{calls()}"


@mock_cloud(account="111122223333")
def with_options() -> str:
    return str(boto3.client("sts").get_caller_identity()["Account"])


def test_a_function_gets_a_new_cloud_at_each_call() -> None:
    assert [plain(1, second="y"), plain(1)] == ["1y1", "1x1"]
    assert with_options() == "111122223333"


def test_a_function_stays_what_it_is() -> None:
    assert plain.__name__ == "plain"
    assert plain.__doc__ == "Documented."
    assert list(inspect.signature(plain).parameters) == ["first", "second"]


@mock_cloud
@pytest.mark.parametrize("number", [1, 2])
def test_with_fixtures_and_parameters(tmp_path: Any, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tmp_path.exists()
    assert calls() == 1


@mock_cloud()
async def test_a_coroutine_function() -> None:
    assert inspect.iscoroutinefunction(test_a_coroutine_function)
    await asyncio.sleep(0)
    assert calls() == 1


@mock_cloud
def recursive(depth: int) -> list[int]:
    return [calls(), *(recursive(depth - 1) if depth else []), calls()]


def test_a_function_that_calls_itself() -> None:
    assert recursive(2) == [1, 1, 1, 2, 2, 2]


def test_what_a_function_raises() -> None:
    @mock_cloud
    def broken() -> None:
        calls()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()


# ---------------------------------------------------------------------- generators


@mock_cloud
def numbers(log: list[str]) -> Iterator[int]:
    try:
        got = yield calls()
        log.append(f"got {got}")
        yield calls()
    except KeyError:
        log.append("KeyError")
        yield calls()
    finally:
        log.append(f"over after {calls()}")


def test_a_generator_keeps_its_cloud() -> None:
    log: list[str] = []
    assert list(numbers(log)) == [1, 2]
    assert log == ["got None", "over after 3"]


@mock_cloud
def two() -> Iterator[int]:
    yield calls()
    yield calls()


def test_generators_that_overlap_do_not_close_each_other_s_cloud() -> None:
    first, second = two(), two()
    assert [next(first), next(second)] == [1, 1]
    first.close()
    assert next(second) == 2
    second.close()


def test_what_is_sent_and_thrown_into_a_generator() -> None:
    log: list[str] = []
    it: Any = numbers(log)
    next(it)
    assert it.send("x") == 2
    assert it.throw(KeyError) == 3
    it.close()
    assert log == ["got x", "KeyError", "over after 4"]


@pytest.fixture
@mock_cloud
def decorated_fixture() -> Iterator[int]:
    yield calls()
    assert calls() == 3


def test_a_fixture_that_is_decorated(decorated_fixture: int) -> None:
    assert decorated_fixture == 1
    assert calls() == 2


@mock_cloud
async def async_numbers(log: list[str]) -> AsyncIterator[int]:
    try:
        got = yield calls()
        log.append(f"got {got}")
        yield calls()
    except KeyError:
        log.append("KeyError")
        yield calls()
    finally:
        await asyncio.sleep(0)
        log.append(f"over after {calls()}")


async def test_an_async_generator() -> None:
    log: list[str] = []
    assert [n async for n in async_numbers(log)] == [1, 2]
    assert log == ["got None", "over after 3"]
    assert inspect.isasyncgenfunction(async_numbers)


async def test_what_is_sent_and_thrown_into_an_async_generator() -> None:
    log: list[str] = []
    it: Any = async_numbers(log)
    await it.asend(None)
    assert await it.asend("x") == 2
    assert await it.athrow(KeyError) == 3
    await it.aclose()
    assert log == ["got x", "KeyError", "over after 4"]


async def test_context_managers_made_of_generators() -> None:
    log: list[str] = []
    with pytest.raises(RuntimeError, match="generator didn't stop"):
        async with asynccontextmanager(async_numbers)(log):
            raise KeyError
    assert log[0] == "KeyError"

    @contextmanager
    @mock_cloud
    def world() -> Iterator[int]:
        yield calls()

    with world() as one, world() as two:
        assert (one, two) == (1, 1)


@pytest.fixture
@mock_cloud
async def async_fixture() -> AsyncIterator[int]:
    yield calls()
    assert calls() == 3


async def test_an_async_fixture_that_is_decorated(async_fixture: int) -> None:
    assert async_fixture == 1
    assert calls() == 2


# ---------------------------------------------------------------------- classes


@mock_cloud
class TestPlainClass:
    def helper(self) -> int:
        return calls()

    def test_one(self, tmp_path: Any) -> None:
        assert self.helper() == 1
        assert calls() == 2

    async def test_two(self) -> None:
        assert calls() == 1

    @pytest.mark.parametrize("number", [1, 2])
    def test_three(self, number: int) -> None:
        assert calls() == 1

    @staticmethod
    def test_four(tmp_path: Any) -> None:
        assert calls() == 1

    @classmethod
    def test_five(cls) -> None:
        assert calls() == 1


@mock_cloud(account="111122223333")
class TestWithSetup:
    def setup_method(self, method: Any) -> None:
        assert calls() == 1
        self.name = method.__name__

    def teardown_method(self) -> None:
        assert calls() == 3

    def test_one(self) -> None:
        assert self.name == "test_one"
        assert calls() == 2

    async def test_two(self) -> None:
        assert calls() == 2
        assert boto3.Session().client("sts")


class TestDecoratedMethods:
    @mock_cloud
    def test_one(self) -> None:
        assert calls() == 1

    @mock_cloud()
    async def test_two(self) -> None:
        assert calls() == 1


@mock_cloud
class NotATest:
    def __init__(self) -> None:
        self.made_with_a_cloud = current.cloud_of_this_thread() is not None

    def act(self) -> int:
        return calls()


def test_a_class_without_tests_has_its_public_methods_decorated() -> None:
    made = NotATest()
    assert not made.made_with_a_cloud
    assert [made.act(), made.act()] == [1, 1]


def test_inherited_tests_are_decorated_and_the_base_is_left_alone() -> None:
    class Base:
        def test_it(self) -> bool:
            return current.cloud_of_this_thread() is not None

    @mock_cloud
    class Derived(Base):
        pass

    assert Derived().test_it()
    assert not Base().test_it()


# ---------------------------------------------------------------------- unittest

UNITTEST = """
    import unittest
    import boto3
    from mock_serverless import mock_cloud
    from mock_serverless.core import current
    from mock_serverless.core.agenda import job

    def calls():
        boto3.client("sts").get_caller_identity()
        return len(current.cloud_of_this_thread().calls)

    @mock_cloud(account="111122223333")
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            assert calls() == 1

        def setUp(self):
            self.assertEqual(calls(), 2)

        def tearDown(self):
            self.assertEqual(calls(), 4)

        def test_one(self):
            self.assertEqual(calls(), 3)

        def test_two(self):
            self.assertEqual(calls(), 3)
            self.assertEqual(boto3.client("sts").get_caller_identity()["Account"], "111122223333")
            current.cloud_of_this_thread().calls.truncate(3)

    class Derived(Case):
        def test_three(self):
            self.assertEqual(calls(), 3)

    @mock_cloud
    class Async(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            self.assertEqual(calls(), 1)

        async def test_one(self):
            self.assertEqual(calls(), 2)

    class Methods(unittest.TestCase):
        @mock_cloud
        def test_one(self):
            self.assertEqual(calls(), 1)

        def tearDown(self):
            self.assertIsNone(current.cloud_of_this_thread())
"""

FAILING = """
    @job("late")
    def late(scope, key):
        scope.report_failure(key, key + " broke")

    @mock_cloud(strict=True)
    class Strict(unittest.TestCase):
        def test_background(self):
            calls()
            cloud = current.cloud_of_this_thread()
            cloud.state_of("sts", cloud.account, cloud.region).scope.later(0, "late", key="f")
            cloud.settle()

        def test_fine(self):
            self.assertEqual(calls(), 1)

    @mock_cloud
    class BrokenSetUp(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            raise KeyError("broken")

        def test_never(self):
            pass

    @unittest.skip("not today")
    @mock_cloud
    class Skipped(unittest.TestCase):
        def test_never(self):
            pass

    class ZLast(unittest.TestCase):
        def test_nothing_is_left_open(self):
            self.assertEqual(current.open_clouds(), [])
"""


def unittest_run(tmp_path: Any, code: str) -> str:
    (tmp_path / "test_it.py").write_text(textwrap.dedent(code))
    command = [sys.executable, "-W", "error::UserWarning", "-m", "unittest", "-v", "test_it"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60).stderr


def test_unittest_classes(tmp_path: Any) -> None:
    out = unittest_run(tmp_path, UNITTEST)
    assert out.rstrip().endswith("OK"), out
    assert "Ran 7 tests" in out, out


def test_unittest_classes_whose_tests_fail(tmp_path: Any) -> None:
    out = unittest_run(tmp_path, UNITTEST + FAILING)
    assert "FAILED (errors=2, skipped=1)" in out, out
    assert "ERROR: test_background (test_it.Strict" in out
    assert "f broke" in out
    assert "ERROR: setUpClass (test_it.BrokenSetUp)" in out


def test_unittest_classes_under_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(textwrap.dedent(UNITTEST))
    pytester.runpytest_inprocess(
        "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio"
    ).assert_outcomes(passed=7)


def test_unittest_failures_under_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(textwrap.dedent(UNITTEST + FAILING))
    result = pytester.runpytest_inprocess("-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(passed=9, failed=1, errors=1, skipped=1)


def test_static_and_class_methods_may_be_decorated_on_either_side() -> None:
    def account() -> str:
        return str(boto3.client("sts").get_caller_identity()["Account"])

    class Tests:
        @mock_cloud(account="111111111111")
        @staticmethod
        def above() -> str:
            return account()

        @staticmethod
        @mock_cloud(account="222222222222")
        def below() -> str:
            return account()

        @mock_cloud
        @classmethod
        def of_the_class(cls) -> tuple[type, str]:
            return cls, account()

    for of in (Tests, Tests()):
        assert (of.above(), of.below(), of.of_the_class()) == ("111111111111", "222222222222", (Tests, "123456789012"))
