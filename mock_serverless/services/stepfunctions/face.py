"""``cloud.stepfunctions``: what boto3 cannot say about state machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.clock import from_timestamp
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
        tokens = self._state(account, region).tokens.values()
        return [
            WaitingTask(t.token, t.execution, t.state, t.resource, t.input.value)
            for t in tokens
            if t.open and state in (None, t.state)
        ]

    def running(self, *, account: str | None = None, region: str | None = None) -> dict[str, str]:
        """The executions that run: ARN -> the name of the state which was entered last."""
        executions = self._state(account, region).executions.values()
        return {e.arn: _last_state(e) for e in executions if e.status == "RUNNING"}

    def timeline(self, execution_arn: str) -> list[str]:
        """The history of an execution, a line per event: when, what, and the state's name.

        Raises AwsError (InvalidArn, ExecutionDoesNotExist) when there is none of that ARN.
        """
        _, _, _, region, account, *_ = [*execution_arn.split(":"), *[""] * 4]
        execution = self._state(account, region).execution(execution_arn)
        return [
            f"{from_timestamp(e.time):%Y-%m-%d %H:%M:%S} {e.type} {e.details.get('name', '')}".rstrip()
            for e in execution.history
        ]


def _last_state(execution: Execution) -> str:
    entered = (e for e in reversed(execution.history) if e.type.endswith("StateEntered"))
    return next((str(e.details["name"]) for e in entered), "")
