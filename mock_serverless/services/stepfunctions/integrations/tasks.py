"""A Task state's work with its history events, its time limits, and the answers that come from outside.

The integrations themselves are functions registered for a service, :func:`integration`; one that isn't registered calls the
operation of its name. https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....core.errors import NotSupported
from ....core.flow import FlowTimeout
from ..language import Document, StateError, TaskRequest, Timeout
from ..language.document import dumps
from ..language.errors import Fault, too_large
from ..mock_configuration import reply_of
from ..store import Token
from . import calls, resources
from .parameters import problems
from .resources import Resource

if TYPE_CHECKING:
    from ..flow import World

Integration = Callable[["World", Resource, dict[str, Any], Any], Any]
INTEGRATIONS: dict[str, Integration] = {}


def integration(service: str, action: str) -> Callable[[Integration], Integration]:
    """Register what an optimised integration does: ``function(world, resource, parameters, credentials) -> result``."""

    def register(function: Integration) -> Integration:
        INTEGRATIONS[f"{service}:{action}"] = function
        return function

    return register


async def perform(world: World, request: TaskRequest) -> Document:
    """Do the work of a Task state."""
    resource = resources.parse(request.resource)
    if resource is None:
        raise NotSupported(f"mock_serverless knows no resource {request.resource!r} for a Task state")
    return await KINDS[resource.kind](world, request, resource)


def mocked(world: World, request: TaskRequest) -> Document | None:
    """The answer that a test case has for this attempt, if it has one. Raises StateError where that is an error."""
    case = world.execution.mocked
    if case is None or request.state not in case:
        return None
    context = request.context()
    line = request.state, context.get("Map", {}).get("Item", {}).get("Index")
    reply = reply_of(case, request.state, world.attempts[line], context["State"]["RetryCount"])
    world.attempts[line] += 1
    if reply.error is not None:
        raise StateError(reply.error, reply.cause)
    return Document(reply.result)


def timed_out(*also: str) -> StateError:
    """Recorded: no cause, and the same name when a heartbeat was missed."""
    return StateError("States.Timeout", None, also)


async def limited(world: World, request: TaskRequest, work: Coroutine[Any, Any, Any]) -> Any:
    """The work within TimeoutSeconds."""
    if request.timeout is None:
        return await work
    began = world.now()
    try:
        result = await world.timeout(work, request.timeout)
    except Timeout:
        raise timed_out() from None
    if world.now() - began > request.timeout:
        raise timed_out()
    return result


def limits(request: TaskRequest) -> dict[str, Any]:
    """The limits as a scheduling event names them."""
    named = (("timeoutInSeconds", request.timeout), ("heartbeatInSeconds", request.heartbeat))
    return {k: v for k, v in named if v is not None}


def failure(error: StateError) -> dict[str, Any]:
    """Error and cause as an event names them."""
    return {k: v for k, v in (("error", error.error), ("cause", error.cause)) if v is not None}


# ---------------------------------------------------------------------- services


async def service(world: World, request: TaskRequest, resource: Resource) -> Document:
    """An optimised or SDK integration."""
    check_parameters(request, resource)
    request = _completed(request, resource)
    name = {"resource": resource.resource, "resourceType": resource.type}
    scheduled = {**name, "region": world.db.scope.region, "parameters": request.parameters, **limits(request)}
    if request.credentials is not None:
        scheduled["taskCredentials"] = {"roleArn": request.credentials.get("RoleArn", "")}
    request.emit("TaskScheduled", scheduled)
    request.emit("TaskStarted", name)
    try:
        result: Document = await limited(world, request, _work(world, request, resource, name))
        if result.too_large():
            raise too_large(resource.type)
    except StateError as error:
        close(world, request.token)
        kind = "TaskTimedOut" if error.error == "States.Timeout" else "TaskFailed"
        request.emit(kind, {**name, **failure(error)})
        raise
    request.emit("TaskSucceeded", {**name, "output": result})
    return result


ADDED = {"ecs:runTask.sync": {"StartedBy": "AWS Step Functions"}}
"""Parameters that the service sets where a definition doesn't (recorded)."""


