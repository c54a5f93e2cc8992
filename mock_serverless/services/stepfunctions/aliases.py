"""Aliases of state machines: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html"""

from __future__ import annotations

import re
from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .names import page
from .store import Alias, State, StateMachine


def _routes(db: State, routes: list[dict[str, Any]]) -> tuple[StateMachine, list[dict[str, Any]]]:
    """The machine that a routing configuration is for; its weights make 100."""
    machines = {r["stateMachineVersionArn"].rpartition(":")[0] for r in routes}
    if len(machines) != 1 or not 1 <= len(routes) <= 2 or sum(r["weight"] for r in routes) != 100:
        message = "Invalid routing configuration: one or two versions of one machine, with weights that make 100"
        raise AwsError("ValidationException", message)
    machine = db.machine(machines.pop())
    for route in routes:
        number = route["stateMachineVersionArn"].rpartition(":")[2]
        if not number.isdigit() or int(number) not in machine.versions:
            raise AwsError("ResourceNotFound", f"Requested resource not found: {route['stateMachineVersionArn']}")
    return machine, [dict(r) for r in routes]


@operation
def create_state_machine_alias(db: State, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    if not re.fullmatch(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}", name):
        raise AwsError("ValidationException", f"Invalid alias name: {name}")
    machine, routes = _routes(db, request["routingConfiguration"])
    there = machine.aliases.get(name)
    if there is not None:
        if (there.routes, there.description) != (routes, request.get("description")):
            raise AwsError("ConflictException", f"Alias already exists: {there.arn}")
    else:
        now = db.scope.timestamp()
        there = Alias(name, f"{machine.arn}:{name}", routes, now, now, request.get("description"))
        machine.aliases[name] = there
    return {"stateMachineAliasArn": there.arn, "creationDate": from_timestamp(there.created)}


def find(db: State, arn: str) -> tuple[StateMachine, Alias]:
    """The alias of an ARN."""
    machine_arn, _, name = arn.rpartition(":")
    machine = db.machines.get(machine_arn)
    alias = machine.aliases.get(name) if machine is not None else None
    if machine is None or alias is None:
        raise AwsError("ResourceNotFound", f"Requested resource not found: {arn}")
    return machine, alias


@operation
def describe_state_machine_alias(db: State, request: dict[str, Any]) -> dict[str, Any]:
    _, alias = find(db, request["stateMachineAliasArn"])
    answer: dict[str, Any] = {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": [dict(r) for r in alias.routes],
        "creationDate": from_timestamp(alias.created),
        "updateDate": from_timestamp(alias.updated),
    }
    return {**answer, "description": alias.description} if alias.description is not None else answer


@operation
def update_state_machine_alias(db: State, request: dict[str, Any]) -> dict[str, Any]:
    machine, alias = find(db, request["stateMachineAliasArn"])
    if "routingConfiguration" in request:
        target, routes = _routes(db, request["routingConfiguration"])
        if target is not machine:
            raise AwsError("ValidationException", "The routing configuration names another state machine")
        alias.routes = routes
    if "description" in request:
        alias.description = request["description"]
    alias.updated = db.scope.timestamp()
    return {"updateDate": from_timestamp(alias.updated)}


@operation
def delete_state_machine_alias(db: State, request: dict[str, Any]) -> dict[str, Any]:
    machine, alias = find(db, request["stateMachineAliasArn"])
    del machine.aliases[alias.name]
    return {}


@operation
def list_state_machine_aliases(db: State, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["stateMachineArn"]
    machine = db.machine(arn)
    aliases = list(machine.aliases.values())
    if arn != machine.arn:
        aliases = [a for a in aliases if any(r["stateMachineVersionArn"] == arn for r in a.routes)]
    found, token = page(aliases, request)
    entries = [{"stateMachineAliasArn": a.arn, "creationDate": from_timestamp(a.created)} for a in found]
    return {"stateMachineAliases": entries, **token}
