"""State machines: create, describe, update, delete, list, validate.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html and its neighbours; answers and
errors are recorded where a message is marked so.
"""

from __future__ import annotations

from typing import Any

from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from . import coverage, variables
from .encryption import check_encryption
from .execution_log import check_destination
from .integrations.resources import KNOWN
from .language import validate, warnings
from .names import check_name, page
from .quotas import check_quota
from .store import Revision, State, StateMachine, being_deleted
from .tags import tags_of
from .versions import current, publish, version_arn

SETTINGS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


@operation
def create_state_machine(db: State, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    check_name(name)
    _check_version_description(request)
    _check_role(request["roleArn"])
    type = request.get("type", "STANDARD")
    settings = _settings(request, {})
    check_definition(request["definition"], type)
    arn = db.arn("stateMachine", name)
    there = db.machines.get(arn)
    if coverage.collecting is not None:
        coverage.collecting.created(name, request["definition"])
    if there is None:
        check_quota("stateMachine", db.machines)
        _check_elsewhere(db, arn, settings)
        now = db.scope.timestamp()
        revision = Revision("INITIAL", request["definition"], request["roleArn"])
        tags = tags_of(request, arn)
        there = db.machines[arn] = StateMachine(
            arn, name, type, revision, now, now, settings, tags, _published(request)
        )
    elif there.deleting:
        raise being_deleted(arn)
    elif not _same(there, request, type, settings):
        raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    answer: dict[str, Any] = {"stateMachineArn": arn, "creationDate": from_timestamp(there.created)}
    if request.get("publish"):
        version = publish(db, there, request.get("versionDescription"))
        answer["stateMachineVersionArn"] = version_arn(there, version)
    return answer


def _same(there: StateMachine, request: dict[str, Any], type: str, settings: dict[str, Any]) -> bool:
    """An idempotent repetition: API_CreateStateMachine (the role and the tags don't count)."""
    before = (there.revision.definition, there.type, there.settings, there.published)
    return before == (request["definition"], type, settings, _published(request))


def _published(request: dict[str, Any]) -> tuple[bool, str | None]:
    """ "The check is also based on the publish and versionDescription parameters." """
    return bool(request.get("publish")), request.get("versionDescription")


def check_definition(text: str, type: str) -> None:
    """Raises InvalidDefinition in AWS's words (recorded)."""
    problems = validate(text, type, KNOWN)
    errors = [p for p in problems if p.severity == "ERROR"]
    if errors:
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, errors))}'")


