"""The lines of a function's log: AWS's own around an invocation, and those of its Python runtime.

Text and JSON formats: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

NO_BREAK_SPACE = "\u00a0"
MEMORY_USED = 32
"""Megabytes; what REPORT shows as used, since memory is not measured here."""
LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}


def stamp(timestamp: float) -> str:
    """``2026-01-31T12:00:00.000Z``."""
    return datetime.fromtimestamp(timestamp, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def platform_event(timestamp: float, kind: str, record: dict[str, Any]) -> str:
    """A line of Lambda's own in the JSON format."""
    return json.dumps({"time": stamp(timestamp), "type": kind, "record": record}) + "\n"


class Log:
    """What one invocation writes, in order. ``settings`` is the function's LoggingConfig."""

    def __init__(self, settings: dict[str, Any], clock: Callable[[], float], request_id: str) -> None:
        self.is_json = settings.get("LogFormat") == "JSON"
        self.system_level = LEVELS[settings.get("SystemLogLevel", "INFO")]
        self.clock = clock
        self.request_id = request_id
        self.lines: list[tuple[float, str]] = []
        self._unfinished = ""

    def write(self, text: str) -> None:
        """Add output; a line counts once it has ended."""
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            self.lines.append((self.clock(), line + "\n"))

    def record(self, text: str) -> None:
        """Add what is one event however many lines it has."""
        self.close()
        self.lines.append((self.clock(), text))

    def close(self) -> None:
        """End the last line."""
        if self._unfinished:
            self.write("\n")

    def text(self) -> str:
        """All of it."""
        return "".join(line for _, line in self.lines)

    # ------------------------------------------------------------------ what AWS writes

    def start(self, version: str) -> None:
        """Before the handler is called."""
        if not self.is_json:
            self.write(f"START RequestId: {self.request_id} Version: {version}\n")
        else:
            self.platform("platform.start", {"requestId": self.request_id, "version": version})

    def end(self, report: dict[str, Any]) -> None:
        """After it: the lines END and REPORT. ``report``: durations in seconds, memory in MB."""
        self.close()
        duration, init = 1000 * report["duration"], report["init"]
        restore = None if report.get("restore") is None else 1000 * report["restore"]
        billed = math.ceil(duration + (0 if init is None else 1000 * init)) + math.ceil(restore or 0)
        if self.is_json:
            level = "INFO" if report["status"] == "success" else "WARN"
            self.platform("platform.report", self._report_record(duration, billed, report), level)
            return
        init_part = "" if init is None else f"\tInit Duration: {1000 * init:.2f} ms"
        if restore is not None:
            init_part = f"\tRestore Duration: {restore:.2f} ms\tBilled Restore Duration: {math.ceil(restore)} ms"
        status = f"\tStatus: {report['status']}" if report["status"] != "success" else ""
        error = f"\tError Type: {report['error']}" if report.get("error") else ""
        self.write(
            f"END RequestId: {self.request_id}\nREPORT RequestId: {self.request_id}\tDuration: {duration:.2f} ms"
            f"\tBilled Duration: {billed} ms\tMemory Size: {report['memory']} MB\tMax Memory Used: {MEMORY_USED} MB"
            f"{init_part}\t{status}{error}\n"
        )

    def _report_record(self, duration: float, billed: int, report: dict[str, Any]) -> dict[str, Any]:
        metrics = {
            "durationMs": round(duration, 3),
            "billedDurationMs": billed,
            "memorySizeMB": report["memory"],
            "maxMemoryUsedMB": MEMORY_USED,
        }
        if report["init"] is not None:
            metrics["initDurationMs"] = round(1000 * report["init"], 3)
        if report.get("restore") is not None:
            metrics["restoreDurationMs"] = round(1000 * report["restore"], 3)
            metrics["billedRestoreDurationMs"] = math.ceil(1000 * report["restore"])
        return {"requestId": self.request_id, "metrics": metrics, "status": report["status"]}

    def init_done(self, status: str, seconds: float, kind: str, phase: str = "init", error: str | None = None) -> None:
        """After the init phase: a record, where the format is JSON, else INIT_REPORT, if it failed or belongs to a snapshot.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (INIT_REPORT),
        https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html
        """
        self.close()
        level = "DEBUG" if status == "success" else "WARN"
        record = {"initializationType": kind, "phase": phase, "status": status}
        self.platform("platform.initRuntimeDone", record, level)
        self.platform("platform.initReport", {**record, "metrics": {"durationMs": round(1000 * seconds, 3)}}, level)
        if not self.is_json and (status != "success" or kind == "snap-start"):
            failed = "" if status == "success" else f"\tPhase: {phase}\tStatus: {status}"
            of_type = f"\tError Type: {error}" if error else ""
            self.write(f"INIT_REPORT Init Duration: {1000 * seconds:.2f} ms{failed}{of_type}\n")

    def restored(self, status: str, seconds: float) -> None:
        """After the restore of a snapshot, with its hooks (RESTORE_REPORT, on the same pages)."""
        self.close()
        level = "DEBUG" if status == "success" else "WARN"
        self.platform("platform.restoreRuntimeDone", {"status": status}, level)
        self.platform(
            "platform.restoreReport", {"status": status, "metrics": {"durationMs": round(1000 * seconds, 3)}}, level
        )
        if not self.is_json:
            kind = "\tError Type: Runtime.ExitError" if status == "error" else ""
            failed = "" if status == "success" else f"\tStatus: {status}{kind}"
            self.write(f"RESTORE_REPORT Restore Duration: {1000 * seconds:.2f} ms{failed}\n")

    def runtime_done(self, status: str, seconds: float) -> None:
        """After the handler, where the format is JSON."""
        record = {"requestId": self.request_id, "status": status, "metrics": {"durationMs": round(1000 * seconds, 3)}}
        self.platform("platform.runtimeDone", record, "DEBUG" if status == "success" else "WARN")

    def platform(self, kind: str, record: dict[str, Any], level: str = "INFO") -> None:
        """A record of Lambda's own, when the format is JSON and its level is logged.

        Levels: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        """
        if self.is_json and self.system_level <= LEVELS[level]:
            self.write(platform_event(self.clock(), kind, record))

    def timed_out(self, seconds: int) -> None:
        """Instead of an answer."""
        self.close()
        if not self.is_json:
            self.record(f"{stamp(self.clock())} {self.request_id} Task timed out after {seconds:.2f} seconds\n\n")

    # ------------------------------------------------------------------ what the Python runtime writes

    def error(self, error: dict[str, Any]) -> None:
        """An error that the handler didn't catch."""
        self.close()
        if self.is_json:
            when = stamp(self.clock())[:19]
            self.write(json.dumps({"timestamp": when, "level": "ERROR", **error}) + "\n")
            return
        head = "[ERROR]"
        if error["errorType"]:
            head += f" {error['errorType']}" + (":" if error["errorMessage"] else "")
        if error["errorMessage"]:
            head += f" {error['errorMessage']}"
        lines = [head, "Traceback (most recent call last):"]
        for entry in error["stackTrace"]:
            lines += [_indented(line) for line in entry.splitlines()] or [""]
        self.write("\r".join(lines) + "\n")


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return NO_BREAK_SPACE * (len(line) - len(bare)) + bare


# ---------------------------------------------------------------------- logging

RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime", "taskName"}


class LogHandler(logging.Handler):
    """The handler which AWS's runtime puts on the root logger."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record in the function's log format."""
        try:
            self.log.record(self._json(record) if self.log.is_json else self._text(record))
        except Exception:
            self.handleError(record)

    def _text(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + _PLAIN.formatException(record.exc_info)
        return f"[{record.levelname}]\t{stamp(record.created)}\t{self.log.request_id}\t{message}\n"

    def _json(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "timestamp": stamp(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": self.log.request_id,
        }
        entry |= {k: v for k, v in vars(record).items() if k not in RESERVED and k not in entry and v is not None}
        return json.dumps(entry, ensure_ascii=False, default=str) + "\n"


_PLAIN = logging.Formatter()


def _exception(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    import traceback

    kind, value, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(value),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


def tail(texts: Sequence[str], size: int = 4096) -> bytes:
    """The last 4 KB, for LogResult."""
    return "".join(texts).encode()[-size:]
