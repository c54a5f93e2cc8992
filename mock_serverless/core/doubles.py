"""The stubs and faults of a cloud: what a test has put in place of AWS's answers, and how it acts.

A fault that strikes is raised before anything is checked; a stub answers after the request was checked. Callables of the test's
(``where=``, stubs) run as guests, with no lock held.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random
from typing import Any

from . import operation as operations
from .copying import copy_tree
from .errors import AwsError
from .faults import Fault, Stub, at_rest, check_answer, error_of
from .journal import Call
from .lock import StateLock

Guest = Callable[[str], AbstractContextManager[Any]]


class Doubles:
    """All of them. ``stubs`` by service and operation, ``faults`` in the order in which they were given."""

    def __init__(self, guest: Guest, lock: StateLock, random: Random) -> None:
        self._guest = guest
        self._lock = lock
        self._random = random
        self.stubs: dict[tuple[str, str], Stub] = {}
        self.faults: list[Fault] = []

    # ------------------------------------------------------------------ giving

    def stub(self, service: str, operation: str, answer: Any) -> Stub:
        """See ``Cloud.stub``."""
        key = operations.resolve(service, operation)
        new = Stub(*key, answer)
        if answer is None:
            self.stubs.pop(key, None)
            return new
        if not callable(answer) and not isinstance(answer, BaseException):
            check_answer(answer, operations.output_shape(*key), f"the stub of {key[0]}.{key[1]}")
            new.answer = at_rest(answer)
        self.stubs[key] = new
        return new

    def fail(
        self,
        service: str,
        operation: str,
        error: str | BaseException | type[BaseException],
        message: str | None,
        times: int | None,
        where: Callable[[dict[str, Any]], bool] | None,
        probability: float,
    ) -> Fault:
        """See ``Cloud.fail``."""
        _check_fault(error, times, where, probability)
        key = operations.resolve(service, operation)
        raised = error_of(key[0], error, message) if isinstance(error, str) else _as_aws_error(error)
        new = Fault(*key, raised, times, where, probability)
        self.faults.append(new)
        return new

    # ------------------------------------------------------------------ acting

    def strike(self, call: Call) -> None:
        """Raise the first fault that strikes a call."""
        for fault in list(self.faults):
            if (fault.service, fault.operation) == (call.service, call.operation) and self._concerns(fault, call):
                with self._lock:
                    strikes = fault.strikes(self._random)
                if strikes:
                    raise fault.error

    def _concerns(self, fault: Fault, call: Call) -> bool:
        if fault.where is None:
            return True
        with self._guest(f"fault of {call.service}.{call.operation}"):
            return bool(fault.where(copy_tree(call.params)))

    def answer(self, call: Call, stub: Stub) -> dict[str, Any]:
        """What a stub answers a call, whose parameters are checked first."""
        operations.checker(call.service, call.operation)(call.params)
        with self._lock:
            stub.hits += 1
        answer = stub.answer
        name = f"{call.service}.{call.operation}"
        if callable(answer) and not isinstance(answer, type):
            with self._guest(f"stub of {name}"):
                answer = copy_tree(answer(copy_tree(call.params)))
            if not isinstance(answer, BaseException):
                check_answer(answer or {}, operations.output_shape(call.service, call.operation), f"the stub of {name}")
        if isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException)):
            raise _as_aws_error(answer)
        return answer or {}

    # ------------------------------------------------------------------ snapshots

    def state(self) -> tuple[list[tuple[Stub, int]], list[tuple[Fault, int]]]:
        """What a snapshot keeps: all of them with their hits."""
        return [(stub, stub.hits) for stub in self.stubs.values()], [(fault, fault.hits) for fault in self.faults]

    def set_state(self, state: tuple[list[tuple[Stub, int]], list[tuple[Fault, int]]]) -> None:
        """Back to a state given by :meth:`state`."""
        stubs, faults = state
        self.stubs = {(stub.service, stub.operation): stub for stub, _ in stubs}
        self.faults = [fault for fault, _ in faults]
        for stub, hits in stubs:
            stub.hits = hits
        for fault, hits in faults:
            fault.hits = hits


def _check_fault(error: Any, times: Any, where: Any, probability: float) -> None:
    """A fault that could never strike, or not as it was meant, is an error at once."""
    a_class = isinstance(error, type) and issubclass(error, BaseException)
    if not (error and isinstance(error, str)) and not isinstance(error, BaseException) and not a_class:
        raise TypeError(f"an error is a code of AWS's or an exception, not {error!r}")
    if times is not None and (not isinstance(times, int) or times < 0):
        raise ValueError(f"times is how often the fault strikes, a whole number, not {times!r}")
    if where is not None and not callable(where):
        raise TypeError(f"where is a callable that takes a call's parameters, not {where!r}")
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability is between 0 and 1, not {probability}")


def _as_aws_error(error: Any) -> BaseException:
    """botocore's ClientError as an AwsError; every other exception as it is."""
    if isinstance(error, type):
        error = error()
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        details = dict(response["Error"])
        fields = {k: v for k, v in response.items() if k not in ("Error", "ResponseMetadata")}
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        return AwsError(details.get("Code", "Unknown"), details.get("Message", ""), status, **fields)
    assert isinstance(error, BaseException)
    return error
