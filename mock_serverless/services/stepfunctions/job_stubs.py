"""``cloud.stepfunctions.job``: jobs of services that the cloud has not, with a duration in virtual time and a result.

The operations that start a job and look at it are stubbed, so they are in the journal, and faults apply to them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...core.errors import near_misses
from ...core.operation import service_model
from .integrations.calls import to_request
from .integrations.cancellations import STOPS
from .integrations.jobs import JOBS, Job, reach
from .integrations.resources import OPTIMISED, SERVICE_OF
from .store import State

if TYPE_CHECKING:
    from ...cloud import Cloud

Result = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]
STARTS = {"createCluster": "RunJobFlow", "addStep": "AddJobFlowSteps", "terminateCluster": "TerminateJobFlows"}
"""EMR's operations behind the actions of Step Functions."""
IDS = {"RunJobFlow": "JobFlowId", "AddJobFlowSteps": "StepIds.0"}
NOUNS = {"TaskArn": "task/default", "JobArn": "model-customization-job/amazon.custom"}
NO_OPERATION = ("eks:call", "eks:runJob")
RUNNING = ("RUNNING", "InProgress", "IN_PROGRESS", "STARTING", "CREATING", "DELETING")


def give(cloud: Cloud, state: State, key: str, seconds: float, ending: str | None, result: Result) -> None:
    """Stub the operations of an integration; see ``StepfunctionsFace.job``."""
    if key in NO_OPERATION:
        state.job_results[key] = (seconds, dict(result) if not callable(result) else result({}))
        return
    job = JOBS.get(key)
    if job is None:
        known = (*JOBS, *NO_OPERATION)
        raise ValueError(
            f"no integration {key!r} waits for a job.{near_misses(key, known)} There are: {', '.join(known)}"
        )
    possible = (*job.done, *job.failed)
    if ending is not None and ending not in possible:
        raise ValueError(f"a job of {key} ends as {', '.join(possible)}, not as {ending!r}")
    kind, _, action = key.partition(":")
    start = STARTS.get(action) if kind == "elasticmapreduce" else None
    start = start or action[0].upper() + action[1:]
    service = SERVICE_OF.get(action, OPTIMISED[kind][0])
    cloud.stub(service, start, _start(cloud, key, job, service, start, seconds))
    cloud.stub(job.service, job.look, _look(cloud, key, job, ending or job.done[0], result))
    stop = STOPS.get(key)
    if stop is not None and (stop.service, stop.operation) not in cloud.doubles.stubs:
        cloud.stub(stop.service, stop.operation, _stop(cloud, key))


def _start(cloud: Cloud, key: str, job: Job, service: str, operation: str, seconds: float) -> Callable[[Any], Any]:
    shape = service_model(service).operation_model(operation).output_shape
    path = IDS.get(operation) or list(job.ask.values())[-1].strip("*")
    answered = operation in IDS or path.startswith(">")
    steps = path.strip(">").split(".")

    def started(params: dict[str, Any]) -> dict[str, Any]:
        state: State = cloud.state_of("stepfunctions", cloud.account, cloud.region)
        own = {name.lower(): value for name, value in params.items()}
        if answered:
            name = state.scope.ids.hex(12)
            if steps[-1].endswith("Arn"):
                noun = NOUNS.get(steps[-1], service)
                name = f"arn:{state.scope.partition}:{service}:{cloud.region}:{cloud.account}:{noun}/{name}"
        else:
            name = str(own.get(steps[-1].lower()) or (own.get("jobflowids") or [""])[0])
        state.jobs[f"{key}:{name}"] = state.scope.timestamp() + seconds
        answer = to_request(_nested(steps, name), shape) if answered else {}
        return _completed(answer, shape, own, state)  # type: ignore[no-any-return]

    return started


