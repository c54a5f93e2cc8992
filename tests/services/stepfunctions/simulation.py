"""A world for the language alone: time jumps, tasks answer from a script, lines of states run one after the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Coroutine, Sequence
from typing import Any

from mock_serverless.services.stepfunctions.language import (
    Document,
    Outcome,
    StateError,
    TaskRequest,
    Timeout,
    parse,
    run,
)

CONTEXT = {
    "Execution": {
        "Id": "arn:execution",
        "Input": {},
        "Name": "one",
        "RoleArn": "arn:role",
        "StartTime": "1970-01-01T00:00:00.000Z",
    },
    "StateMachine": {"Id": "arn:machine", "Name": "machine"},
}


class Simulation:
    """``script`` has a list of answers per resource: ``{"output": ...}`` or ``{"error": ..., "cause": ...}``."""

    def __init__(self, script: dict[str, list[dict[str, Any]]] | None = None) -> None:
        self.time = 0.0
        self.events: list[tuple[str, int, dict[str, Any]]] = []
        self.script = {k: list(v) for k, v in (script or {}).items()}
        self.requests: list[TaskRequest] = []
        self.tokens = itertools.count(1)
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    def random(self) -> float:
        return 0.5

    def took(self, state: str, way: str) -> None:
        pass

    def uuid(self) -> str:
        return "00000000-0000-4000-8000-000000000000"

    def token(self) -> str:
        return f"token-{next(self.tokens)}"

    def emit(self, type: str, details: dict[str, Any], previous: int) -> int:
        self.events.append((type, previous, details))
        return len(self.events)

    async def sleep_until(self, timestamp: float) -> None:
        self.sleeps.append(timestamp - self.time)
        self.time = max(self.time, timestamp)

    async def task(self, request: TaskRequest) -> Document:
        self.requests.append(request)
        request.emit("TaskScheduled", {"parameters": request.parameters})
        answers = self.script[request.resource]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if "error" in answer:
            request.emit("TaskFailed", {})
            raise StateError(answer["error"], answer.get("cause"))
        return Document(answer.get("output", request.parameters.value))

    async def gather(self, coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        results = []
        left = list(coroutines)
        try:
            while left:
                results.append(await left.pop(0))
        finally:
            for coroutine in left:
                coroutine.close()
        return results

    async def timeout(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        began = self.time
        result = await coroutine
        if self.time - began > seconds:
            raise Timeout
        return result


def execute(definition: dict[str, Any], input: Any, world: Simulation) -> Outcome:
    """Run a definition in a simulated world."""
    text = json.dumps(definition)
    parsed = parse(text)
    assert isinstance(parsed, dict)
    coroutine = run(parsed, Document(input), world, context={**CONTEXT})
    try:
        coroutine.send(None)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    raise AssertionError("the language awaits nothing but its environment")
