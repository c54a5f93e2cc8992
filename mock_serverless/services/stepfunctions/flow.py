"""An execution as a flow on the kernel: the language's environment made of the kernel's and the cloud's means.

A flow may be run again over its record (see core/kernel.py), so nothing is changed here while ``flow.replaying``; what is
random comes from a generator of the execution's own, seeded when it started.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Sequence
from random import Random
from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError, InternalError
from ...core.flow import Flow, FlowTimeout, flow
from ...core.ids import uuid_of
from ...core.scope import Scope
from . import coverage, execution_log, map_flow
from .integrations.tasks import perform
from .language import (
    Document,
    MapRunRequest,
    Position,
    Problem,
    Resumption,
    StateError,
    TaskRequest,
    Timeout,
    parse,
    run,
)
from .language import times as language_times
from .store import Execution, State

FLOW = "stepfunctions:execution"
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
LIMITS: dict[str, float] = {"EXPRESS": 300}
MOST_EVENTS = {"STANDARD": 25_000, "EXPRESS": 1_000_000}
"""Events of a history; express machines have no such quota, but here they must come to an end without time passing."""
TOKEN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@flow(FLOW)
async def execution(flow: Flow, scope: Scope, arn: str, redrive: int = 0) -> None:
    """Run an execution to its end; ``redrive`` is the number of events there are when it is redriven."""
    db: State = scope.state()
    current = db.executions[arn]
    definition = parse(current.revision.definition)
    assert not isinstance(definition, Problem)
    world = World(flow, db, current)
    context = {
        "Execution": {
            "Id": current.arn,
            "Input": current.input.value,
            "StartTime": language_times.write(current.started),
            "Name": current.name,
            "RoleArn": current.revision.role,
            "RedriveCount": current.redrives,
        },
        "StateMachine": {"Id": current.machine, "Name": current.machine_name},
    }
    resume = None
    if current.redrives:
        assert current.redriven is not None
        context["Execution"]["RedriveTime"] = language_times.write(current.redriven)
        resume = Resumption(current.position, redrive, current.redrives)
        world.count = redrive
    started = {"roleArn": current.revision.role}
    for key, value in (("stateMachineAliasArn", current.alias), ("stateMachineVersionArn", current.version)):
        if value is not None:
            started[key] = value
    try:
        outcome = await run(
            definition,
            current.input,
            world,
            context=context,
            started=started,
            limit=LIMITS.get(current.type),
            resume=resume,
            cut_off=lambda position: _stopped(flow, db.executions[arn], position),
        )
    except Exception as e:
        # what this package doesn't do: the execution ends, and the error goes to whoever made time pass
        finish(db, db.executions[arn], "FAILED", error=type(e).__name__, cause=str(e))
        scope.looked_at(arn)
        if isinstance(e, AwsError):  # it would pass for the answer to whatever call made time pass
            raise InternalError(f"a bug in mock_serverless: {arn} broke down with {e}") from e
        raise
    db.executions[arn].position = outcome.position
    finish(db, db.executions[arn], outcome.status, output=outcome.output, error=outcome.error, cause=outcome.cause)


def _stopped(flow: Flow, stopped: Execution, position: Position | None) -> None:
    if not flow.replaying:
        stopped.position = position


def finish(
    db: State,
    execution: Execution,
    status: str,
    *,
    output: Document | None = None,
    error: str | None = None,
    cause: str | None = None,
) -> None:
    """The end of an execution: whoever waits for it goes on; a failure is reported unless somebody looks at it."""
    from .machines import sweep

    execution.status = status
    execution.stopped = db.scope.timestamp()
    execution.output, execution.error, execution.cause = output, error, cause
    if execution.limit is not None:
        db.scope.cancel(execution.limit)
        execution.limit = None
    sweep(db, execution.machine)
    waited_for = db.scope.kernel.deliver(f"execution:{execution.arn}", None)
    if execution.map_run is not None:
        map_flow.ended(db, execution)
        waited_for = True
    if status in ("FAILED", "TIMED_OUT") and not waited_for:
        when = from_timestamp(execution.stopped).isoformat()
        title = f"execution {execution.name} of state machine {execution.machine_name} {status} at {when}"
        db.scope.report_failure(execution.arn, title, f"{error or ''}: {cause or ''}")


class World:
    """The environment of one execution."""

    __slots__ = ("_logs", "_machine", "_most", "_random", "attempts", "count", "db", "execution", "flow")

    def __init__(self, flow: Flow, db: State, execution: Execution) -> None:
        self.flow = flow
        self.db = db
        self.execution = execution
        self.count = 0
        self.attempts: Counter[tuple[str, int | None]] = Counter()
        self._random = Random(execution.seed if not execution.redrives else f"{execution.seed}:{execution.redrives}")
        self._most = MOST_EVENTS[execution.type]
        self._machine = db.machines.get(execution.machine.partition("/")[0]) if execution.type == "STANDARD" else None
        self._logs = execution.settings["loggingConfiguration"]["level"] != "OFF"

    def now(self) -> float:
        """Virtual time."""
        return self.flow.now()

    def random(self) -> float:
        """From 0 to 1."""
        return self._random.random()

    def uuid(self) -> str:
        """A UUID."""
        return uuid_of(self._random)

    def token(self) -> str:
        """A task token, of the length that AWS' have."""
        return "AQB8AAAAKgAAAAM" + "".join(self._random.choices(TOKEN_CHARACTERS, k=613))

    def emit(self, type: str, details: dict[str, Any], previous: int) -> int:
        """Write a history event, unless it is written already. The last one there may be is the execution's failure.

        "On the next state transition, the state machine's executions are terminated" (API_DeleteStateMachine); how, is told at
        https://repost.aws/knowledge-center/step-functions-stuck-deleting-status.
        """
        machine = self._machine
        if machine is not None and machine.deleting and type.endswith("StateEntered") and not self.flow.replaying:
            deleted = StateError("States.Runtime", f"State machine {machine.name} has been deleted.")
            deleted.event = previous
            raise deleted
        if self.count >= self._most - 1 and type != "ExecutionFailed":
            error = StateError(
                "States.Runtime", f"The execution reached the maximum number of history events ({self._most})."
            )
            error.event = previous
            raise error
        self.count += 1
        if not self.flow.replaying:
            self.execution.history.append(type, self.flow.now(), previous, details)
            if self._logs:
                execution_log.write(self.db, self.execution, self.execution.history[-1], self.count)
            if coverage.collecting is not None and type.endswith("StateEntered"):
                of = self.execution
                coverage.collecting.entered(of.machine_name, of.revision.definition, details["name"])
        return self.count

    def took(self, state: str, way: str) -> None:
        """For the coverage of definitions."""
        if coverage.collecting is not None:
            coverage.collecting.took(self.execution.revision.definition, state, way)

    async def sleep_until(self, timestamp: float) -> None:
        """Let virtual time pass."""
        if timestamp > self.flow.now():
            await self.flow.sleep_until(timestamp)

    async def task(self, request: TaskRequest) -> Document:
        """Do the work of a Task state."""
        return await perform(self, request)

    async def map_run(self, request: MapRunRequest, redriven: str | None) -> Document:
        """Run the children of a distributed Map."""
        return await map_flow.run(self, request, redriven)

    async def gather(self, coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """Structured concurrency."""
        return await self.flow.gather(coroutines)

    async def timeout(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """At most so many virtual seconds."""
        try:
            return await self.flow.timeout(coroutine, seconds)
        except FlowTimeout:
            raise Timeout from None
