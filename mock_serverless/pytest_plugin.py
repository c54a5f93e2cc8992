"""The pytest plugin: the fixture ``cloud``, and a section in the report of a test that fails while it used a cloud.

The section shows what a debugger would be asked for: executions that run or have failed, what failed in the background,
pending work, the last calls; also of clouds which are closed by then, and of what a ``scratch()`` has undone on the way out.

Loaded with pytest in every session, so it imports nothing heavy until a test asks for a cloud.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from .core import current

if TYPE_CHECKING:
    from .cloud import Cloud

TITLE = "mock_serverless"
LINES = 40
"""A screenful: what the section of a failing test holds at the most."""
WIDTH = 160
KEPT = 3
"""So many of the closed clouds of a test are remembered (a property test may open hundreds)."""

NO_FIXTURE = (
    "@pytest.mark.mock_cloud gives options to the fixture `cloud`, which this test doesn't use: take it as an argument, "
    'or add @pytest.mark.usefixtures("cloud")'
)
NOT_BY_NAME = "@pytest.mark.mock_cloud takes its options by name: @pytest.mark.mock_cloud(clock=..., strict=True)"

_witness = pytest.StashKey["Witness"]()


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """A new cloud for the test; options by ``@pytest.mark.mock_cloud(clock=..., time="skip", ...)``."""
    from .mocking import mock_cloud

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("mock_cloud"))):
        if marker.args:
            raise pytest.UsageError(NOT_BY_NAME)
        options.update(marker.kwargs)
    with mock_cloud(**options) as opened:
        yield opened


# ---------------------------------------------------------------------- pytest's hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--cloud-artifacts``, ``--asl-cov``."""
    group = parser.getgroup("mock_serverless", "AWS's serverless services in this process")
    group.addoption(
        "--cloud-artifacts",
        metavar="DIR",
        help="of each failing test, write there pictures (SVG) and stories of the executions in its clouds",
    )
    group.addoption(
        "--asl-cov",
        action="store_true",
        help="report which states, choices, catchers and retriers of which state machines the tests went through",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker which gives the fixture's options; somebody who watches."""
    config.addinivalue_line(
        "markers", "mock_cloud(**options): options of mock_cloud for the fixture `cloud` of this test, class or module"
    )
    witness = config.stash[_witness] = Witness()
    current.observers.append(witness.entered)
    current.undoing.append(witness.undoing)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The end of it."""
    witness = config.stash.get(_witness, None)
    if witness is not None:
        current.observers.remove(witness.entered)
        current.undoing.remove(witness.undoing)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """From here on the clouds are this test's. A mark that could do nothing is an error."""
    item.config.stash[_witness].begin()
    own = any(mark.name == "mock_cloud" for mark in item.own_markers)
    if own and "cloud" not in getattr(item, "fixturenames", ("cloud",)):
        pytest.fail(NO_FIXTURE, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """After all fixtures: ``monkeypatch`` may have put the mock's own environment back, when it is older than the mock."""
    try:
        return (yield)
    finally:
        session = sys.modules.get("mock_serverless.doors.session")
        if session is not None:
            session.tidy()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the section to the report of what fails: the set-up, the test or the teardown."""
    report = yield
    if report.failed:
        try:
            text = item.config.stash[_witness].tell()
        except Exception as e:  # a report that can't be written is no reason to break the run
            text = f"what the cloud has seen could not be told: {type(e).__name__}: {e}"
        if text:
            report.sections.append((TITLE, text))
        directory = item.config.getoption("--cloud-artifacts")
        if directory:
            _keep(item, directory)
    return report


def _keep(item: pytest.Item, directory: str) -> None:
    """Pictures and stories of the executions that a failing test has seen."""
    from .artifacts import write

    scenes = item.config.stash[_witness].scenes()
    write(directory, item.nodeid, [state for scene in scenes for state in scene.stepfunctions])


# ---------------------------------------------------------------------- coverage of state machines


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to collect what executions go through, where somebody asks."""
    if session.config.getoption("--asl-cov"):
        from .services.stepfunctions import coverage

        coverage.collecting = coverage.Coverage()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it has collected."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and session.config.getoption("--asl-cov"):
        from .services.stepfunctions import coverage

        assert coverage.collecting is not None
        output["mock_serverless_asl_cov"] = coverage.collecting.data()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has come to its end."""
    data = getattr(node, "workeroutput", {}).get("mock_serverless_asl_cov")
    if data:
        from .services.stepfunctions import coverage

        assert coverage.collecting is not None
        coverage.collecting.add(data)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The report."""
    if not config.getoption("--asl-cov"):
        return
    from .services.stepfunctions import coverage

    if coverage.collecting is not None and coverage.collecting.definitions:
        terminalreporter.section("coverage of state machines")
        for line in coverage.report(coverage.collecting):
            terminalreporter.line(line)
    coverage.collecting = None


# ---------------------------------------------------------------------- what is remembered


@dataclass(slots=True)
class Scene:
    """A cloud at a moment, as far as the report wants it."""

    title: str
    now: float
    calls: list[Any]
    total: int
    pending: list[Any]
    stepfunctions: list[Any]
    failures: list[str]

    @classmethod
    def of(cls, seen: Cloud) -> Scene:
        """As it is now; nothing is copied that is large."""
        return cls(
            title=repr(seen),
            now=seen.clock.timestamp(),
            calls=list(seen.calls[-LINES:]),
            total=len(seen.calls),
            pending=seen.agenda.entries(),
            stepfunctions=seen.states_of("stepfunctions"),
            failures=[title for title, _ in seen.failures.values()],
        )


@dataclass(slots=True)
class Sight:
    """A cloud that the test uses: how many calls it had before, and how it was before it was last undone."""

    cloud: Any
    before: int
    new: bool
    undone: Scene | None = None
    left: int = 0

    def scene(self) -> Scene | None:
        """What there is to tell; None when the test didn't touch this cloud."""
        if self.undone is not None and self.left == len(self.cloud.calls):
            return replace(self.undone, title=f"{self.undone.title} before it was rolled back")
        if not self.new and len(self.cloud.calls) == self.before:
            return None
        return Scene.of(self.cloud)


@dataclass(slots=True)
class Witness:
    """The clouds of the test that runs."""

    seen: list[Sight] = field(default_factory=list)

    def begin(self) -> None:
        """A test begins: only what is open stays known."""
        self.seen = [Sight(cloud, len(cloud.calls), new=False) for cloud in current.open_clouds()]

    def entered(self, cloud: Cloud) -> None:
        """The test opens a cloud."""
        closed = [sight for sight in self.seen if sight.cloud.closed]
        for sight in closed[: -KEPT + 1]:
            self.seen.remove(sight)
        self.seen.append(Sight(cloud, 0, new=True))

    def undoing(self, cloud: Cloud, left: int) -> None:
        """What the cloud has seen since a snapshot is about to be forgotten, but for the first calls."""
        for sight in self.seen:
            if sight.cloud is cloud and len(cloud.calls) > left:
                sight.undone, sight.left = Scene.of(cloud), left

    def scenes(self) -> list[Scene]:
        """The last clouds that the test has used."""
        return [scene for scene in (sight.scene() for sight in self.seen) if scene is not None][-KEPT:]

    def tell(self) -> str:
        """The section: the last clouds in a screenful."""
        shown = self.scenes()
        return "\n\n".join(describe(scene, LINES // len(shown)) for scene in shown)


# ---------------------------------------------------------------------- how it is told


def describe(scene: Scene, room: int = LINES) -> str:
    """A cloud in at most ``room`` lines: executions, background failures, pending work, and with what is left the last calls."""
    part = max(1, room // 6)
    lines = [scene.title]
    lines += _part("Executions", _executions(scene), part)
    lines += _part("Failed in the background, and nobody looked", scene.failures, part)
    lines += _part("Pending", [_pending(entry, scene.now) for entry in scene.pending], part)
    if not scene.total:
        return "\n".join([*lines, "No calls."])
    calls = scene.calls[-max(1, room - len(lines) - 1) :]
    first = scene.total - len(calls)
    lines.append(f"Calls, the last {len(calls)} of {scene.total}:" if first else "Calls:")
    lines += [_cut(f"  {first + i:4} {call.line(WIDTH - 7)}") for i, call in enumerate(calls)]
    return "\n".join(lines)


def _part(title: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return [f"{title}:", *(_cut(f"  {line}") for line in lines[:most]), *more]


def _cut(line: str) -> str:
    line = " ".join(line.split("\n"))
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _pending(entry: Any, now: float) -> str:
    return f"{entry.kind} in {_duration(entry.due - now)}{', in the background' if entry.background else ''}"


def _executions(scene: Scene) -> list[str]:
    """Those that run, then those that ended badly, the latest first."""
    of_all = [(state, e) for state in scene.stepfunctions for e in state.executions.values()]
    running = [_running(state, e, scene.now) for state, e in of_all if e.status == "RUNNING"]
    ended = [e for _, e in of_all if e.status not in ("RUNNING", "SUCCEEDED")]
    return running + [f"{e.machine_name}:{e.name} {e.status} {e.error or ''}: {e.cause or ''}" for e in reversed(ended)]


def _running(state: Any, execution: Any, now: float) -> str:
    entered = [event for event in execution.history if event.type.endswith("StateEntered")]
    text = f"{execution.machine_name}:{execution.name} RUNNING"
    if entered:
        text += f" in {entered[-1].details['name']} for {_duration(now - entered[-1].time)}"
    waits = any(token.open and token.execution == execution.arn for token in state.tokens.values())
    return f"{text}, waits for the answer to a task token" if waits else text


def _duration(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds < 60 else str(timedelta(seconds=round(seconds))).replace(", 0:00:00", "")