def _settings(request: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    logging = request.get("loggingConfiguration")
    if logging is not None:
        _check_logging(logging)
        logging = {"level": "OFF", "includeExecutionData": False, **logging}
    tracing = request.get("tracingConfiguration")
    settings: dict[str, Any] = {
        "loggingConfiguration": logging
        or before.get("loggingConfiguration")
        or {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": ({"enabled": False, **tracing} if tracing is not None else None)
        or before.get("tracingConfiguration")
        or {"enabled": False},
    }
    encryption = request.get("encryptionConfiguration") or before.get("encryptionConfiguration")
    if encryption:
        settings["encryptionConfiguration"] = encryption
    return settings


def _check_logging(logging: dict[str, Any]) -> None:
    """Recorded: one destination, unless nothing is logged."""
    destinations = logging.get("destinations") or []
    if len(destinations) > 1 or (logging.get("level", "OFF") != "OFF" and not destinations):
        message = "Invalid Logging Configuration: Must specify exactly one Log Destination."
        raise AwsError("InvalidLoggingConfiguration", message)


def _check_elsewhere(db: State, arn: str, settings: dict[str, Any]) -> None:
    """Look for the log group and the key of a machine's settings where they are."""
    check_encryption(db, settings.get("encryptionConfiguration"), {"aws:states:stateMachineArn": arn})
    check_destination(db, settings.get("loggingConfiguration") or {})


def _check_role(arn: str) -> None:
    """Reported."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise AwsError("InvalidArn", f"Invalid Role Arn: '{arn}'")


def _check_version_description(request: dict[str, Any]) -> None:
    """Recorded."""
    if request.get("versionDescription") and not request.get("publish"):
        raise AwsError("ValidationException", "Version description can only be set when publish is true")


@operation
def update_state_machine(db: State, request: dict[str, Any]) -> dict[str, Any]:
    _check_version_description(request)
    machine = db.machine(request["stateMachineArn"])
    if machine.arn != request["stateMachineArn"]:  # a version's or alias' (recorded)
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{request['stateMachineArn']}'")
    if machine.deleting:
        raise being_deleted(machine.arn)
    if not any(k in request for k in ("definition", "roleArn", *SETTINGS)):  # the words are recorded
        raise AwsError("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, "
                       "or the TracingConfiguration must be specified")  # fmt: skip
    if "roleArn" in request:
        _check_role(request["roleArn"])
    definition = request.get("definition", machine.revision.definition)
    if "definition" in request:
        check_definition(definition, machine.type)
    role = request.get("roleArn", machine.revision.role)
    settings = _settings(request, machine.settings)
    _check_elsewhere(db, machine.arn, {name: settings[name] for name in SETTINGS if name in request})
    before = (machine.revision.definition, machine.revision.role, machine.settings)
    changed = (definition, role, settings) != before
    if request.get("publish") and (changed or current(machine) is None):
        check_quota("version", machine.versions)  # before anything is written
    machine.updated = db.scope.timestamp()
    if changed:
        machine.revision = Revision(db.scope.ids.uuid(), definition, role)
        if coverage.collecting is not None:
            coverage.collecting.created(machine.name, definition)
        machine.settings, machine.data_key_until = settings, 0.0
    answer: dict[str, Any] = {"updateDate": from_timestamp(machine.updated)}
    if machine.revision.id != "INITIAL":
        answer["revisionId"] = machine.revision.id
    if request.get("publish"):
        version = publish(db, machine, request.get("versionDescription"))
        answer["stateMachineVersionArn"] = version_arn(machine, version)
    return answer


@operation
def describe_state_machine(db: State, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["stateMachineArn"]
    machine = db.machine(arn)
    revision, created, description = machine.revision, machine.created, None
    qualifier = arn[len(machine.arn) + 1 :]
    if qualifier:
        version = machine.versions.get(int(qualifier)) if qualifier.isdigit() else None
        if version is None:
            raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        revision, created, description = version.revision, version.created, version.description
    answer: dict[str, Any] = {
        "stateMachineArn": arn,
        "name": machine.name,
        "status": "DELETING" if machine.deleting else "ACTIVE",
        "type": machine.type,
        "creationDate": from_timestamp(created),
        **details(revision, machine.settings, request.get("includedData") != "METADATA_ONLY"),
    }
    if revision.id != "INITIAL":
        answer["revisionId"] = revision.id
    if description is not None:
        answer["description"] = description
    return answer


def details(revision: Revision, settings: dict[str, Any], whole: bool = True) -> dict[str, Any]:
    """What a machine and an execution of it have in common; of METADATA_ONLY "the returned definition will be {}".

    Recorded: answers with variableReferences also name the encryption, others only when one was configured.
    """
    if not whole:
        return {"definition": "{}", "roleArn": revision.role, **settings}
    answer = {"definition": revision.definition, "roleArn": revision.role, **settings}
    references = variables.references(revision.definition)
    if references:
        answer["variableReferences"] = references
        answer.setdefault("encryptionConfiguration", {"type": "AWS_OWNED_KEY"})
    return answer


@operation
def delete_state_machine(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing happens when there is none (recorded).

    A standard machine is DELETING until its last execution has ended, which is the case at its next transition (flow.py); an
    express machine goes, and what runs of it runs on ("running executions may emit logs").
    """
    try:
        machine = db.machine(request["stateMachineArn"])
    except AwsError as e:
        if e.code != "StateMachineDoesNotExist":
            raise
        return {}
    if machine.arn != request["stateMachineArn"]:  # a version's or an alias's: that the machine stays is a guess
        return {}
    machine.deleting = True
    if machine.type == "EXPRESS":
        machine.executions = []
    sweep(db, machine.arn)
    return {}


def sweep(db: State, arn: str) -> None:
    """Take away a machine which is to go, once no execution of it runs."""
    machine = db.machines.get(arn)
    if machine is not None and machine.deleting:
        running = any(db.executions[a].status == "RUNNING" for a in machine.executions if a in db.executions)
        if not running:
            del db.machines[arn]


@operation
def list_state_machines(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name, as the console shows them (the order is not documented)."""
    machines, token = page(sorted(db.machines.values(), key=lambda m: m.name), request, db.scope.timestamp())
    entries = [
        {"stateMachineArn": m.arn, "name": m.name, "type": m.type, "creationDate": from_timestamp(m.created)}
        for m in machines
    ]
    return {"stateMachines": entries, **token}


@operation
def validate_state_machine_definition(db: State, request: dict[str, Any]) -> dict[str, Any]:
    problems = validate(request["definition"], request.get("type", "STANDARD"), KNOWN)
    if request.get("severity") == "WARNING":
        problems += warnings(request["definition"])
    most = request.get("maxResults") or 100
    diagnostics = []
    for p in problems[:most]:
        entry = {"severity": p.severity, "code": p.code, "message": p.message}
        diagnostics.append({**entry, "location": p.location} if p.location is not None else entry)
    failed = any(p.severity == "ERROR" for p in problems)
    return {"result": "FAIL" if failed else "OK", "diagnostics": diagnostics, "truncated": len(problems) > most}