def _completed(request: TaskRequest, resource: Resource) -> TaskRequest:
    added = ADDED.get(f"{resource.type}:{resource.resource}")
    given = request.parameters.value
    if added is None or not isinstance(given, dict):
        return request
    return replace(request, parameters=Document({**given, **{k: v for k, v in added.items() if k not in given}}))


def check_parameters(request: TaskRequest, resource: Resource) -> None:
    """Raises Fault for parameters that don't fit, before the task is scheduled; the cause is reported."""
    given = request.parameters.value
    if isinstance(given, dict) and (wrong := list(problems(resource, given))):
        text = f"The Parameters '{request.parameters.text}' could not be used to start the Task: [{', '.join(wrong)}]"
        raise Fault(text)


async def _work(world: World, request: TaskRequest, resource: Resource, name: dict[str, str]) -> Document:
    parameters = request.parameters.value
    if not isinstance(parameters, dict):
        raise StateError("States.Runtime", f"The parameters of {resource.arn} must be a JSON object")
    answer = mocked(world, request)
    if answer is not None:
        if resource.pattern:
            request.emit("TaskSubmitted", {**name, "output": answer})
        return answer
    answer = await _given(world, f"{resource.type}:{resource.action}")
    if answer is not None:
        return answer
    if resource.pattern == resources.TOKEN:
        register(world, request)
    function = INTEGRATIONS.get(f"{resource.type}:{resource.action}", _generic)
    result = await world.flow.perform(lambda: function(world, resource, parameters, request.credentials))
    poll = POLLS.get((resource.service, resource.operation))
    if poll is not None:
        result = await poll(
            world, result, lambda: function(world, resource, parameters, request.credentials), parameters
        )
    if not resource.pattern:
        return Document(result)
    if resource.type == "ecs" and result.get("Failures"):
        # https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html; the cause is a guess
        raise StateError("AmazonECS.Unknown", dumps(result["Failures"]))
    submitted = Document(result)
    if submitted.too_large():
        raise too_large(resource.type)
    request.emit("TaskSubmitted", {**name, "output": submitted})
    if resource.pattern == resources.TOKEN:
        return await answered(world, request)
    waiter = SYNC.get(f"{resource.type}:{resource.action}") or SYNC["*"]
    return await waiter(world, resource, parameters, result, request.credentials)


async def _given(world: World, key: str) -> Document | None:
    """The result that ``cloud.stepfunctions.job`` gives to an integration which no operation of botocore's stands behind."""
    given = world.db.job_results.get(key)
    if given is None:
        return None
    await world.sleep_until(world.now() + given[0])
    return Document(given[1])


Waiter = Callable[["World", Resource, dict[str, Any], Any, Any], Awaitable[Document]]
SYNC: dict[str, Waiter] = {}
"""How the ``.sync`` pattern waits for the end of what was started, by integration and action; ``*`` for all others (jobs.py)."""
Poll = Callable[["World", Any, Callable[[], Any], dict[str, Any]], Awaitable[Any]]
POLLS: dict[tuple[str, str], Poll] = {}
"""Calls that block until there is something, or for a while."""


