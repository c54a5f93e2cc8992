"""Executions: start, stop, describe, list.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html and its neighbours.
"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.clock import from_timestamp
from ...core.errors import AwsError, InternalError
from ...core.operation import operation
from ...core.scope import Scope
from . import execution_log
from .encryption import check_data_key
from .flow import FLOW, finish
from .language import Document
from .language.definition import no_json
from .machines import details
from .mock_configuration import Case
from .names import check_name, check_size, page
from .store import Execution, Revision, State, StateMachine, being_deleted

LIVE = frozenset({"RUNNING", "PENDING_REDRIVE"})


@operation
def start_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    request, case = _test_case(db, request)
    machine = db.machine(request["stateMachineArn"])
    name = request.get("name")
    if name is not None:
        check_name(name)
    input = _input(request)
    if machine.type == "STANDARD" and name is not None:
        there = db.executions.get(db.arn("execution", machine.name, name))
        if there is not None and not db.keeps(there):
            machine.executions.remove(there.arn)
        elif there is not None:
            # idempotent while it runs with the same input
            if there.status == "RUNNING" and there.input.text == input.text:
                return _started(there)
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{there.arn}'")
    return _started(begin(db, machine, request, input, case))


def _test_case(db: State, request: dict[str, Any]) -> tuple[dict[str, Any], Case | None]:
    """``#TestCase`` behind the ARN names one of the mock configuration, where there is one; AWS knows no such ARNs."""
    arn, _, name = request["stateMachineArn"].partition("#")
    if not name or db.mock_configuration is None:
        return request, None
    return {**request, "stateMachineArn": arn}, db.mock_configuration.case(db.machine(arn).name, name)


def _started(execution: Execution) -> dict[str, Any]:
    return {"executionArn": execution.arn, "startDate": from_timestamp(execution.started)}


def _input(request: dict[str, Any]) -> Document:
    """Recorded: none is ``{}``, an empty text is refused in words of its own."""
    document = Document(text=request.get("input", "{}"))
    check_size("input", document.text)
    if not document.text:
        raise AwsError("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'")
    try:
        document.value  # noqa: B018  parsed to see whether it can be
    except ValueError:
        message = f"Invalid State Machine Execution Input: '{no_json(document.text)}'"
        raise AwsError("InvalidExecutionInput", message) from None
    return document


def begin(
    db: State, machine: StateMachine, request: dict[str, Any], input: Document, case: Case | None = None
) -> Execution:
    """Make an execution and let it start as the next due work."""
    if machine.deleting:
        raise being_deleted(machine.arn)
    revision, version, alias = _chosen(db, machine, request["stateMachineArn"])
    check_data_key(db, machine)
    scope = db.scope
    name = request.get("name") or scope.ids.uuid()
    arn = db.arn("execution", machine.name, name)
    if machine.type == "EXPRESS":
        arn = db.arn("express", machine.name, name, scope.ids.uuid())
    execution = db.executions[arn] = Execution(
        arn=arn,
        name=name,
        machine=machine.arn,
        machine_name=machine.name,
        type=machine.type,
        revision=revision,
        settings=machine.settings,
        machine_updated=machine.updated,
        input=input,
        started=scope.timestamp(),
        seed=scope.ids.hex(32),
        version=version,
        alias=alias,
        trace=request.get("traceHeader"),
        mocked=case,
    )
    machine.executions.append(arn)
    limit_open_time(db, execution)
    execution.flow = scope.kernel.start(FLOW, scope, {"arn": arn})
    return execution


def limit_open_time(db: State, execution: Execution) -> None:
    """A standard execution may be open for a year: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
    if execution.type == "STANDARD":
        until = execution.started + LONGEST
        execution.limit = db.scope.at(until, "stepfunctions:year", background=True, arn=execution.arn)


@job("stepfunctions:year")
def _year(scope: Scope, arn: str) -> None:
    db: State = scope.state()
    execution = db.executions[arn]
    if execution.status == "RUNNING":
        abort(db, execution, status="TIMED_OUT")


def _chosen(db: State, machine: StateMachine, arn: str) -> tuple[Revision, str | None, str | None]:
    """The revision that an ARN stands for, with the version's and the alias' ARN where it names one."""
    qualifier = arn[len(machine.arn) + 1 :]
    if not qualifier:
        return machine.revision, None, None
    alias = machine.aliases.get(qualifier)
    chosen = arn
    if alias is not None:
        draw = db.scope.ids.random.random() * 100
        first = alias.routes[0]
        chosen = (first if len(alias.routes) == 1 or draw < first["weight"] else alias.routes[1])[
            "stateMachineVersionArn"
        ]
    number = chosen.rpartition(":")[2]
    version = machine.versions.get(int(number)) if number.isdigit() else None
    if version is None:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return version.revision, chosen, alias.arn if alias is not None else None


@operation
def start_sync_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Runs it to its end; virtual time passes meanwhile."""
    request, case = _test_case(db, request)
    machine = db.machine(request["stateMachineArn"])
    if machine.type != "EXPRESS":
        raise AwsError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    if request.get("name") is not None:
        check_name(request["name"])
    execution = begin(db, machine, request, _input(request), case)
    cloud = db.scope.cloud
    cloud.run_due()
    while execution.status == "RUNNING":
        if not cloud.skip():
            raise InternalError(f"{execution.arn} waits for nothing that will come")
    db.scope.looked_at(execution.arn)
    assert execution.stopped is not None
    # billed in steps of 100 ms: https://aws.amazon.com/step-functions/pricing/
    duration = -(-round((execution.stopped - execution.started) * 1000) // 100) * 100 or 100
    answer = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "startDate": from_timestamp(execution.started),
        "stopDate": from_timestamp(execution.stopped),
        "status": execution.status,
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": duration},
    }
    return {**answer, **_data(execution, request.get("includedData") != "METADATA_ONLY")}