def _stop(cloud: Cloud, key: str) -> Callable[[Any], Any]:
    stop = STOPS[key]
    shape = service_model(stop.service).operation_model(stop.operation).output_shape
    names = {name.lower() for name, path in stop.ask.items() if path.startswith(">")} or {list(stop.ask)[-1].lower()}

    def stopped(params: dict[str, Any]) -> dict[str, Any]:
        state: State = cloud.state_of("stepfunctions", cloud.account, cloud.region)
        own = {name.lower(): value for name, value in params.items()}
        for value in (own[name] for name in names & own.keys()):
            name = str(value[0] if isinstance(value, list) else value)
            state.jobs[f"{key}:{name}"] = state.scope.timestamp()
            state.stopped_jobs.add(f"{key}:{name}")
        return _completed({}, shape, own, state)  # type: ignore[no-any-return]

    return stopped


def _completed(value: Any, shape: Any, known: dict[str, Any], state: State) -> Any:
    """An answer with all that its shape requires: what the request says under the same name, or the least that fits."""
    kind = getattr(shape, "type_name", None)  # an operation may answer nothing
    if kind == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if name not in value:
                value[name] = known.get(name.lower(), _least(shape.members[name], state))
        return {name: _completed(v, shape.members[name], known, state) for name, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_completed(v, shape.member, known, state) for v in value]
    return value


def _least(shape: Any, state: State) -> Any:
    kind = shape.type_name
    if kind == "string":
        return shape.enum[0] if shape.enum else "-" * max(1, shape.metadata.get("min", 1))
    if kind == "timestamp":
        return state.scope.now()
    if kind in ("integer", "long", "float", "double"):
        return shape.metadata.get("min", 0)
    return {"boolean": False, "list": [], "blob": b""}.get(kind, {})


def _nested(steps: list[str], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if step.isdigit() else {step: value}
    return value


def _look(cloud: Cloud, key: str, job: Job, ending: str, result: Result) -> Callable[[Any], Any]:
    shape = service_model(job.service).operation_model(job.look).output_shape

    def looked_at(params: dict[str, Any]) -> dict[str, Any]:
        state: State = cloud.state_of("stepfunctions", cloud.account, cloud.region)
        own = {name.lower(): value for name, value in params.items()}
        value = own.get(list(job.ask)[-1].lower())
        name = str(value[0] if isinstance(value, list) else value)
        over = state.jobs.get(f"{key}:{name}", 0.0) <= state.scope.timestamp()
        described = {} if not over else dict(result(params) if callable(result) else result)
        stopped = f"{key}:{name}" in state.stopped_jobs
        status = _stopped(job) if stopped else ending if over else _meanwhile(shape, job)
        described = _with(described, job.state, status)
        if key == "ecs:runTask" and over and ending == "STOPPED":
            described.setdefault("Containers", [{"ExitCode": 0}])
        if list(job.ask)[-1] in ("Tasks", "Ids", "Jobs"):
            described.setdefault({"Tasks": "TaskArn", "Ids": "Id", "Jobs": "JobId"}[list(job.ask)[-1]], name)
        whole = _nested(list(job.job), described) if job.job else described
        return _completed(to_request(whole, shape), shape, own, state)  # type: ignore[no-any-return]

    return looked_at


def _with(description: dict[str, Any], path: tuple[str, ...], status: str) -> dict[str, Any]:
    """The description with its state, unless it tells one itself."""
    if reach(description, path) is not None:
        return description
    head, *rest = path
    inner = dict(description.get(head) or {})
    return {**description, head: _with(inner, tuple(rest), status) if rest else status}


def _stopped(job: Job) -> str:
    """The state of a job that was stopped: the one which says so, else the first bad one."""
    bad = [s for s in job.failed if s.upper().startswith(("STOPPED", "CANCEL", "ABORT"))]
    return [*bad, *job.failed, *job.done][0]


def _meanwhile(shape: Any, job: Job) -> str:
    """A state that is no end, of those which the service has."""
    for step in (*job.job, *job.state):
        members = {name.lower(): member for name, member in getattr(shape, "members", {}).items()}
        shape = shape.member if step.isdigit() else members.get(step.lower(), shape)
    states = [s for s in getattr(shape, "enum", ()) if s not in (*job.done, *job.failed)]
    return next((s for s in RUNNING if s in states), states[0] if states else RUNNING[0])


def seconds_of(duration: float | timedelta) -> float:
    """A duration in seconds. Raises ValueError when it is negative."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
    if seconds < 0:
        raise ValueError(f"a job takes some time or none, not {duration!r}")
    return seconds