def _generic(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    if resource.type == "eks" and resource.action in ("call", "runJob"):
        raise NotSupported(
            f"{resource.arn} speaks to a cluster's Kubernetes API, which mock_serverless has none of. Give it a result: "
            f"cloud.stepfunctions.job('eks:{resource.action}', duration=..., result={{...}})"
        )
    result = calls.answer(resource, calls.call(world, resource, parameters, credentials))
    return {**result, **calls.metadata(world)} if resource.kind == "optimised" else result


# ---------------------------------------------------------------------- answers from outside


def register(world: World, request: TaskRequest) -> None:
    """From now on the token can be answered."""
    assert request.token is not None
    if not world.flow.replaying:
        world.db.tokens[request.token] = Token(
            request.token,
            world.execution.arn,
            request.state,
            request.resource,
            request.parameters,
            request.heartbeat,
        )


def close(world: World, token: str | None) -> None:
    """From now on it can't be answered any more."""
    found = None if token is None else world.db.tokens.get(token)
    if found is not None and not world.flow.replaying:
        found.open = False


def key(token: str) -> str:
    """The event that a task's flow waits for."""
    return f"token:{token}"


HEARTBEAT = ("heartbeat",)


async def answered(world: World, request: TaskRequest) -> Document:
    """Wait for the answer to a token, which must show a heartbeat every so often. It may have come while work was submitted."""
    token = request.token
    assert token is not None
    early = await world.flow.perform(lambda: world.db.tokens[token].early)
    try:
        while True:
            answer = early or await _next_answer(world, key(token), request.heartbeat)
            if answer[0] == "success":
                return Document(text=answer[1])
            if answer[0] == "failure":
                raise StateError(answer[1], answer[2])
    finally:
        close(world, token)


async def _next_answer(world: World, key: str, heartbeat: int | None) -> Any:
    async def event() -> Any:
        return await world.flow.event(key)

    if heartbeat is None:
        return await world.flow.event(key)
    try:
        return await world.flow.timeout(event(), heartbeat)
    except FlowTimeout:
        raise timed_out("States.HeartbeatTimeout") from None


# ---------------------------------------------------------------------- functions and activities


async def function(world: World, request: TaskRequest, resource: Resource) -> Document:
    """A Lambda function named by its ARN."""
    from .lambda_ import invoke_function

    scheduled = {"input": request.parameters, "resource": resource.arn, **limits(request)}
    if request.credentials is not None:
        scheduled["taskCredentials"] = {"roleArn": request.credentials.get("RoleArn", "")}
    request.emit("LambdaFunctionScheduled", scheduled)
    request.emit("LambdaFunctionStarted", {})

    async def work() -> Document:
        answer = mocked(world, request)
        if answer is not None:
            return answer
        payload = await world.flow.perform(
            lambda: invoke_function(world, resource.arn, request.parameters.text, request.credentials)
        )
        return Document(text=payload)

    try:
        result: Document = await limited(world, request, work())
        if result.too_large():
            raise too_large(resource.arn)
    except StateError as error:
        kind = "LambdaFunctionTimedOut" if error.error == "States.Timeout" else "LambdaFunctionFailed"
        request.emit(kind, failure(error))
        raise
    request.emit("LambdaFunctionSucceeded", {"output": result})
    return result


async def activity(world: World, request: TaskRequest, resource: Resource) -> Document:
    """A task for a worker that asks for it."""
    from ..activities import offer

    scheduled = {"input": request.parameters, "resource": resource.arn, **limits(request)}
    simulated = world.execution.mocked is not None and request.state in world.execution.mocked
    if not simulated and not await world.flow.perform(lambda: resource.arn in world.db.activities):
        raise Fault(f"The activity {resource.arn} does not exist.")  # recorded
    request.emit("ActivityScheduled", scheduled)
    token = world.token()
    own = TaskRequest(
        request.state, request.resource, request.parameters, request.timeout, request.heartbeat,
        request.credentials, token, request.context, request.emit,
    )  # fmt: skip

    async def work() -> Document:
        answer = mocked(world, request)
        if answer is not None:
            return answer
        register(world, own)
        await world.flow.perform(lambda: offer(world.db, resource.arn, token))
        worker = await world.flow.event(f"worker:{token}")
        request.emit("ActivityStarted", {"workerName": worker} if worker else {})
        return await answered(world, own)

    try:
        result: Document = await limited(world, request, work())
        if result.too_large():
            raise too_large(resource.arn)
    except StateError as error:
        close(world, token)
        kind = "ActivityTimedOut" if error.error == "States.Timeout" else "ActivityFailed"
        request.emit(kind, failure(error))
        raise
    request.emit("ActivitySucceeded", {"output": result})
    return result


KINDS: dict[str, Callable[[World, TaskRequest, Resource], Awaitable[Document]]] = {
    "lambda": function,
    "activity": activity,
    "optimised": service,
    "sdk": service,
}
