"""Aliases of state machines: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html"""

from __future__ import annotations

import re
from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .names import page
from .quotas import check_quota
from .store import Alias, State, StateMachine, being_deleted


def _routes(db: State, routes: list[dict[str, Any]]) -> tuple[StateMachine, list[dict[str, Any]]]:
    """The machine that a routing configuration is for; its weights make 100. The words are recorded unless they are marked."""
    arns = [r["stateMachineVersionArn"] for r in routes]
    received = f"Received: [{', '.join(arns)}]"
    machines = {arn.rpartition(":")[0] for arn in arns}
    if any(not re.fullmatch(r"[^:]+(:[^:]*){6}:\d+", arn) for arn in arns):
        raise _refused(f"Routing configuration must contain state machine version ARNs. {received}")
    if len(set(arns)) < len(arns):
        raise _refused(f"Routing configuration must contain distinct state machine version ARNs. {received}")
    weights = [r["weight"] for r in routes]
    if sum(weights) != 100:
        raise _refused(f"Sum of routing configuration weights must equal 100. Received: {weights}")
    if len(machines) != 1:  # a guess at the words
        raise _refused(f"Routing configuration must contain versions of one state machine. {received}")
    machine = db.machines.get(machines.pop())
    if machine is None or any(int(arn.rpartition(":")[2]) not in machine.versions for arn in arns):
        raise _missing()
    return machine, [dict(r) for r in routes]


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _missing() -> AwsError:
    """Recorded for the alias of an update; that it is the same elsewhere is a guess."""
    return AwsError("ResourceNotFound", "Request references a resource that does not exist.")


@operation
def create_state_machine_alias(db: State, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    machine, routes = _routes(db, request["routingConfiguration"])
    if machine.deleting:
        raise being_deleted(machine.arn)
    there = machine.aliases.get(name)
    if there is not None:
        if (there.routes, there.description) != (routes, request.get("description")):
            # recorded for another description as well
            reason = "an alias with the same name and a different routing configuration already exists."
            raise AwsError("ConflictException", f"Failed to create alias because {reason}")
    else:
        check_quota("alias", machine.aliases)
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
        raise _missing()
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
    if machine.deleting:
        raise being_deleted(machine.arn)
    if not {"description", "routingConfiguration"} & request.keys():
        # "You must specify at least one of the description or routingConfiguration parameters": the words are a guess
        raise _refused("Either the description or the routingConfiguration must be specified")
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
    """Nothing happens when there is none (recorded)."""
    machine_arn, _, name = request["stateMachineAliasArn"].rpartition(":")
    if machine_arn in db.machines:
        db.machines[machine_arn].aliases.pop(name, None)
    return {}


@operation
def list_state_machine_aliases(db: State, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["stateMachineArn"]
    machine = db.active_machine(arn)
    aliases = list(machine.aliases.values())  # the oldest first is recorded, although the API reference says the newest
    if arn != machine.arn:
        aliases = [a for a in aliases if any(r["stateMachineVersionArn"] == arn for r in a.routes)]
    found, token = page(aliases, request, db.scope.timestamp())
    entries = [{"stateMachineAliasArn": a.arn, "creationDate": from_timestamp(a.created)} for a in found]
    return {"stateMachineAliases": entries, **token}
