"""Functions: create, get, list, update, delete.

A function is created at once: the answer says Pending, the next look at it Active. An update is in progress for a second of
virtual time, in which AWS refuses the next one (ResourceConflictException); it counts for invocations at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.agenda import job
from ...core.operation import operation
from ...core.scope import Scope
from .code import code_of
from .configuration import DEFAULTS, answer, changed, check_new_name, check_tags, listed
from .downloads import location
from .errors import check_revision, conflict, function_not_found, invalid, refuse
from .names import Target, find, function_of, parse
from .pages import page
from .snapstart import check_runtime
from .store import LATEST, Code, Function, State, Version

UPDATE_SECONDS = 1.0


@operation
def create_function(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
    scope, text = state.scope, request["FunctionName"]
    name = parse(text).name
    check_new_name(text, name)
    settings = changed(scope, name, DEFAULTS, request)
    if not settings.get("Runtime") or not settings.get("Handler"):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    check_runtime(settings)
    check_tags(request.get("Tags") or {})
    code = code_of(scope, request["Code"])
    if name in state.functions:
        raise conflict(f"Function already exist: {name}")
    function = create(state, name, settings, code, request.get("Tags") or {})
    shown = function.latest
    if request.get("Publish"):
        from .versions import publish

        shown = replace(publish(state, function), state="Pending")
    response = answer(scope, name, shown, state.arn(name))  # without the version's number (recorded)
    return {**response, "ResponseMetadata": {"HTTPStatusCode": 201}}


def create(
    state: State, name: str, settings: dict[str, Any], code: Code, tags: dict[str, str], ready: bool = False
) -> Function:
    """Put a new function there, Pending until its turn on the agenda unless it is ready at once."""
    scope = state.scope
    latest = Version(
        LATEST, settings, code, scope.ids.uuid(), scope.timestamp(), state="Active" if ready else "Pending"
    )
    function = Function(name, latest, tags=dict(tags))
    state.functions[name] = function
    if not ready:
        scope.later(0, "lambda:created", name=name)
    return function


@job("lambda:created")
def _created(scope: Scope, name: str) -> None:
    state: State = scope.state()
    function = state.functions.get(name)
    if function is not None and function.latest.state == "Pending":
        state.put_latest(function, state="Active", modified=function.latest.modified)


@job("lambda:updated")
def _updated(scope: Scope, name: str, modified: float) -> None:
    state: State = scope.state()
    function = state.functions.get(name)
    if function is not None and function.latest.updating and function.latest.modified == modified:
        state.put_latest(function, updating=False, modified=function.latest.modified)


# ---------------------------------------------------------------------- reading


@operation
def get_function(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html"""
    target = find(state, request)
    version, function = target.version(), target.there()
    response: dict[str, Any] = {
        "Configuration": _shown(target, version),
        "Code": {"RepositoryType": "S3", "Location": location(target.state, function.name, version)},
    }
    if function.tags:
        response["Tags"] = dict(function.tags)
    if function.reserved is not None:
        response["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return response


@operation
def get_function_configuration(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html"""
    target = find(state, request)
    return _shown(target, target.version())


def _shown(target: Target, version: Version) -> dict[str, Any]:
    return answer(target.state.scope, target.name, version, target.arn)


@operation
def list_functions(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html"""
    refuse(request, "ListFunctions", "MasterRegion")
    every = request.get("FunctionVersion") == "ALL"
    shown = []
    for name in sorted(state.functions):
        function = state.functions[name]
        versions = [function.latest, *function.versions.values()] if every else [function.latest]
        shown += [listed(state.scope, name, v, state.arn(name, v.number if every else None)) for v in versions]
    functions, marker = page(shown, request.get("Marker"), request.get("MaxItems"), 50)
    return {"Functions": functions, **({"NextMarker": marker} if marker else {})}


# ---------------------------------------------------------------------- changing


@operation
def update_function_configuration(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html"""
    function = _to_update(state, request)
    settings = changed(state.scope, function.name, function.latest.settings, request)
    if function.latest.code.handler is None:  # a callable's runtime is what the test runs on
        check_runtime(settings)
    version = _update(state, function, settings=settings)
    return answer(state.scope, function.name, version, state.arn(function.name))


@operation
def update_function_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html"""
    refuse(request, "UpdateFunctionCode", "PublishTo")
    function = _to_update(state, request)
    if function.latest.code.handler is not None:
        raise invalid(f"{function.name} is a Python callable of the test's; give it another one with cloud.function.")
    code = code_of(state.scope, request)
    settings = function.latest.settings
    if request.get("Architectures"):
        settings = {**settings, "Architectures": list(request["Architectures"])}
    if request.get("DryRun"):
        planned = replace(function.latest, code=code, settings=settings)
        return answer(state.scope, function.name, planned, state.arn(function.name))
    version = _update(state, function, code=code, settings=settings)
    if request.get("Publish"):
        from .versions import publish

        version = replace(publish(state, function), state="Pending")
        return answer(state.scope, function.name, version, state.arn(function.name, version.number))
    return answer(state.scope, function.name, version, state.arn(function.name))


def _to_update(state: State, request: dict[str, Any]) -> Function:
    function = function_of(state, request)
    check_revision(request, function.latest.revision)
    check_idle(state, function)
    return function


def check_idle(state: State, function: Function) -> None:
    """Raises while an update is in progress."""
    if function.latest.updating:
        arn = state.arn(function.name)
        raise conflict(f"The operation cannot be performed at this time. An update is in progress for resource: {arn}")


def _update(state: State, function: Function, **changes: Any) -> Version:
    version = state.put_latest(function, updating=True, **changes)
    state.environments.idle.pop((function.name, LATEST), None)
    state.scope.later(UPDATE_SECONDS, "lambda:updated", background=True, name=function.name, modified=version.modified)
    return version


@operation
def delete_function(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""
    target = find(state, request)
    function, qualifier = target.function, target.qualifier
    if qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    if qualifier is not None and not qualifier.isdigit():
        raise invalid("Deletion of aliases is not currently supported.")
    if function is None:
        raise function_not_found(target.state.arn(target.name))  # without the qualifier (recorded)
    if qualifier is None:
        del state.functions[function.name]
        for key in [k for k in state.environments.idle if k[0] == function.name]:
            del state.environments.idle[key]
    else:
        _delete_version(state, function, qualifier)
    response: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": 204}}
    if "StatusCode" in _members("DeleteFunction"):
        response["StatusCode"] = 204
    return response


def _delete_version(state: State, function: Function, number: str) -> None:
    users = [a.name for a in function.aliases.values() if number == a.version or number in a.weights]
    if users:
        arns = ", ".join(state.arn(function.name, a) for a in users)
        raise conflict(f"Version {number} is being referenced by aliases: {arns}")  # a guess at the words
    function.versions.pop(number, None)
    state.environments.idle.pop((function.name, number), None)


def _members(name: str) -> Any:
    from ...core.operation import output_shape

    shape = output_shape("lambda", name)
    return () if shape is None else shape.members
