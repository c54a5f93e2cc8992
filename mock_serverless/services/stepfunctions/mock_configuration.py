"""Mocked task results for test cases of a state machine, as Step Functions Local has them.

A file (``MockConfigFile.json``) names, for a test case of a state machine, what the tasks of some states answer at each attempt.
An execution is started for a case by the machine's ARN with ``#TestCase`` behind it. A mocked task emits the events of a real one
and calls nobody; ``.sync`` and ``.waitForTaskToken`` don't wait. Attempts are counted over a loop's visits of a state
(as a public test suite has it), and anew in each iteration of a Map. States that the case doesn't name do their real work.
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import MockConfigurationError, near_misses

ATTEMPTS = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a task answers from one attempt to another, counted from 0: a result, or an error with its cause."""

    first: int
    last: int
    result: Any = None
    error: str | None = None
    cause: str | None = None


Case = Mapping[str, tuple[Reply, ...]]
"""State -> its replies."""


@dataclass(frozen=True, slots=True)
class MockConfiguration:
    """Machine -> test case -> state -> replies."""

    machines: Mapping[str, Mapping[str, Case]]

    def case(self, machine: str, name: str) -> Case:
        """A test case; MockConfigurationError when there is none of that name."""
        cases = self.machines.get(machine)
        if cases is None:
            raise _unknown("state machine", machine, self.machines)
        if name not in cases:
            raise _unknown(f"test case of {machine}", name, cases)
        return cases[name]


def reply_of(case: Case, state: str, attempt: int, retry: int) -> Reply:
    """What a state's task answers at an attempt of the execution, counted over retries and over visits in a loop.

    Where the responses end, those of the visit's own retries begin again, so that one response is enough for many visits.
    """
    replies = case[state]
    for number in (attempt, retry):
        for reply in replies:
            if reply.first <= number <= reply.last:
                return reply
    raise MockConfigurationError(
        f"the mocked responses of the state {state!r} end at attempt {replies[-1].last}, and it made attempt {attempt}. Add "
        f'"{attempt}" to them, or let the state retry less'
    )


def read(source: str | Path | Mapping[str, Any]) -> MockConfiguration:
    """A configuration out of a file, or as a dict already. Raises MockConfigurationError which says what is wrong, and where."""
    if isinstance(source, Mapping):
        content: Any = source
    else:
        try:
            content = json.loads(Path(source).read_text(encoding="utf-8"))
        except ValueError as e:
            raise MockConfigurationError(f"{source} is no JSON: {e}") from None
    responses = {
        name: tuple(_replies(name, given)) for name, given in _object(content, "MockedResponses", True).items()
    }
    machines: dict[str, dict[str, Case]] = {}
    for machine, given in _object(content, "StateMachines").items():
        cases = _object(given, "TestCases", where=f"StateMachines.{machine}")
        machines[machine] = {name: _case(machine, name, states, responses) for name, states in cases.items()}
    return MockConfiguration(machines)


def _case(machine: str, name: str, states: Any, responses: dict[str, tuple[Reply, ...]]) -> Case:
    where = f"StateMachines.{machine}.TestCases.{name}"
    if not isinstance(states, Mapping):
        raise MockConfigurationError(f"{where}: a test case is an object of states and the names of their responses")
    for response in states.values():
        if response not in responses:
            raise _unknown(f"MockedResponses ({where})", str(response), responses)
    return {state: responses[response] for state, response in states.items()}


def _replies(name: str, given: Any) -> Iterator[Reply]:
    where = f"MockedResponses.{name}"
    if not isinstance(given, Mapping) or not given:
        raise MockConfigurationError(
            f'{where}: expected {{"0": {{"Return": ...}}, "1-2": {{"Throw": {{"Error": ...}}}}}}'
        )
    for attempts, answer in given.items():
        match = ATTEMPTS.fullmatch(attempts)
        if match is None:
            raise MockConfigurationError(f'{where}: attempts are written "0" or "1-3", not {attempts!r}')
        first, last = int(match[1]), int(match[2] or match[1])
        if not isinstance(answer, Mapping) or len(answer) != 1 or next(iter(answer)) not in ("Return", "Throw"):
            raise MockConfigurationError(f"{where}.{attempts}: expected either Return or Throw")
        if "Return" in answer:
            yield Reply(first, last, result=answer["Return"])
            continue
        thrown = answer["Throw"]
        if not isinstance(thrown, Mapping) or "Error" not in thrown:
            raise MockConfigurationError(f"{where}.{attempts}.Throw: an Error is required (and a Cause possible)")
        yield Reply(first, last, error=thrown["Error"], cause=thrown.get("Cause", ""))


def _object(content: Any, key: str, optional: bool = False, where: str = "the file") -> Mapping[str, Any]:
    found = content.get(key) if isinstance(content, Mapping) else None
    if found is None and optional:
        return {}
    if not isinstance(found, Mapping):
        raise MockConfigurationError(f"{where} has no object {key!r}")
    return found


def _unknown(what: str, name: str, known: Mapping[str, Any]) -> MockConfigurationError:
    return MockConfigurationError(f"the mock configuration knows no {what} {name!r}.{near_misses(name, known)}")
