"""The pytest plugin: the fixture ``cloud``, and a section in the report of a test that fails while it used a cloud.

Loaded with pytest in every session, so it imports nothing heavy until a test asks for a cloud.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .core import current

if TYPE_CHECKING:
    from .cloud import Cloud

LINES = 40
"""A screenful: what the section of a failing test holds at the most."""

_clouds = pytest.StashKey[list[Any]]()


def pytest_configure(config: pytest.Config) -> None:
    """The marker which gives the fixture's options."""
    config.addinivalue_line(
        "markers", "mock_cloud(**options): options of mock_cloud for the fixture `cloud` of this test, class or module"
    )


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """A new cloud for the test; options by ``@pytest.mark.mock_cloud(clock=..., time="skip", ...)``."""
    from .mocking import mock_cloud

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("mock_cloud"))):
        options.update(marker.kwargs)
    with mock_cloud(**options) as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember which clouds a test uses, so that its report can tell of them."""
    seen = item.stash[_clouds] = current.open_clouds()
    current.observers.append(seen.append)
    try:
        return (yield)
    finally:
        current.observers.remove(seen.append)
        del item.stash[_clouds]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
    """Add the section to the report of a failing test."""
    report = yield
    if report.when == "call" and report.failed:
        for used in item.stash.get(_clouds, []):
            if len(used.calls):
                report.sections.append(("mock_serverless", describe(used)))
    return report


def describe(used: Cloud) -> str:
    """What happened in a cloud, cut to a screenful: executions that run, work that is pending, the last calls."""
    pending = used.agenda.entries()
    running = [f"{flow.kind} {flow.args}" for flow in used.kernel.running()]
    lines = [f"{used!r}"]
    lines += _part("Executions that are running", running, 8)
    lines += _part("Work that is pending", [f"{e.kind} in {e.due - used.clock.timestamp():.3f} s" for e in pending], 6)
    room = LINES - len(lines) - 1
    calls = list(used.calls)
    shown = calls[-room:]
    lines.append(f"Calls ({len(calls)} in all, the last {len(shown)}):" if len(calls) > len(shown) else "Calls:")
    lines += [f"  {len(calls) - len(shown) + i:4} {call!r}"[:180] for i, call in enumerate(shown)]
    return "\n".join(lines)


def _part(title: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return [f"{title}:", *(f"  {line}"[:180] for line in lines[:most]), *more]
