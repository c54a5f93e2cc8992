"""TestState: one state by itself, with real or mocked work, and what became of its data on the way.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html; which data is shown for which type of state,
and the errors, are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.ids import uuid_of
from ...core.operation import operation
from . import map_flow, mocked_results
from .integrations import resources
from .integrations.tasks import perform
from .language import (
    Document,
    MapRunRequest,
    Problem,
    StateError,
    TaskRequest,
    parse,
    paths,
    queries,
    retries,
    states,
)
from .language import times as language_times
from .language.definition import levels
from .language.document import excerpt
from .language.errors import Fault, matches
from .language.validation import check_state
from .language.visits import Branch, Run, Visit
from .store import State

# what is shown of the way of the data, by type of state (recorded)
SHOWN = {
    "Pass": ("afterInputPath", "afterParameters", "result", "afterResultSelector", "afterResultPath"),
    "Task": ("afterInputPath", "afterParameters", "result", "afterResultSelector", "afterResultPath"),
    "Parallel": ("afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath"),
    "Map": ("afterInputPath", "afterItemsPath", "afterResultSelector", "afterResultPath"),
}
NAME = "StateName"
"""What a state under test is called in the context object, whatever its name in a definition is (recorded)."""
JSONATA_SHOWN = {"Task": ("afterArguments", "result")}
MOCKABLE = ("Task", "Parallel", "Map")
CONTEXT_FIELDS: dict[str, dict[str, type]] = {
    "Execution": {
        "Id": str,
        "Input": object,
        "Name": str,
        "RoleArn": str,
        "StartTime": str,
        "RedriveCount": int,
        "RedriveTime": str,
    },
    "State": {"EnteredTime": str, "Name": str, "RetryCount": int},
    "StateMachine": {"Id": str, "Name": str},
    "Task": {"Token": str},
}


@operation
def test_state(db: State, request: dict[str, Any]) -> dict[str, Any]:
    name, state, language = _state(request)
    mock = request.get("mock")
    _check(request, state, mock)
    world = _World(db, name, mock, request.get("stateConfiguration", {}), request.get("roleArn") or "")
    input = Document(text=request.get("input") or "{}")
    try:
        visit = _visit(db, world, request, name, state, language, input)
    except ValueError:
        raise AwsError("InvalidExecutionInput", "Invalid State Machine Execution Input") from None
    answer = _run(visit, request, mock)
    details = answer.pop("inspectionData", {})
    if request.get("inspectionLevel", "INFO") != "INFO":
        answer["inspectionData"] = {**_inspected(visit, state), **details}
    return answer


# ---------------------------------------------------------------------- checks


def _state(request: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """The state that is meant (the definition itself, or one of a whole machine's, however deep), and the machine's language."""
    definition = parse(request["definition"])
    if isinstance(definition, Problem):
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{definition}'")
    state, language = definition, "JSONPath"
    if "States" in definition:
        wanted = request.get("stateName")
        found = next((s for level in levels(definition) for _, n, s in level.states() if n == wanted), None)
        if found is None:
            raise AwsError("ValidationException", "State not found in definition")
        state, language = found, str(definition.get("QueryLanguage", language))
    problems = check_state(state, resources.KNOWN, language)
    if problems:
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, problems))}'")
    return NAME, state, language


def _check(request: dict[str, Any], state: dict[str, Any], mock: dict[str, Any] | None) -> None:
    type = state["Type"]
    if mock is None:
        if type == "Task" and not request.get("roleArn"):
            raise _invalid("RoleArn must be specified when testing a Task state")
        if request.get("stateConfiguration", {}).get("mapIterationFailureCount") is not None:
            raise _invalid("TestState does not support MapIterationFailureCount when a mock is not specified.")
        if type in ("Map", "Parallel"):
            supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
            raise AwsError("InvalidDefinition", f"TestState API does not support Map or Parallel states. {supported}")
    else:
        if type not in MOCKABLE:
            raise _invalid(f"State type '{type}' is not supported when a mock is specified")
        if request.get("revealSecrets"):
            raise _invalid("TestState does not support RevealSecrets when a mock is specified.")
        if "result" in mock and "errorOutput" in mock:
            raise _invalid("A test mock should have only one of the following fields: [result, errorOutput].")
        if "result" in mock:
            try:
                result = Document(text=mock["result"]).value
            except ValueError:
                raise _invalid("Mocked result must be valid JSON") from None
            mocked_results.check(state, result, mock.get("fieldValidationMode", "STRICT"))
            failures = request.get("stateConfiguration", {}).get("mapIterationFailureCount")
            if failures is not None and failures > len(result):
                raise _invalid("Map iteration failure count must be less than or equal to the number of Map iterations")
    if request.get("context"):
        _check_context(Document(text=request["context"]).value, state)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _check_context(context: dict[str, Any], state: dict[str, Any]) -> None:
    wrong = "Invalid Context object provided: "
    for name, part in context.items():
        if name == "Map":
            raise _invalid(wrong + "'Map' field is not supported when mocking a Context object")
        if name not in CONTEXT_FIELDS:
            raise _invalid(f"{wrong}Field '{name}' is not allowed")
        for field, value in part.items():
            kind = CONTEXT_FIELDS[name].get(field)
            if kind is None:
                raise _invalid(f"{wrong}Field '{field}' is not allowed")
            if not isinstance(value, kind):
                raise _invalid(f"{wrong}{name}.{field} must be a {'string' if kind is str else 'number'}")
    resource = str(state.get("Resource", ""))
    if "Task" in context and not resource.endswith((".sync", ".sync:2", ".waitForTaskToken")):
        only = "state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern"
        raise _invalid(f"{wrong}Context object contains 'Task' when {only}")


# ---------------------------------------------------------------------- running


def _visit(
    db: State, world: _World, request: dict[str, Any], name: str, state: dict[str, Any], language: str, input: Document
) -> Visit:
    execution = db.scope.ids.uuid()
    machine = db.scope.ids.uuid()
    now = db.scope.timestamp()
    context: dict[str, Any] = {
        "Execution": {
            "Id": db.arn("express", machine, execution),
            "Input": input.value,
            "Name": execution,
            "RoleArn": request.get("roleArn"),
            "StartTime": language_times.write(now),
        },
        "StateMachine": {"Id": db.arn("stateMachine", machine), "Name": machine},
    }
    variables = Document(text=request.get("variables") or "{}").value
    branch = Branch(Run(world, context, language), {name: state}, 0, variables)
    visit = branch.visit = Visit(branch, name, state, input, 0, now, inspection={})
    visit.given = Document(text=request["context"]) if request.get("context") else None
    return visit


def _run(visit: Visit, request: dict[str, Any], mock: dict[str, Any] | None) -> dict[str, Any]:
    state = visit.state
    work: Callable[[Visit], Any] = states.STATES[state["Type"]]
    if state["Type"] == "Task":
        work = states.attempt
    elif mock is not None:
        work = _mocked_lines
    try:
        following, output = _result(work(visit))
    except Fault as fault:
        error = visit.error(fault)
    except StateError as e:
        error = e
    else:
        answer = {"status": "SUCCEEDED", "output": output.text}
        return {**answer, "nextState": following} if following is not None else answer
    return _failed(visit, error, request)


def _failed(visit: Visit, error: StateError, request: dict[str, Any]) -> dict[str, Any]:
    """Would it be tried again, or caught?"""
    answer: dict[str, Any] = {k: v for k, v in (("error", error.error), ("cause", error.cause)) if v is not None}
    done = request.get("stateConfiguration", {}).get("retrierRetryCount", 0)
    retriers = visit.state.get("Retry", [])
    index = next((i for i, r in enumerate(retriers) if matches(error, r["ErrorEquals"])), None)
    if index is not None and done < retriers[index].get("MaxAttempts", 3):
        delay = retries.delay_of(visit, retriers[index], done)
        details = {"retryIndex": index, "retryBackoffIntervalSeconds": int(delay)}
        return {**answer, "status": "RETRIABLE", "inspectionData": {"errorDetails": details}}
    caught = retries.catcher(visit, error)
    tried = {"retryIndex": index} if index is not None else {}
    if caught is None:
        answer["status"] = "FAILED"
        return {**answer, "inspectionData": {"errorDetails": tried}} if tried else answer
    try:
        following, output = retries.leave_by(visit, caught, error)
    except Fault as fault:
        error = visit.error(fault)
        return {"status": "FAILED", "error": error.error, "cause": error.cause}
    except StateError as e:
        return {"status": "FAILED", "error": e.error, "cause": e.cause}
    details = {**tried, "catchIndex": visit.state["Catch"].index(caught)}
    answer.update(status="CAUGHT_ERROR", nextState=following, output=output.text)
    return {**answer, "inspectionData": {"errorDetails": details}}


async def _mocked_lines(visit: Visit) -> tuple[str | None, Document]:
    """A Parallel or Map state whose lines are not run."""
    world = visit.branch.run.env
    assert isinstance(world, _World)
    query = queries.of(visit)
    data = query.before(visit)
    if visit.state["Type"] == "Map":
        _inspect_map(visit, data, world.settings.get("mapItemReaderData"))
        failures = world.settings.get("mapIterationFailureCount", 0)
        if failures and _intolerable(visit, failures, len(Document(text=(world.mock or {}).get("result", "[]")).value)):
            raise StateError(map_flow.EXCEEDED.error, map_flow.EXCEEDED.cause)
    output, assigned = query.after(visit, world.mocked())
    return visit.state.get("Next"), visit.leave(output, assigned)


def _inspect_map(visit: Visit, data: Document, read: str | None) -> None:
    query = queries.of(visit)
    if "ItemReader" not in visit.state:
        visit.inspect("afterItemsPath", _items(visit, query.items(visit, data), data))
    elif read is not None:
        visit.inspect("afterItemsPath", Document(text=read))
    visit.inspect("maxConcurrency", Document(query.count(visit, "MaxConcurrency", data) or 0))
    count = query.count(visit, "ToleratedFailureCount", data)
    percentage = query.percentage(visit, "ToleratedFailurePercentage", data)
    for name, value in (("toleratedFailureCount", count), ("toleratedFailurePercentage", percentage)):
        if value is not None:
            visit.inspect(name, Document(value))


def _items(visit: Visit, items: list[Any], data: Document) -> Document:
    """What a Map state goes over, in the spelling of where it was found (recorded, in the input and in a context object)."""
    path = paths.compile(visit.state.get("ItemsPath", "$")) if visit.language != "JSONata" else None
    found = {"$": data, "$$": visit.given}.get(path.source) if path is not None else None
    if path is None or path.steps is None or found is None:
        return Document(items)
    return Document(items, excerpt(found.text, path.steps))


def _intolerable(visit: Visit, failures: int, items: int) -> bool:
    """Are so many failed iterations too many? Where nothing is tolerated, none are (recorded)."""
    found = visit.inspection or {}
    count, percentage = found.get("toleratedFailureCount"), found.get("toleratedFailurePercentage")
    if count is None and percentage is None:
        return False
    return map_flow.exceeded(failures, items, count.value if count else 0, percentage.value if percentage else 0)


def _result(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine which waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a state under test has waited")


def _inspected(visit: Visit, state: dict[str, Any]) -> dict[str, Any]:
    found = visit.inspection or {}
    data: dict[str, Any] = {"input": visit.input.text}
    jsonata = visit.language == "JSONata"
    for name in JSONATA_SHOWN.get(state["Type"], ()) if jsonata else SHOWN.get(state["Type"], ("afterInputPath",)):
        if name in found:
            data[name] = found[name].text
        elif name == "afterInputPath" and state["Type"] == "Fail":
            data[name] = visit.input.text
    for name in ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"):
        if name in found:
            data[name] = found[name].value
    if visit.branch.variables:
        data["variables"] = Document(visit.branch.variables).text
    return data


class _World:
    """The environment of one state: no time passes, no history is kept, real work is done at once."""

    def __init__(self, db: State, name: str, mock: dict[str, Any] | None, settings: dict[str, Any], role: str) -> None:
        self.db = db
        self.mock = mock
        self.settings = settings
        self.execution = SimpleNamespace(
            machine=f"test of {name}",
            machine_name=f"test of {name}",
            arn="",
            mocked=None,
            revision=SimpleNamespace(role=role),
        )
        self.flow = self
        self.replaying = False
        self.count = 0

    def now(self) -> float:
        return self.db.scope.timestamp()

    def random(self) -> float:
        return self.db.scope.ids.random.random()

    def took(self, state: str, way: str) -> None:
        """A test of one state covers nothing."""

    def uuid(self) -> str:
        return uuid_of(Random(self.db.scope.ids.random.random()))

    def token(self) -> str:
        return self.db.scope.ids.token(64)

    def emit(self, type: str, details: dict[str, Any], previous: int) -> int:
        return 0

    async def sleep_until(self, timestamp: float) -> None:
        pass

    def mocked(self) -> Document:
        """The mocked result, or the mocked error."""
        assert self.mock is not None
        error = self.mock.get("errorOutput")
        if error is not None:
            raise StateError(error.get("error"), error.get("cause"))
        return Document(text=self.mock.get("result", "{}"))

    async def task(self, request: TaskRequest) -> Document:
        if self.mock is not None:
            return self.mocked()
        resource = resources.parse(request.resource)
        if resource is not None and (resource.pattern or resource.kind == "activity"):
            raise NotSupported(f"TestState can't wait for {request.resource}: give a mock")
        return await perform(self, request)  # type: ignore[arg-type]

    async def perform(self, function: Callable[[], Any]) -> Any:
        return function()

    async def map_run(self, request: MapRunRequest, redriven: str | None) -> Document:
        raise NotSupported("TestState can't run a distributed Map: give a mock")

    async def gather(self, coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        return [await c for c in coroutines]

    async def timeout(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        return await coroutine
