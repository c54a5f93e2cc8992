"""A cloud in which a published workflow runs: a stub answers for everything that lies outside.

Stubs of AWS operations and of HTTPS APIs, jobs of ``.sync`` integrations, machines that are called, workers and people who
answer tokens: all of them say what the state that asks is meant to get. Where nothing is said, it is what the workflow's own
paths want to read, as far as the operation's output shape has room for it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from mock_serverless.cloud import Cloud
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import service_model
from mock_serverless.services.stepfunctions.integrations.jobs import JOBS
from mock_serverless.services.stepfunctions.integrations.resources import Resource, parse
from mock_serverless.services.stepfunctions.job_stubs import STARTS
from mock_serverless.services.stepfunctions.language.definition import levels
from mock_serverless.services.stepfunctions.results import ExecutionResult
from mock_serverless.services.stepfunctions.store import Execution, State

ROLE = "arn:aws:iam::123456789012:role/workflows"
HOSTS = (
    "abcdefghij.execute-api.us-east-1.amazonaws.com", "8dr32vcmf1.execute-api.us-east-2.amazonaws.com", "api.example.com",
)  # fmt: skip
OPENS = ("TaskStarted", "LambdaFunctionStarted")
EXAMPLES = {
    "string": "text",
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "list": [],
    "map": {},
}


def tasks_of(definition: dict[str, Any]) -> dict[str, Resource]:
    """The tasks of a definition, by the names of their states."""
    states = [entry for level in levels(definition) for entry in level.states()]
    found = {name: parse(state["Resource"]) for _, name, state in states if state["Type"] == "Task"}
    return {name: resource for name, resource in found.items() if resource is not None}


class Stage:
    """``answers``: state -> what it gets, a list where that is another thing each time (the last stays).

    A function's or a person's answer is a JSON value, an API's its body, an operation's the members of its answer as Step
    Functions writes them; ``{"!error": name}`` is an error. ``files`` are objects of S3, by their keys.
    """

    def __init__(self, cloud: Cloud, definition: dict[str, Any], document: Any, said: dict[str, Any]) -> None:
        self.cloud = cloud
        self.tasks = tasks_of(definition)
        self.document = document
        self.answers: dict[str, Any] = said.get("answers", {})
        self.files = {key: text.encode() for key, text in said.get("files", {}).items()}
        self.asked: dict[str, int] = {}
        self.definition = definition
        self.type: str = said.get("type", "STANDARD")
        self._stub()
        self._make_children()

    def run(self, input: Any) -> ExecutionResult:
        """Run it, with everybody doing what is waited for before any time passes."""
        cloud = self.cloud
        machine = self._made("published", self.definition, self.type)
        given = {"stateMachineArn": machine, "name": "published", "input": json.dumps(input)}
        arn = cloud.call("stepfunctions", "StartExecution", given)["executionArn"]
        cloud.settle()
        while cloud.stepfunctions.result(arn).status == "RUNNING" and (self._answer_tokens() or cloud.skip()):
            pass
        return cloud.stepfunctions.result(arn)

    def _made(self, name: str, definition: dict[str, Any], type: str = "STANDARD") -> str:
        given = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE, "type": type}
        arn: str = self.cloud.call("stepfunctions", "CreateStateMachine", given)["stateMachineArn"]
        return arn

    # ------------------------------------------------------------------ what is outside

    def _stub(self) -> None:
        cloud = self.cloud
        for resource in self.tasks.values():
            key = f"{resource.type}:{resource.action}"
            if resource.pattern.startswith("sync") and key in JOBS:
                cloud.stepfunctions.job(key, duration=60, result=lambda _, key=key: self._job(key))
            elif resource.type in ("apigateway", "http"):
                continue
            elif resource.service and resource.type != "states":
                operation = resource.operation
                if resource.type == "elasticmapreduce":
                    operation = STARTS.get(resource.action, operation)
                cloud.stub(resource.service, operation, self._operation(resource.service, operation))
        cloud.stub("lambda", "Invoke", self._invoked)
        cloud.stub("s3", "ListObjectsV2", self._listed)
        cloud.stub("s3", "GetObject", self._operation("s3", "GetObject"))
        cloud.stub("events", "DescribeConnection", {"AuthorizationType": "API_KEY", "Name": "c", "SecretArn": "s" * 20})
        secret = {"api_key_name": "x-api-key", "api_key_value": "1"}
        cloud.stub("secretsmanager", "GetSecretValue", {"SecretString": json.dumps(secret)})
        for host in HOSTS:
            cloud.http.stub(f"https://{host}", lambda request: {"json": self._said(self._asking())})

    def _make_children(self) -> None:
        """A machine for each state that starts one, whose output is what that state is meant to get; activities."""
        for level in levels(self.definition):
            for _, name, state in level.states():
                resource = self.tasks.get(name)
                if resource is not None and resource.kind == "activity":
                    self.cloud.call("stepfunctions", "CreateActivity", {"name": resource.arn.rpartition(":")[2]})
                if resource is None or resource.type != "states":
                    continue
                result = {"Type": "Pass", "Result": self.answers.get(name, self.document), "End": True}
                child = self._made(f"child-{len(self.asked)}", {"StartAt": "P", "States": {"P": result}})
                self.asked[name] = 0
                for field in ("Parameters", "Arguments"):
                    if field in state:
                        state[field]["StateMachineArn"] = child

    def _asking(self) -> str:
        """The state whose task has just begun."""
        state: State = self.cloud.state_of("stepfunctions", self.cloud.account, self.cloud.region)
        for execution in reversed(state.executions.values()):
            if execution.status == "RUNNING" and len(execution.history) and execution.history[-1].type in OPENS:
                return _entered(execution)
        return ""

    def _said(self, name: str) -> Any:
        """The next answer for a state."""
        number = self.asked[name] = self.asked.get(name, 0) + 1
        answer = self.answers.get(name, self.document)
        if name in self.answers and isinstance(answer, list):
            answer = answer[min(number, len(answer)) - 1]
        if isinstance(answer, dict) and "!error" in answer:
            raise AwsError(answer["!error"], "it is said so", 400)
        return answer

    def _invoked(self, request: dict[str, Any]) -> dict[str, Any]:
        name = self._asking()
        try:
            answer = self._said(name)
        except AwsError as e:
            failed = json.dumps({"errorType": e.code, "errorMessage": e.message})
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failed.encode()}
        return {"StatusCode": 200, "Payload": json.dumps(answer).encode()}

    def _operation(self, service: str, operation: str) -> Any:
        shape = service_model(service).operation_model(operation).output_shape

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            if service == "s3" and request.get("Key") in self.files:
                return {"Body": io.BytesIO(self.files[request["Key"]])}
            said = self._said(self._asking())
            found: dict[str, Any] = {} if shape is None else fitting(said, shape)
            return found

        return answer

    def _listed(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [key for key in self.files if key.startswith(request.get("Prefix", ""))]
        date = from_timestamp(0)
        return {
            "Contents": [{"Key": k, "Size": len(self.files[k]), "ETag": '"e"', "LastModified": date} for k in found]
        }

    def _job(self, key: str) -> dict[str, Any]:
        names = [name for name, r in self.tasks.items() if f"{r.type}:{r.action}" == key]
        said = [self.answers[name] for name in names if name in self.answers]
        return dict(said[0]) if said else {}

    # ------------------------------------------------------------------ tokens and activities

    def _answer_tokens(self) -> bool:
        """Answer what waits for an answer; False when nothing does."""
        cloud = self.cloud
        waiting = cloud.stepfunctions.waiting()
        for task in waiting:
            resource = parse(task.resource)
            if resource is not None and resource.kind == "activity":
                cloud.call("stepfunctions", "GetActivityTask", {"activityArn": task.resource})
            answer = {"taskToken": task.token, "output": json.dumps(self._said(task.state))}
            cloud.call("stepfunctions", "SendTaskSuccess", answer)
        cloud.settle()
        return bool(waiting)


def _entered(execution: Execution) -> str:
    at = len(execution.history)
    while not execution.history[at - 1].type.endswith("StateEntered"):
        at = execution.history[at - 1].previous
    return str(execution.history[at - 1].details["name"])


# ---------------------------------------------------------------------- answers that fit


def fitting(wanted: Any, shape: Any, required: bool = True) -> Any:
    """A value of a shape: as much of what is wanted as it has room for, and the least of what it requires."""
    kind = shape.type_name
    if kind == "structure":
        return dict(_members(wanted if isinstance(wanted, dict) else {}, shape))
    if kind == "list":
        return [fitting(v, shape.member) for v in wanted] if isinstance(wanted, list) else []
    if kind == "map":
        return {k: fitting(v, shape.value) for k, v in wanted.items()} if isinstance(wanted, dict) else {}
    if kind == "blob":
        return wanted.encode() if isinstance(wanted, str) else json.dumps(wanted).encode()
    return wanted if _is(kind, wanted) else example(shape)


def _members(wanted: dict[str, Any], shape: Any) -> Iterator[tuple[str, Any]]:
    given = {name.lower(): value for name, value in wanted.items()}
    for name, member in shape.members.items():
        if name.lower() in given or name in shape.required_members:
            yield name, fitting(given.get(name.lower()), member)


def _is(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "timestamp":
        return hasattr(value, "year")
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def example(shape: Any) -> Any:
    """Some value of a shape that is neither structure, list nor map."""
    if shape.type_name == "timestamp":
        return from_timestamp(0)
    if shape.type_name == "string" and shape.enum:
        return shape.enum[0]
    value = EXAMPLES.get(shape.type_name, 0)
    return value * (1 + shape.metadata.get("min", 1) // 4) if isinstance(value, str) else value