def _data(execution: Execution, included: bool) -> dict[str, Any]:
    """Input, output, error and cause."""
    answer: dict[str, Any] = {"inputDetails": {"included": included}}
    if included:
        answer["input"] = execution.input.text
    if execution.output is not None:
        answer["outputDetails"] = {"included": included}
        if included:
            answer["output"] = execution.output.text
    for name, value in (("error", execution.error), ("cause", execution.cause), ("traceHeader", execution.trace)):
        if value is not None:
            answer[name] = value
    return answer


@operation(unfinished=lambda request, response: response["status"] in LIVE)
def describe_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    execution = _described(db, request["executionArn"])
    answer: dict[str, Any] = {
        **_entry(execution),
        **_data(execution, request.get("includedData") != "METADATA_ONLY"),
        "redriveStatus": "REDRIVABLE",
    }
    reason = not_redrivable(db, execution)
    if reason is not None:
        answer.update(redriveStatus="NOT_REDRIVABLE", redriveStatusReason=reason)
    elif execution.map_run is not None:
        answer["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
    if execution.status != "RUNNING":
        db.scope.looked_at(execution.arn)
    return answer


def _described(db: State, arn: str) -> Execution:
    """One of a standard machine, or an express one that a Map Run has started (API_DescribeExecution)."""
    found = db.executions.get(arn)
    return found if found is not None and found.map_run is not None and db.keeps(found) else db.execution(arn)


def _entry(execution: Execution) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "status": execution.status,
        "startDate": from_timestamp(execution.started),
        "redriveCount": execution.redrives,
    }
    if execution.stopped is not None:
        entry["stopDate"] = from_timestamp(execution.stopped)
    if execution.redriven is not None:
        entry["redriveDate"] = from_timestamp(execution.redriven)
    if execution.map_run is not None:
        entry["mapRunArn"] = execution.map_run
    if execution.version is not None:
        entry["stateMachineVersionArn"] = execution.version
    if execution.alias is not None:
        entry["stateMachineAliasArn"] = execution.alias
    return entry


@operation
def describe_state_machine_for_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    execution = db.execution(request["executionArn"])
    answer = {
        "stateMachineArn": execution.machine,
        "name": execution.machine_name,
        "updateDate": from_timestamp(execution.machine_updated),
        **details(execution.revision, execution.settings, request.get("includedData") != "METADATA_ONLY"),
    }
    if execution.map_run is not None:  # API_DescribeStateMachineForExecution
        answer.update(mapRunArn=execution.map_run, label=execution.machine.rpartition("/")[2])
    return {**answer, "revisionId": execution.revision.id} if execution.revision.id != "INITIAL" else answer


