"""What Step Functions keeps in one account and region: state machines, executions with their histories, activities, tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...core.errors import AwsError
from ...core.scope import Scope
from .events import History
from .language import Document, Position
from .mock_configuration import Case, MockConfiguration


@dataclass(slots=True)
class Revision:
    """What an execution is made from, and what a version keeps."""

    id: str
    definition: str
    role: str


@dataclass(slots=True)
class Version:
    """A published version."""

    number: int
    revision: Revision
    created: float
    description: str | None = None


@dataclass(slots=True)
class Alias:
    """A name for one version, or for two by weight."""

    name: str
    arn: str
    routes: list[dict[str, Any]]
    created: float
    updated: float
    description: str | None = None


@dataclass(slots=True)
class StateMachine:
    """A state machine; ``settings`` are the members that describe gives back as they came.

    ``published`` is what was asked for of that when it was made; ``data_key_until`` is until when the data key serves that KMS
    has given for it.
    """

    arn: str
    name: str
    type: str
    revision: Revision
    created: float
    updated: float
    settings: dict[str, Any]
    tags: dict[str, str]
    published: tuple[bool, str | None] = (False, None)
    deleting: bool = False
    next_version: int = 1
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    executions: list[str] = field(default_factory=list)
    data_key_until: float = 0.0


@dataclass(slots=True)
class Execution:
    """One execution; ``settings`` and ``revision`` are the machine's when it started.

    ``sessions`` are those of roles that its tasks have assumed: role -> (access key, when it expires).
    ``redrive_tokens``: client token -> when it redrove the execution.
    """

    arn: str
    name: str
    machine: str
    machine_name: str
    type: str
    revision: Revision
    settings: dict[str, Any]
    machine_updated: float
    input: Document
    started: float
    seed: str
    version: str | None = None
    alias: str | None = None
    trace: str | None = None
    map_run: str | None = None
    map_index: int = 0
    status: str = "RUNNING"
    stopped: float | None = None
    output: Document | None = None
    error: str | None = None
    cause: str | None = None
    flow: int = 0
    redrives: int = 0
    redriven: float | None = None
    position: Position | None = None
    redrive_tokens: dict[str, float] = field(default_factory=dict)
    limit: int | None = None
    mocked: Case | None = None
    sessions: dict[str, tuple[str, float]] = field(default_factory=dict)
    history: History = field(default_factory=History)


@dataclass(slots=True)
class Child:
    """One child of a map run: what it was given, how many of the items, how it ended before it waited to be redriven."""

    arn: str
    input: Document
    items: int
    seen: bool = False
    before: str | None = None


@dataclass(slots=True)
class MapRun:
    """One run of a distributed Map. ``children`` are those which have been started, in order; ``ended`` those nobody has seen."""

    arn: str
    execution: str
    machine: str
    label: str
    revision: Revision
    type: str
    started: float
    concurrency: int
    tolerated_count: int
    tolerated_percentage: float
    items: int = 0
    batches: int = 0
    written: bool = False
    status: str = "RUNNING"
    stopped: float | None = None
    redrives: int = 0
    redriven: float | None = None
    inputs: list[tuple[Document, int]] | None = None
    children: list[Child] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    flow: int = 0


@dataclass(slots=True)
class Activity:
    """An activity, the tasks that wait for a worker (their tokens, oldest first) and the flows that wait for a task."""

    arn: str
    name: str
    created: float
    tags: dict[str, str]
    encryption: dict[str, Any]
    queue: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Token:
    """A task that waits for somebody's answer."""

    token: str
    execution: str
    state: str
    resource: str
    input: Document
    heartbeat: int | None = None
    open: bool = True
    early: tuple[Any, ...] | None = None


class State:
    """All of it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.machines: dict[str, StateMachine] = {}
        self.executions: dict[str, Execution] = {}
        self.activities: dict[str, Activity] = {}
        self.tokens: dict[str, Token] = {}
        self.map_runs: dict[str, MapRun] = {}
        self.mock_configuration: MockConfiguration | None = None
        self.jobs: dict[str, float] = {}  # jobs of other services that were given a duration: when they end
        self.stopped_jobs: set[str] = set()
        self.job_results: dict[str, tuple[float, Any]] = {}  # integration -> how long it takes, and its result

    def arn(self, *resource: str) -> str:
        """An ARN of this account and region."""
        s = self.scope
        return ":".join(("arn", s.partition, "states", s.region, s.account, *resource))

    def active_machine(self, arn: str) -> StateMachine:
        """The same, unless it is being deleted."""
        found = self.machine(arn)
        if found.deleting:
            raise being_deleted(found.arn)
        return found

    def machine(self, arn: str) -> StateMachine:
        """The machine of an ARN (also of a version's or alias')."""
        check_arn(arn, ("stateMachine",))
        if "/" in arn:
            # the API reference's code ("refers to a Distributed Map state"), the words are a guess
            message = f"A qualified ARN of a Distributed Map state is not valid in this context: '{arn}'"
            raise AwsError("ValidationException", message)
        found = self.machines.get(":".join(arn.split(":")[:7]))
        if found is None:
            raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return found

    def execution(self, arn: str) -> Execution:
        """The execution of an ARN, a standard machine's."""
        check_arn(arn, ("execution",))
        found = self.executions.get(arn)
        if found is None or not self.keeps(found):
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found

    def keeps(self, execution: Execution) -> bool:
        """AWS forgets a standard execution 90 days after its end (API_StartExecution: its name can be used again)."""
        return execution.stopped is None or self.scope.timestamp() - execution.stopped <= KEPT

    def waits(self, token: Token) -> bool:
        """Can a token still be answered?"""
        return token.open and self.executions[token.execution].status == "RUNNING"

    def map_run(self, arn: str) -> MapRun:
        """The map run of an ARN."""
        check_arn(arn, ("mapRun",))
        found = self.map_runs.get(arn)
        if found is None:
            raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)
        return found

    def activity(self, arn: str) -> Activity:
        """The activity of an ARN."""
        check_arn(arn, ("activity",))
        found = self.activities.get(arn)
        if found is None:
            raise AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
        return found


KEPT = 90 * 86400


def being_deleted(arn: str) -> AwsError:
    """The words are reported."""
    return AwsError("StateMachineDeleting", f"State Machine is being deleted: '{arn}'")


def check_arn(arn: str, kinds: tuple[str, ...]) -> None:
    """Is it an ARN of one of these resources of Step Functions?"""
    parts = arn.split(":")
    if len(parts) < 7 or parts[0] != "arn" or parts[2] != "states":
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    if parts[5] not in kinds:
        raise AwsError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {parts[5]}'")
