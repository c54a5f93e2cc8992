"""Function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotSupported
from ...core.operation import operation
from .errors import conflict, no_such_resource, not_found
from .names import Target, find
from .pages import page
from .store import Function, State

WHOLE = ""


@operation
def create_function_url_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html"""
    target = find(state, request)
    function, key = _function(target), target.qualifier or WHOLE
    if key in function.urls:
        raise conflict(
            f"Failed to create function url config for [functionArn = {target.arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    _check_mode(request)
    now = state.scope.now()
    host = f"{state.scope.ids.token(32)}.lambda-url.{state.scope.region}.on.aws"
    config = {"url": f"https://{host}/", "host": host, "created": now, "modified": now, "mode": "BUFFERED"}
    function.urls[key] = _changed(config, request)
    shown = _shown(target, function.urls[key])
    created = {k: v for k, v in shown.items() if k not in ("LastModifiedTime", "InvokeMode")}
    if request.get("InvokeMode"):
        created["InvokeMode"] = shown["InvokeMode"]
    return {**created, "ResponseMetadata": {"HTTPStatusCode": 201}}


def _function(target: Target) -> Function:
    """The function whose URL it is about, with the alias that is named (recorded: the refusal's words)."""
    function, alias = target.function, target.qualifier
    if function is None or (alias and alias not in function.aliases):
        raise not_found("Function does not exist")
    return function


def _check_mode(request: dict[str, Any]) -> None:
    if request.get("InvokeMode") == "RESPONSE_STREAM":
        raise NotSupported("lambda: mock_serverless does not implement InvokeMode RESPONSE_STREAM of function URLs.")


def _changed(config: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    names = {"AuthType": "auth", "Cors": "cors", "InvokeMode": "mode"}
    return {**config, **{short: request[member] for member, short in names.items() if request.get(member) is not None}}


def _shown(target: Target, config: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "FunctionUrl": config["url"],
        "FunctionArn": target.arn,
        "AuthType": config["auth"],
        "CreationTime": _time(config["created"]),
        "LastModifiedTime": _time(config["modified"]),
        "InvokeMode": config["mode"],
    }
    if config.get("cors"):
        shown["Cors"] = config["cors"]
    return shown


def _time(when: Any) -> str:
    return str(when.isoformat(timespec="microseconds").replace("+00:00", "000Z"))


def _config(target: Target) -> dict[str, Any]:
    config = None if target.function is None else target.function.urls.get(target.qualifier or WHOLE)
    if config is None:
        raise no_such_resource()
    return config


@operation
def get_function_url_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html"""
    target = find(state, request)
    return _shown(target, _config(target))


@operation
def update_function_url_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html"""
    target = find(state, request)
    function = _function(target)
    _check_mode(request)
    config = {**_changed(_config(target), request), "modified": state.scope.now()}
    function.urls[target.qualifier or WHOLE] = config
    shown = _shown(target, config)
    if not request.get("InvokeMode"):
        del shown["InvokeMode"]
    return shown


@operation
def delete_function_url_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html"""
    target = find(state, request)
    _config(target)
    del target.there().urls[target.qualifier or WHOLE]
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}


@operation
def list_function_url_configs(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html"""
    target = find(state, request)
    function = _function(target)
    shown = [_shown(target._replace(qualifier=key or None), config) for key, config in sorted(function.urls.items())]
    found, marker = page(shown, request.get("Marker"), request.get("MaxItems"), 50)
    return {"FunctionUrlConfigs": found, **({"NextMarker": marker} if marker else {})}
