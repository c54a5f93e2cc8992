"""Aliases: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .errors import check_revision, conflict, function_not_found, invalid, not_found
from .names import find, function_of
from .pages import page
from .snapstart import check_usable
from .store import LATEST, Alias, Function, State


@operation
def create_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"""
    target, name, number = find(state, request), request["Name"], request["FunctionVersion"]
    function = target._replace(qualifier=number).there()
    _check_version(state, function, number)
    weights = _weights(state, function, request, number)
    if name in function.aliases:
        raise conflict(f"Alias already exists: {state.arn(function.name, name)}")
    alias = Alias(name, number, request.get("Description") or "", weights, state.scope.ids.uuid())
    function.aliases[name] = alias
    return {**_shown(state, function, alias), "ResponseMetadata": {"HTTPStatusCode": 201}}


def _check_version(state: State, function: Function, number: str) -> None:
    version = function.version(number)
    if version is None:
        raise function_not_found(state.arn(function.name, number))
    check_usable(version)


def _weights(state: State, function: Function, request: dict[str, Any], number: str) -> dict[str, float]:
    weights = dict((request.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other, weight in weights.items():
        if number == LATEST or other == LATEST:
            words = "$LATEST is not supported for an alias pointing to more than 1 version"
            raise AwsError("InvalidParameterValueException", words, 400)  # it has no Type (recorded)
        if other == number:
            raise invalid(
                f"Invalid function version {other}. Function version {other} is already included in routing configuration."
            )
        if not 0.0 <= weight <= 1.0:
            raise invalid(f"Invalid weight value {weight}: must be between 0.0 and 1.0.")  # a guess at the words
        _check_version(state, function, other)
    return weights


def _shown(state: State, function: Function, alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": state.arn(function.name, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": alias.weights}
    return shown


def _alias(state: State, request: dict[str, Any]) -> tuple[Function, Alias]:
    function = function_of(state, request)
    alias = function.aliases.get(request["Name"])
    if alias is None:
        raise not_found(f"Cannot find alias arn: {state.arn(function.name, request['Name'])}")
    return function, alias


@operation
def get_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html"""
    return _shown(state, *_alias(state, request))


@operation
def update_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html"""
    function, alias = _alias(state, request)
    check_revision(request, alias.revision)
    number = request.get("FunctionVersion") or alias.version
    _check_version(state, function, number)
    weights = alias.weights if request.get("RoutingConfig") is None else _weights(state, function, request, number)
    description = request.get("Description")
    changed = replace(
        alias,
        version=number,
        weights=weights,
        description=alias.description if description is None else description,
        revision=state.scope.ids.uuid(),
    )
    function.aliases[alias.name] = changed
    return _shown(state, function, changed)


@operation
def delete_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html"""
    function, name = function_of(state, request), request["Name"]
    function.aliases.pop(name, None)
    for per_qualifier in (function.statements, function.invoke_configs, function.urls):
        per_qualifier.pop(name, None)
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}


@operation
def list_aliases(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html"""
    function, number = function_of(state, request), request.get("FunctionVersion")
    aliases = [
        _shown(state, function, a)
        for _, a in sorted(function.aliases.items())
        if number in (None, a.version, *a.weights)
    ]
    found, marker = page(aliases, request.get("Marker"), request.get("MaxItems"), 50)
    return {"Aliases": found, **({"NextMarker": marker} if marker else {})}
