"""One execution environment: warm or cold, it answers one invocation at a time.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html. What a module's globals hold stays for the next
invocation of the same version; new code or configuration, a timeout and an exit end the environment.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ....core.errors import MockServerlessError
from ....core.guest import TimeIsUp, Visit, is_signal
from ....core.scope import Scope
from . import hooks
from .context import LambdaContext
from .logs import Log, stamp
from .marshalling import RuntimeFault, error_payload, event_of, payload_of
from .packages import Importer, Package, forget_sources
from .process import Process

RESTORE_FAILED, RESTORE_TIMEOUT = "SnapStartException", "SnapStartTimeoutException"
"""Kinds of outcomes of an environment that could not be restored."""
SNAPSHOT_LIMIT = 130.0
"""Seconds that init may take when a version with SnapStart is published, if the function's own limit is not longer."""
RESTORE_LIMIT = 10.0
"""Seconds that the hooks after a restore may take (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html)."""
INIT_LIMIT = 10.0
"""Seconds that the init phase may take before it is tried again within the invocation (the page above)."""
RESPONSE_LIMIT = 6_291_556
OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# The runtime logs this before an error of the init phase (whole in the logs that users publish).
INIT_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, a "
    "Lambda runtime update can cause unexpected function behavior. For functions using managed runtimes, runtime updates can be "
    "triggered by a function change, or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the runtime version, you may be able "
    "to mitigate this error by temporarily rolling back to the previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request to a function. ``arn`` is the one that it was invoked by."""

    request_id: str
    arn: str
    payload: bytes
    client_context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``kind`` is None, or the error's type; ``trace`` a traceback for people."""

    payload: bytes
    kind: str | None = None
    trace: str = ""


