"""``cloud.stepfunctions``: what boto3 cannot say about state machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .job_stubs import give, seconds_of
from .mock_configuration import read
from .results import ExecutionResult, result_of, timeline
from .store import Execution, State

if TYPE_CHECKING:
    from ...cloud import Cloud


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task which waits for an answer: ``send_task_success(taskToken=task.token, ...)``."""

    token: str
    execution: str
    state: str
    resource: str
    input: Any


class StepfunctionsFace:
    """Helpers for state machines, in the cloud's account and region unless others are named."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def _state(self, account: str | None, region: str | None) -> State:
        cloud = self._cloud
        state: State = cloud.state_of("stepfunctions", account or cloud.account, region or cloud.region)
        return state

    def waiting(
        self, state: str | None = None, *, account: str | None = None, region: str | None = None
    ) -> list[WaitingTask]:
        """The tasks that wait for an answer to their token, oldest first; ``state`` names one state."""
        there = self._state(account, region)
        return [
            WaitingTask(t.token, t.execution, t.state, t.resource, t.input.value)
            for t in there.tokens.values()
            if there.waits(t) and state in (None, t.state)
        ]

    def running(self, *, account: str | None = None, region: str | None = None) -> dict[str, str]:
        """The executions that run: ARN -> the name of the state which was entered last."""
        executions = self._state(account, region).executions.values()
        return {e.arn: _last_state(e) for e in executions if e.status == "RUNNING"}

    def timeline(self, execution_arn: str) -> list[str]:
        """The history of an execution, a line per event: when, what, and the state's name.

        Raises AwsError (InvalidArn, ExecutionDoesNotExist) when there is none of that ARN.
        """
        return timeline(list(self._execution(execution_arn).history))

    # ------------------------------------------------------------------ running

    def mock_config(
        self, source: str | Path | Mapping[str, Any], *, account: str | None = None, region: str | None = None
    ) -> None:
        """Take mocked task results from a file of Step Functions Local (``MockConfigFile.json``), or from such a dict.

        From then on an execution of a machine's ARN with ``#TestCase`` behind it gets the results of that test case. Raises
        MockConfigurationError which says what is wrong in the file.
        https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
        """
        self._cloud.check_open()
        self._state(account, region).mock_configuration = read(source)

    def run(
        self,
        machine: str | dict[str, Any],
        input: Any = None,
        *,
        name: str | None = None,
        type: str = "STANDARD",
        account: str | None = None,
        region: str | None = None,
    ) -> ExecutionResult:
        """Run a state machine to its end, virtual time jumping from one pending thing to the next as far as it takes.

        ``machine`` is a state machine's ARN (also a version's or alias') or name, each with ``#TestCase`` behind it where there
        is a :meth:`mock_config`; or a definition (a dict, or JSON's text), of which a machine of that ``type`` is made.
        ``input`` is a value of JSON's; ``name`` the execution's. Gives the execution: status, output, error, visited states,
        ``explain()``, a picture. An execution that waits for what nobody will do (a task token without time limit) is given as
        it stands, RUNNING: answer it (:meth:`waiting`) and look at it again (:meth:`result`). Raises what
        create_state_machine and start_execution raise (AwsError).
        """
        cloud = self._cloud
        where = {"account": account or cloud.account, "region": region or cloud.region}
        arn = self._machine_arn(machine, type, where)
        given: dict[str, Any] = {"stateMachineArn": arn, "input": json.dumps({} if input is None else input)}
        if name is not None:
            given["name"] = name
        started = cloud.call("stepfunctions", "StartExecution", given, **where)
        execution = self._state(account, region).executions[started["executionArn"]]
        cloud.settle()
        while execution.status == "RUNNING" and cloud.skip():
            pass
        return self._looked_at(execution)

    def job(
        self,
        integration: str,
        *,
        duration: float | timedelta = 0.0,
        result: dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        state: str | None = None,
    ) -> None:
        """Give the jobs of an integration a duration and a result: ``job("glue:startJobRun", duration=600, result={...})``.

        ``integration`` is the part of a ``.sync`` resource's ARN that names service and action; ``duration`` is in seconds
        of virtual time, or a timedelta; ``result`` are members of the job's description as the state sees it, or a callable
        that takes the request which looks at the job; ``state`` is the state that the job ends in (one of the service's own;
        default: the good one). The operations that start and describe the job are stubbed, in the cloud's own account and
        region. Raises ValueError for an integration or a state that there is not.
        """
        self._cloud.check_open()
        give(self._cloud, self._state(None, None), integration, seconds_of(duration), state, result or {})

    def _machine_arn(self, machine: str | dict[str, Any], type: str, where: dict[str, str]) -> str:
        cloud = self._cloud
        state = self._state(where["account"], where["region"])
        if isinstance(machine, str) and not machine.lstrip().startswith("{"):
            return machine if machine.startswith("arn:") else state.arn("stateMachine", machine)
        definition = machine if isinstance(machine, str) else json.dumps(machine)
        role = f"arn:{state.scope.partition}:iam::{state.scope.account}:role/state-machine"
        given = {"name": f"machine-{len(state.machines) + 1}", "definition": definition, "roleArn": role, "type": type}
        arn: str = cloud.call("stepfunctions", "CreateStateMachine", given, **where)["stateMachineArn"]
        return arn

    def result(self, execution_arn: str) -> ExecutionResult:
        """An execution as it is now, of a standard or an express machine.

        Raises AwsError (InvalidArn, ExecutionDoesNotExist) when there is none of that ARN.
        """
        return self._looked_at(self._execution(execution_arn))

    def _execution(self, arn: str) -> Execution:
        _, _, _, region, account, *_ = [*arn.split(":"), *[""] * 4]
        state = self._state(account, region)
        return state.executions.get(arn) or state.execution(arn)

    def _looked_at(self, execution: Execution) -> ExecutionResult:
        if execution.status != "RUNNING":
            self._cloud.failures.pop(execution.arn, None)
        return result_of(execution)


def _last_state(execution: Execution) -> str:
    entered = (e for e in reversed(execution.history) if e.type.endswith("StateEntered"))
    return next((str(e.details["name"]) for e in entered), "")
