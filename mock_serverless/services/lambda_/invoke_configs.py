"""How events are handled: retries, age, destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

from typing import Any

from ...core.arns import Arn
from ...core.operation import operation
from .destinations import WAYS
from .errors import invalid, not_found
from .names import Target, find, parse
from .pages import page
from .store import LATEST, Function, State

NUMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


@operation
def put_function_event_invoke_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"""
    function, key = _checked(state, request)
    return _put(state, function, key, {}, request)


@operation
def update_function_event_invoke_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html"""
    function, key = _checked(state, request)
    if key not in function.invoke_configs:
        raise _missing(state, function.name, key)
    return _put(state, function, key, function.invoke_configs[key], request)


def _put(state: State, function: Function, key: str, before: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    destinations = dict(before.get("DestinationConfig") or {"OnSuccess": {}, "OnFailure": {}})
    for when, given in (request.get("DestinationConfig") or {}).items():
        destinations[when] = {k: v for k, v in (given or {}).items() if v}
    numbers = {n: request[n] for n in NUMBERS if request.get(n) is not None}
    config = {**before, **numbers, "DestinationConfig": destinations, "LastModified": state.scope.now()}
    function.invoke_configs[key] = config
    return _shown(state, function, key)


def _shown(state: State, function: Function, key: str) -> dict[str, Any]:
    return {**function.invoke_configs[key], "FunctionArn": state.arn(function.name, key)}


# ---------------------------------------------------------------------- checks, in AWS's order


def _checked(state: State, request: dict[str, Any]) -> tuple[Function, str]:
    if all(request.get(m) is None for m in (*NUMBERS, "DestinationConfig")):
        raise invalid("You must specify at least one of error handling or destination setting.")
    target = find(state, request)
    function, key = target.function, target.qualifier or LATEST
    if function is None or (function.version(key) is None and key not in function.aliases):
        raise not_found("The function doesn't exist.")
    given = request.get("DestinationConfig") or {}
    for when in ("OnSuccess", "OnFailure"):
        arn = (given.get(when) or {}).get("Destination")
        if arn:
            _check_destination(target, given, arn)
    return function, key


def _check_destination(target: Target, given: dict[str, Any], text: str) -> None:
    arn = Arn.parse(text)
    if arn is None or arn.service not in WAYS:
        raise invalid(f"The provided destination config {_java(given)} is invalid.")
    if arn.service != "lambda":
        return
    name = parse(text).name
    if name == target.name:
        raise invalid("You can't specify the function as a destination for itself.")
    if name not in target.state.functions:
        raise invalid(f"The destination ARN {text} is invalid.")


def _java(given: dict[str, Any]) -> str:
    def one(when: str) -> str:
        found = given.get(when)
        return "null" if found is None else f"{when}(destination={found.get('Destination') or 'null'})"

    return f"DestinationConfig(onSuccess={one('OnSuccess')}, onFailure={one('OnFailure')})"


# ---------------------------------------------------------------------- reading and deleting


def _missing(state: State, name: str, key: str) -> Exception:
    return not_found(f"The function {state.arn(name, key)} doesn't have an EventInvokeConfig")


def _present(state: State, request: dict[str, Any]) -> tuple[Function, str]:
    target = find(state, request)
    function, key = target.function, target.qualifier or LATEST
    if function is None or key not in function.invoke_configs:
        raise _missing(target.state, target.name, key)
    return function, key


@operation
def get_function_event_invoke_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html"""
    return _shown(state, *_present(state, request))


@operation
def delete_function_event_invoke_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html"""
    function, key = _present(state, request)
    del function.invoke_configs[key]
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}


@operation
def list_function_event_invoke_configs(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html"""
    target = find(state, request)
    if target.function is None:
        raise not_found("The function doesn't exist.")
    shown = [_shown(state, target.function, key) for key in sorted(target.function.invoke_configs)]
    found, marker = page(shown, request.get("Marker"), request.get("MaxItems"), 50)
    return {"FunctionEventInvokeConfigs": found, **({"NextMarker": marker} if marker else {})}