class Environment:
    """An execution environment of one version of a function."""

    def __init__(
        self,
        scope: Scope,
        name: str,
        version: str,
        settings: dict[str, Any],
        variables: dict[str, str],
        package: Package | None,
        handler: Callable[..., Any] | None,
        log_stream: str,
    ) -> None:
        self.scope = scope
        self.name = name
        self.version = version
        self.settings = settings
        self.log_stream = log_stream
        self.alive = True
        self.handler = handler
        self.snaps = variables.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
        self._package = package
        self._variables = variables if package is None else {**variables, "LAMBDA_TASK_ROOT": package.root}
        self.process = self._new_process()
        self._cold = True
        self._to_restore = self.snaps

    def _new_process(self) -> Process:
        settings = self.settings
        level = settings["LoggingConfig"].get("ApplicationLogLevel")
        return Process(
            self._variables,
            None if self._package is None else Importer(self._package),
            self.handler,
            {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level),
            settings["Architectures"][0],
            settings["MemorySize"],
            settings["EphemeralStorage"]["Size"],
        )

    @property
    def cold(self) -> bool:
        """Is the init phase still to come?"""
        return self._cold

    @property
    def to_restore(self) -> bool:
        """Is it a snapshot that has to be restored for the first invocation?"""
        return self._to_restore

    # ------------------------------------------------------------------ an invocation

    def run(self, invocation: Invocation) -> tuple[Outcome, Log]:
        """Call the handler, and the code around it when the environment is cold."""
        log = self._new_log(invocation.request_id)
        init, failed, restored = None, None, None
        ids, sampled = self.scope.ids, int(self.settings["TracingConfig"]["Mode"] == "Active")
        root = f"1-{int(self.scope.timestamp()):08x}-{ids.hex(24)}"
        trace = f"Root={root};Parent={ids.hex(16)};Sampled={sampled}"
        self.process.set("_X_AMZN_TRACE_ID", trace)
        began: float | None = None
        if self.snaps and self._to_restore:
            restored, failed = self._restore(log)
            if failed is not None:
                return failed, log
        elif self._cold:
            init, failed = self._init_phase(log, INIT_LIMIT, "init")
            if failed is not None:
                began = self.scope.timestamp()
                failed = self._init_again(log, trace)
        log.start(self.version)
        began = self.scope.timestamp() if began is None else began
        outcome = failed or self._invoke(invocation, log, self.settings["Timeout"] - (self.scope.timestamp() - began))
        duration = min(self.scope.timestamp() - began, float(self.settings["Timeout"]))
        kind = outcome.kind or ""
        status = "timeout" if kind == "Sandbox.Timedout" else "error" if kind.startswith("Runtime.") else "success"
        log.runtime_done(status, duration)
        report = {"duration": duration, "init": init, "memory": self.settings["MemorySize"], "status": status}
        report["restore"] = restored
        log.end(report | {"error": kind if status == "error" else None})
        if status == "timeout":
            log.timed_out(self.settings["Timeout"])
        return outcome, log

    def _new_log(self, request_id: str) -> Log:
        return Log(self.settings["LoggingConfig"], self.scope.timestamp, request_id)

    def _init_phase(self, log: Log, limit: float, phase: str) -> tuple[float | None, Outcome | None]:
        """The init phase of an environment on demand, and what the log says of it."""
        began = self.scope.timestamp()
        seconds, failed = self._initialise(log, limit)
        status = "success" if failed is None else "timeout" if failed.kind == "Sandbox.Timedout" else "error"
        kind = failed.kind if failed is not None and status == "error" else None
        log.init_done(status, self.scope.timestamp() - began, "on-demand", phase, kind)
        return seconds, failed

    def _init_again(self, log: Log, trace: str) -> Outcome | None:
        """An init phase that failed is run again in a new process, as a part of the invocation.

        "Failures during the Init phase" and "Failures during the Invoke phase" of the page above: the "suppressed init".
        """
        chain = self.process.chain
        self.process = self._new_process()
        self.process.chain = chain
        self.process.set("_X_AMZN_TRACE_ID", trace)
        self.alive = True
        _, failed = self._init_phase(log, self.settings["Timeout"], "invoke")
        if failed is not None and failed.kind == "Sandbox.Timedout":
            return self._timed_out(log.request_id)
        return failed

    def _initialise(self, log: Log, limit: float) -> tuple[float | None, Outcome | None]:
        """Run the code outside of the handler: how long it took, and what went wrong."""
        if self.process.importer is None:
            self._cold = False
            return 0.0, None
        began = self.scope.timestamp()
        try:
            with self.scope.guest(self.name, limit) as visit, self.process.inside(log), _in_time(visit):
                self.handler = self._load()
                if self.snaps:
                    hooks.before_snapshot()
            self._cold = False
        except TimeIsUp:
            return None, _outcome({"errorType": "Sandbox.Timedout", "errorMessage": "init"})
        except BaseException as e:
            if _goes_through(e):
                raise
            with self.scope.guest(self.name):  # the error's own __str__ is user code as well
                return None, self._broken(log, e, "", warn=True)
        return self.scope.timestamp() - began, None

    def _invoke(self, invocation: Invocation, log: Log, limit: float) -> Outcome:
        request_id = invocation.request_id
        try:
            with self.scope.guest(self.name, limit) as visit, self.process.inside(log), _in_time(visit):
                assert self.handler is not None
                answer = self.handler(event_of(invocation.payload), self._context(invocation, visit))
                try:
                    payload = payload_of(answer, self.settings.get("Runtime", ""))
                finally:
                    _close(answer)
        except TimeIsUp:
            return self._timed_out(request_id)
        except BaseException as e:
            if _goes_through(e):
                raise
            with self.scope.guest(self.name):
                return self._broken(log, e, request_id)
        if len(payload) > RESPONSE_LIMIT:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            return _outcome({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"})
        return Outcome(payload)

    def _context(self, invocation: Invocation, visit: Visit) -> LambdaContext:
        return LambdaContext(
            request_id=invocation.request_id,
            arn=invocation.arn,
            name=self.name,
            version=self.version,
            memory=self.settings["MemorySize"],
            log_group=None if self.snaps else self.settings["LoggingConfig"]["LogGroup"],
            log_stream=None if self.snaps else self.log_stream,
            client_context=invocation.client_context,
            deadline=self.scope.timestamp() + visit.left(),
            clock=self.scope.timestamp,
        )

    # ------------------------------------------------------------------ SnapStart

    def prepare(self) -> tuple[Outcome | None, Log]:
        """What comes before the snapshot: the init phase, and its hooks. Gives what went wrong, and the log."""
        log = self._new_log("")
        limit = max(SNAPSHOT_LIMIT, float(self.settings["Timeout"]))
        began = self.scope.timestamp()
        _, failed = self._initialise(log, limit)
        self.alive = failed is None
        status = "success" if failed is None else "timeout" if failed.kind == "Sandbox.Timedout" else "error"
        kind = failed.kind if failed is not None and status == "error" else None
        log.init_done(status, self.scope.timestamp() - began, "snap-start", error=kind)
        return failed, log

    def _restore(self, log: Log) -> tuple[float, Outcome | None]:
        """What comes after it: how long the hooks took, and what went wrong."""
        failed: Outcome | None = None
        if self._cold:  # another environment has the snapshot already
            failed, _ = self.prepare()
        began, status = self.scope.timestamp(), "success"
        try:
            if failed is None and self.process.importer is not None:
                with self.scope.guest(self.name, RESTORE_LIMIT) as visit, self.process.inside(log), _in_time(visit):
                    hooks.after_restore()
        except TimeIsUp:
            status, failed = "timeout", Outcome(b"", RESTORE_TIMEOUT)
        except BaseException as e:
            if _goes_through(e):
                raise
            with self.scope.guest(self.name):
                self._broken(log, e, "")
            status, failed = "error", Outcome(b"", RESTORE_FAILED)
        seconds = self.scope.timestamp() - began
        log.restored(status, seconds)
        self.alive, self._to_restore = failed is None, False
        return seconds, failed if failed is None or failed.kind != "Sandbox.Timedout" else Outcome(b"", RESTORE_TIMEOUT)

    # ------------------------------------------------------------------ ends that are no answer

    def _broken(self, log: Log, error: BaseException, request_id: str, warn: bool = False) -> Outcome:
        """What an invocation or (``warn``) an init phase that raised comes to."""
        if isinstance(error, RuntimeFault):
            return self._failed(log, error, error_payload(error.message, error.kind, error.trace, request_id), warn)
        if isinstance(error, Exception):
            try:
                message = str(error)
            except Exception:  # which ends the runtime itself
                return self._exit(log, error, request_id)
            kind, trace = type(error).__name__, stack_trace(error.__traceback__)
            return self._failed(log, error, error_payload(message, kind, trace, request_id), warn)
        return self._exit(log, error, request_id)

    def _failed(self, log: Log, error: Exception, document: dict[str, Any], warn: bool) -> Outcome:
        if warn:
            self.alive = False
            if not log.is_json:
                log.write(f"[WARNING]\t{stamp(self.scope.timestamp())}\t\t{INIT_WARNING}\n")
        log.error(document)
        return _outcome(document, error)

    def _timed_out(self, request_id: str) -> Outcome:
        self.alive = False
        message = f"RequestId: {request_id} Error: Task timed out after {self.settings['Timeout']:.2f} seconds"
        return _outcome({"errorType": "Sandbox.Timedout", "errorMessage": message})

    def _exit(self, log: Log, error: BaseException, request_id: str) -> Outcome:
        self.alive = False
        given = error.code if isinstance(error, SystemExit) else 1
        code = given if isinstance(given, int) else int(given is not None)
        how = f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"
        message = f"RequestId: {request_id or log.request_id} Error: {how}"
        return _outcome({"errorType": "Runtime.ExitError", "errorMessage": message}, error)

    # ------------------------------------------------------------------ finding the handler

    def _load(self) -> Callable[..., Any]:
        setting: str = self.settings["Handler"]
        module_name, dot, name = setting.rpartition(".")
        if not dot:
            message = f"Bad handler '{setting}': not enough values to unpack (expected 2, got 1)"
            raise RuntimeFault("Runtime.MalformedHandlerName", message)
        if module_name.split(".")[0] in sys.builtin_module_names:
            message = f"Cannot use built-in module {module_name} as a handler module"
            raise RuntimeFault("Runtime.BuiltInModuleConflict", message)
        try:
            module = importlib.import_module(module_name.replace("/", "."))
        except ImportError as e:
            raise RuntimeFault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {e}") from e
        except SyntaxError as e:
            trace = [f'  File "{e.filename}" Line {e.lineno}\n    {e.text}']
            raise RuntimeFault(
                "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {e}", trace
            ) from e
        found: Callable[..., Any] | None = getattr(module, name, None)
        if found is None:
            raise RuntimeFault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
        return found


@contextmanager
def _in_time(visit: Visit) -> Iterator[None]:
    """However the body ends, when more time has passed than there was it has timed out: AWS ends the process then."""
    try:
        yield
    except (Exception, SystemExit) as e:
        if visit.overdrawn() and not _goes_through(e):
            raise TimeIsUp from e
        raise
    if visit.overdrawn():
        raise TimeIsUp


def _goes_through(error: BaseException) -> bool:
    """Is it none of the function's business: an error of this fake, a signal of the test's (an interrupt, a skip, a failure)?"""
    if isinstance(error, Exception):
        return isinstance(error, MockServerlessError) or is_signal(error)
    return not isinstance(error, (SystemExit, GeneratorExit)) and type(error).__name__ != "CancelledError"


def _outcome(document: dict[str, Any], error: BaseException | None = None) -> Outcome:
    trace = document["errorMessage"]
    if error is not None:
        forget_sources()
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Outcome(payload_of(document), document["errorType"], trace)


def stack_trace(trace: TracebackType | None) -> list[str]:
    """The frames of an error that are not ours, as the runtime formats them: without columns (awslambdaric, bootstrap.py:
    extract_traceback), so that no line of ``^^^^`` follows the source, whatever the version of Python."""
    forget_sources()
    frames = [f for f in traceback.extract_tb(trace) if not f.filename.startswith(OURS + os.sep)]
    return traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in frames])


def _close(answer: Any) -> None:
    """A coroutine is no answer (AWS's runtime awaits nothing), and is not to be missed either."""
    if inspect.iscoroutine(answer):
        answer.close()
