"""One cloud: accounts and regions, each with the state of its services, and the one way into them, :meth:`Cloud.call`.

A call goes: journal -> faults -> constraints -> stub or operation -> what is due on the agenda, at the end of the outermost
call (and before it, for what fell due while the machine's time passed). Tests, services and user code in functions all come
in here; the SDK's door is doors/sdk.py. Everything happens in the caller's thread. The lock is held while an operation runs
and put down while user code does.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import rollback
from .core import operation as operations
from .core.agenda import Agenda
from .core.clock import Clock
from .core.doubles import Doubles
from .core.errors import (
    AwsError,
    CloudClosed,
    InternalError,
    MockServerlessError,
    NotSupported,
    ServedElsewhere,
    near_misses,
)
from .core.faults import Fault, Stub, check_answer
from .core.guest import Visit, caller, current_visit, is_signal, visiting
from .core.ids import Ids
from .core.journal import Call, Calls
from .core.kernel import Kernel
from .core.lock import StateLock
from .core.logbook import Logbook
from .core.principals import Principal, expired
from .core.scope import Scope
from .core.travel import travelling
from .core.work import Work
from .rollback import Snapshot

if TYPE_CHECKING:
    from .doors.http import HttpClient
    from .services.dynamodb.face import DynamodbFace
    from .services.lambda_.face import LambdaFace
    from .services.stepfunctions.face import StepfunctionsFace

ACCOUNT = "123456789012"
REGION = "us-east-1"


class Cloud:
    """A fake of AWS, in memory. Made by ``mock_cloud``; its helpers say what boto3 cannot."""

    check_answers = False
    """Check every answer of ours against botocore's output shape (stubs' answers always are)."""

    def __init__(
        self,
        *,
        clock: datetime | None = None,
        time: str = "tick",
        seed: int | str = 0,
        account: str = ACCOUNT,
        region: str = REGION,
        passthrough: Sequence[str] = (),
        throttle: bool = False,
    ) -> None:
        if time not in ("tick", "skip"):
            raise ValueError(f"time is 'tick' or 'skip', not {time!r}")
        if not isinstance(account, str) or len(account) != 12 or not account.isdecimal():
            raise ValueError(f"an account is a text of twelve digits, not {account!r}")
        if not isinstance(seed, (int, str)):
            raise TypeError(f"a seed is a number or a text, not {seed!r}: the same run must be possible again")
        self.account = account
        self.region = region
        self.passthrough = tuple(passthrough)
        self.throttle = throttle
        self.skips = time == "skip"
        self.closed = False
        self.clock = Clock(clock)
        self.clock.check = self.check_open
        self.clock.travel = self._travel
        self.calls = Calls()
        self.agenda = Agenda()
        self.kernel = Kernel(self.clock.timestamp, self.agenda)
        self.ids = Ids(seed)
        self._seed = seed
        self.lock = StateLock()
        self.work = Work(self)
        self._depth = self.work.depth
        self.run_due = self.work.run_due
        self.clock.on_move = self.work.run_until
        self._faces: dict[str, Any] = {}
        self.serving: Call | None = None  # the call whose operation runs just now
        self._forget()

    def _forget(self) -> None:
        self.states: dict[tuple[str, str, str], Any] = {}
        self.doubles = Doubles(self.guest, self.lock, self.ids.random)
        self.watchers: dict[str, list[tuple[str, Scope, dict[str, Any]]]] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.logbook = Logbook()
        self.access_keys: dict[str, Principal] = {}

    # ------------------------------------------------------------------ the way in

    def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        account: str | None = None,
        region: str | None = None,
        caller: str | None = None,
        access_key: str = "",
    ) -> dict[str, Any]:
        """Answer a call; ``service`` and ``operation`` as botocore's model names them. Raises AwsError when AWS refuses it.

        Parameters and answer are shared with the journal and the stored state: they are not to be changed.
        """
        if self.closed:
            self.check_open()
        depth = getattr(self._depth, "value", 0)
        if depth == 0:
            self.run_due()  # what fell due while the machine's time passed
        record = Call(
            service,
            operation,
            params,
            account or self.account,
            region or self.region,
            caller or _caller(),
            self.clock.timestamp(),
            access_key,
        )
        self.calls.append(record)
        self._depth.value = depth + 1
        try:
            record.response = response = self._answer(record)
            return response
        except BaseException as e:
            record.error = e
            raise
        finally:
            self._depth.value = depth
            if depth == 0:
                self.run_due()

    def _answer(self, call: Call) -> dict[str, Any]:
        key = (call.service, call.operation)
        principal = self.access_keys.get(call.access_key) if self.access_keys else None
        if principal is not None and principal.expires <= call.timestamp:
            raise expired(call.service, operations.service_model(call.service).metadata["protocol"])
        if self.doubles.faults:
            self.doubles.strike(call)
        op = operations.OPERATIONS.get(key) or operations.find(*key)
        stub = self.doubles.stubs.get(key)
        if stub is not None:
            return self.doubles.answer(call, stub)
        if op is None:
            raise self._not_supported(call)
        op.check(call.params)
        response = self._operate(op, call)
        if self.skips and op.unfinished is not None and op.unfinished(call.params, response) and self.skip():
            response = self._operate(op, call)
        if self.check_answers:
            check_answer(response, op.output_shape, f"{call.service}.{call.operation}")
        return response

    def _operate(self, op: operations.Operation, call: Call) -> dict[str, Any]:
        try:
            with self.lock:
                state = self.states.get((op.service, call.account, call.region))
                if state is None:
                    state = self.state_of(op.service, call.account, call.region)
                before, self.serving = self.serving, call
                try:
                    response: dict[str, Any] | None = op.function(state, call.params)
                except ServedElsewhere as elsewhere:
                    response = op.function(elsewhere.state, call.params)
                finally:
                    self.serving = before
        except (AwsError, MockServerlessError):
            raise
        except Exception as e:
            if is_signal(e):
                raise
            raise InternalError(
                f"a bug in mock_serverless: {call.service}.{call.operation} broke down with {type(e).__name__}: {e}\n"
                f"Please report it with this call: {call.params!r}"
            ) from e
        return {} if response is None else response

    def _not_supported(self, call: Call) -> NotSupported:
        name = f"{call.service}.{call.operation}"
        there = {n for s, n in list(operations.OPERATIONS) if s == call.service}
        there |= {n for s, n in self.doubles.stubs if s == call.service}
        what = "the operation" if there else f"the service {call.service!r}"
        return NotSupported(
            f"{name}: mock_serverless does not implement {what}, and it is not stubbed. No call leaves the process.\n"
            f"Stub it:            cloud.stub({call.service!r}, {call.operation!r}, {{...}})\n"
            f"Or leave it alone:  mock_cloud(passthrough=[{call.service!r}])"
            + (f"\n{hint.strip()}" if (hint := near_misses(call.operation, there)) else "")
        )

    def state_of(self, service: str, account: str, region: str) -> Any:
        """The state of a service in an account and region, made when it is first asked for."""
        key = (service, account, region)
        state = self.states.get(key)
        if state is None:
            package = operations.package_of(service)
            folder = package.__name__.rpartition(".")[2]
            with self.lock:
                state = self.states.get((folder, account, region))
                if state is None:
                    state = package.State(Scope(self, folder, account, region))
                    self.states[folder, account, region] = state
                self.states[key] = state
        return state

    def account_of_key(self, access_key: str) -> str:
        """The account of an access key: one given out by STS's AssumeRole in this cloud, or a key that is itself an account id
        (twelve digits); the cloud's own account for all others."""
        found = self.access_keys.get(access_key)
        if found is not None:
            return found.account
        return access_key if len(access_key) == 12 and access_key.isdigit() else self.account

    def states_of(self, service: str) -> list[Any]:
        """The states of a service that there are, over all accounts and regions."""
        folder = operations.FOLDERS.get(service, service)
        return [state for (name, _, _), state in self.states.items() if name == folder]

    def check_open(self) -> None:
        """Raises CloudClosed after the end of the mock, when nothing that a helper does could be seen by anybody."""
        if self.closed:
            raise CloudClosed(
                f"{self!r}: its mock has ended. What it has seen can still be read (calls, items, logs, histories); to go "
                "on with it, stay inside `with mock_cloud() as cloud:`, or in a fixture of a wider scope"
            )

    # ------------------------------------------------------------------ time

    def settle(self, until_idle: bool = False) -> None:
        """Run all the work that is due now.

        ``until_idle=True`` jumps the clock from one pending thing to the next until nothing is left (but what recurs for ever,
        and limits which AWS sets, such as a year for an execution).
        """
        self.check_open()
        self.run_due()
        while until_idle and not self.agenda.idle():
            self.work.jump_to_next()

    def skip(self) -> bool:
        """Jump to the next thing that is due, if there is one, and run it."""
        self.check_open()
        if self.agenda.idle():
            return False
        self.work.jump_to_next()
        return True

    def sleep(self, seconds: float) -> None:
        """What ``time.sleep`` is inside a function: virtual time passes, and other work is done meanwhile."""
        visit = current_visit()
        if visit is None:
            self.clock.advance(seconds)
        else:
            visit.sleep(seconds, self.clock.advance)

    def _travel(self) -> AbstractContextManager[None]:
        self.check_open()
        return travelling(self.clock, self.sleep, seen_by_all=True)

    @contextmanager
    def guest(self, name: str, limit: float | None = None) -> Iterator[Visit]:
        """Run user code in the body; see core/guest.py."""
        visit = Visit(name, limit)
        with self.lock.released(), visiting(visit), travelling(self.clock, self.sleep):
            yield visit

    # ------------------------------------------------------------------ stubs and faults

    def stub(self, service: str, operation: str, answer: Any) -> Stub:
        """Answer an operation of any AWS service, implemented or not.

        ``answer`` is a response dict, a callable that takes the parameters and gives one, or an exception (an AwsError, a
        botocore ClientError or any other) to raise. Answers are checked against botocore's output shape: InvalidAnswer. A
        later stub of the same operation replaces an earlier one; None takes it away. Gives the stub, which counts its ``hits``.
        """
        self.check_open()
        return self.doubles.stub(service, operation, answer)

    def fail(
        self,
        service: str,
        operation: str,
        error: str | BaseException | type[BaseException],
        *,
        message: str | None = None,
        times: int | None = None,
        where: Callable[[dict[str, Any]], bool] | None = None,
        probability: float = 1.0,
    ) -> Fault:
        """Make an operation of any AWS service fail.

        ``error`` is a code of AWS's (``"ThrottlingException"``; ValueError for a slip in one) or an exception. ``times``: only so
        often; ``where``: only calls for whose parameters it is true; ``probability``: by chance, with the cloud's seeded
        generator. Retryable errors are retried by botocore, its back-off in virtual time. Gives the fault, which counts its
        ``hits``.
        """
        self.check_open()
        return self.doubles.fail(service, operation, error, message, times, where, probability)

    # ------------------------------------------------------------------ rollback

    def snapshot(self) -> Snapshot:
        """The whole state (services, clock, pending work, ids, stubs, faults, the journal's length), to go back to."""
        self.check_open()
        return rollback.take(self)

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a snapshot of this cloud; it stays usable, as often as wanted.

        What failed in the background and was not looked at is still reported at the end of the mock.
        """
        self.check_open()
        if snapshot.cloud is not self:
            raise ValueError(f"this snapshot is one of {snapshot.cloud!r}; {self!r} can only go back to its own")
        rollback.go_back(snapshot)

    @contextmanager
    def scratch(self) -> Iterator[Cloud]:
        """What happens inside is undone at the end."""
        before = self.snapshot()
        try:
            yield self
        finally:
            rollback.go_back(before)

    def reset(self) -> None:
        """As new: no resources, stubs, faults or calls; ids start over. The clock keeps its time."""
        self.check_open()
        rollback.tell_of_undoing(self, 0)
        with self.lock:
            self._forget()
            self.agenda.set_state((0, []))
            self.kernel = Kernel(self.clock.timestamp, self.agenda)
            self.ids.random.seed(self._seed)
            self.calls.truncate(0)

    # ------------------------------------------------------------------ faces: helpers of the services

    @property
    def http(self) -> HttpClient:
        """An HTTP client for everything that the cloud serves; see doors/http/client.py."""
        face: HttpClient = self._faces.get("http") or self._make_face("http", ".doors.http", "HttpClient")
        return face

    @property
    def function(self) -> LambdaFace:
        """``cloud.function("name", handler)``: a Python callable as a Lambda function; see services/lambda_/face.py."""
        face: LambdaFace = self._faces.get("lambda_") or self._make_face(
            "lambda_", ".services.lambda_.face", "LambdaFace"
        )
        return face

    @property
    def stepfunctions(self) -> StepfunctionsFace:
        """Helpers for state machines; see services/stepfunctions/face.py."""
        face: StepfunctionsFace = self._faces.get("stepfunctions") or self._make_face(
            "stepfunctions", ".services.stepfunctions.face", "StepfunctionsFace"
        )
        return face

    @property
    def dynamodb(self) -> DynamodbFace:
        """Helpers for tables; see services/dynamodb/face.py."""
        face: DynamodbFace = self._faces.get("dynamodb") or self._make_face(
            "dynamodb", ".services.dynamodb.face", "DynamodbFace"
        )
        return face

    def _make_face(self, name: str, module: str, kind: str) -> Any:
        face = getattr(importlib.import_module(module, __package__), kind)(self)
        self._faces[name] = face
        return face

    def __deepcopy__(self, memo: dict[int, Any]) -> Cloud:
        return self

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return (
            f"<Cloud {self.account} {self.region} at {self.clock.now().isoformat()}, {len(self.calls)} calls, {state}>"
        )


_caller = caller
