"""Versions of state machines: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .names import page
from .quotas import check_quota
from .store import State, StateMachine, Version


def version_arn(machine: StateMachine, version: Version) -> str:
    """The ARN of a version."""
    return f"{machine.arn}:{version.number}"


def current(machine: StateMachine) -> Version | None:
    """The newest version, if it is one of the machine's revision of today."""
    newest = max(machine.versions.values(), key=lambda v: v.number, default=None)
    return newest if newest is not None and newest.revision is machine.revision else None


def publish(db: State, machine: StateMachine, description: str | None) -> Version:
    """A version of the machine's revision: the one that there is (recorded), else a new one. Numbers are never reused."""
    there = current(machine)
    if there is not None:
        return there
    check_quota("version", machine.versions)
    version = Version(machine.next_version, machine.revision, db.scope.timestamp(), description)
    machine.versions[version.number] = version
    machine.next_version += 1
    return version


@operation
def publish_state_machine_version(db: State, request: dict[str, Any]) -> dict[str, Any]:
    machine = db.active_machine(request["stateMachineArn"])
    expected = request.get("revisionId")
    if expected is not None and expected != machine.revision.id:
        message = f"Failed to publish the State Machine version for revision {expected}. "
        raise AwsError("ConflictException", f"{message}The current State Machine revision is {machine.revision.id}.")
    version = publish(db, machine, request.get("description"))
    return {"stateMachineVersionArn": version_arn(machine, version), "creationDate": from_timestamp(version.created)}


@operation
def list_state_machine_versions(db: State, request: dict[str, Any]) -> dict[str, Any]:
    machine = db.machine(request["stateMachineArn"])
    newest_first = sorted(machine.versions.values(), key=lambda v: -v.number)
    versions, token = page(newest_first, request, db.scope.timestamp())
    entries = [
        {"stateMachineVersionArn": version_arn(machine, v), "creationDate": from_timestamp(v.created)} for v in versions
    ]
    return {"stateMachineVersions": entries, **token}


@operation
def delete_state_machine_version(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing happens when there is none (recorded); one that an alias points to stays."""
    arn = request["stateMachineVersionArn"]
    machine_arn, _, number = arn.rpartition(":")
    if not number.isdigit():
        raise AwsError("ValidationException", "Invalid version ARN")
    machine = db.machines.get(machine_arn)
    if machine is None:
        return {}
    using = sorted(
        a.name for a in machine.aliases.values() if any(r["stateMachineVersionArn"] == arn for r in a.routes)
    )
    if using:
        message = "Version to be deleted must not be referenced by an alias. "
        listed = f"Current list of aliases referencing this version: [{', '.join(using)}]"
        raise AwsError("ConflictException", message + listed)
    machine.versions.pop(int(number), None)
    return {}