@operation(unfinished=lambda request, response: any(e["status"] in LIVE for e in response["executions"]))
def list_executions(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Newest first."""
    if ("stateMachineArn" in request) == ("mapRunArn" in request):
        raise AwsError("ValidationException", "Must provide a stateMachineArn or mapRunArn, but not both")
    if "mapRunArn" in request:
        run = db.map_run(request["mapRunArn"])
        answer = _page(db, [db.executions[c.arn] for c in reversed(run.children)], request)
        for entry in answer["executions"]:
            entry["itemCount"] = run.children[db.executions[entry["executionArn"]].map_index].items
        return answer
    machine = db.machine(request["stateMachineArn"])
    if request.get("statusFilter") == "PENDING_REDRIVE":  # API_ListExecutions; the words are a guess
        raise AwsError("ValidationException", "The status filter PENDING_REDRIVE can only be used with a mapRunArn")
    if machine.type == "EXPRESS":
        message = "This operation is not supported by this type of state machine"
        raise AwsError("StateMachineTypeNotSupported", message)
    qualified = request["stateMachineArn"] if request["stateMachineArn"] != machine.arn else None
    found = [db.executions[a] for a in reversed(machine.executions)]
    return _page(db, [e for e in found if qualified in (None, e.version, e.alias)], request)


def _page(db: State, executions: list[Execution], request: dict[str, Any]) -> dict[str, Any]:
    """Those which the request's filters take, a page of them.

    "Running executions are sorted by their startDate or redriveDate, and other executions are sorted by their stopDate", the most
    recent first: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
    """
    found = [e for e in executions if request.get("statusFilter") in (None, e.status) and db.keeps(e)]
    found.sort(key=lambda e: e.stopped or e.redriven or e.started, reverse=True)
    if "redriveFilter" in request:
        found = [e for e in found if bool(e.redrives) is (request["redriveFilter"] == "REDRIVEN")]
    entries, token = page(found, request, db.scope.timestamp())
    for entry in entries:
        if entry.status not in LIVE:
            db.scope.looked_at(entry.arn)
    return {"executions": [_entry(e) for e in entries], **token}


@operation
def stop_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Stopping one that has ended changes nothing."""
    execution = db.execution(request["executionArn"])
    if execution.status == "RUNNING":
        abort(db, execution, request.get("error"), request.get("cause"))
    assert execution.stopped is not None
    return {"stopDate": from_timestamp(execution.stopped)}


def abort(
    db: State, execution: Execution, error: str | None = None, cause: str | None = None, status: str = "ABORTED"
) -> None:
    """End a running execution where it is; its task tokens are no longer open."""
    given = {k: v for k, v in (("error", error), ("cause", cause)) if v is not None}
    history = execution.history
    previous = 0 if status == "ABORTED" else len(history)  # 0 is recorded
    history.append(ENDED_BY[status], db.scope.timestamp(), previous, given)
    execution_log.write(db, execution, history[-1], len(history))
    finish(db, execution, status, error=error, cause=cause)
    db.scope.kernel.cancel(execution.flow)


# ---------------------------------------------------------------------- redrive

ENDED_BY = {"ABORTED": "ExecutionAborted", "TIMED_OUT": "ExecutionTimedOut"}
REDRIVABLE_FOR = 14 * 86400
LONGEST = 365 * 86400


def not_redrivable(db: State, execution: Execution) -> str | None:
    """Why it can't be redriven: the reasons of API_DescribeExecution (those about the status are recorded)."""
    if execution.type == "EXPRESS" and execution.status not in (*LIVE, "SUCCEEDED"):
        return None  # a child of a map run: "only returned if the child workflows have completed successfully"
    if execution.status in (*LIVE, "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven"
    machine = db.machines.get(execution.machine.partition("/")[0])
    if machine is not None and machine.deleting:
        return "State machine is in DELETING status"
    if len(execution.history) >= MOST_REDRIVABLE_EVENTS:
        return "Execution history event limit exceeded"
    now = db.scope.timestamp()
    if now - execution.started > LONGEST:
        return "Execution has exceeded the max execution time"
    if execution.stopped is not None and now - execution.stopped > REDRIVABLE_FOR:
        return "Execution redrivable period exceeded"
    return None


MOST_REDRIVABLE_EVENTS = 24_999
TOKENS_KEPT, TOKENS_COUNT_FOR = 10, 15 * 60
"""Client tokens of redrives, and the seconds for which they are known: API_RedriveExecution."""


@operation
def redrive_execution(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Goes on with what did not succeed: https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html"""
    execution = db.execution(request["executionArn"])
    token, now = request.get("clientToken"), db.scope.timestamp()
    redriven = execution.redrive_tokens.get(token or "")
    if redriven is not None and now - redriven <= TOKENS_COUNT_FOR:
        return {"redriveDate": from_timestamp(redriven)}
    reason = not_redrivable(db, execution)
    if reason is None and execution.map_run is not None:
        # a guess: "to redrive a Map Run, you must redrive the parent workflow"
        reason = "Execution is redrivable only by its Map Run"
    if reason is not None:
        raise AwsError("ExecutionNotRedrivable", reason)
    redrive(db, execution)
    assert execution.redriven is not None
    if token is not None:
        kept = [*execution.redrive_tokens.items(), (token, execution.redriven)]
        execution.redrive_tokens = dict(kept[-TOKENS_KEPT:])
    return {"redriveDate": from_timestamp(execution.redriven)}


def redrive(db: State, execution: Execution) -> None:
    """Let an execution that has ended go on as the next due work."""
    scope = db.scope
    scope.looked_at(execution.arn)
    execution.status, execution.stopped = "RUNNING", None
    execution.output = execution.error = execution.cause = None
    execution.redrives += 1
    execution.redriven = scope.timestamp()
    limit_open_time(db, execution)
    execution.flow = scope.kernel.start(FLOW, scope, {"arn": execution.arn, "redrive": len(execution.history)})
