"""Events and answers as JSON, and the errors of AWS's Python runtime."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


class RuntimeFault(Exception):
    """The runtime itself refuses: error type (``Runtime.HandlerNotFound`` ...), message, lines of a trace."""

    def __init__(self, kind: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = list(trace)


def event_of(payload: bytes) -> Any:
    """The event of an invocation; RuntimeFault when it is no JSON."""
    try:
        return json.loads(payload)
    except ValueError as e:
        raise RuntimeFault("Runtime.UnmarshalError", f"Unable to unmarshal input: {e}") from None


# runtimes whose encoder writes non-ASCII characters as they are: awslambdaric, lambda_runtime_marshaller.py
UNESCAPED = frozenset({"python3.12", "python3.13", "python3.14"})


def payload_of(answer: Any, runtime: str = "python3.12") -> bytes:
    """What a handler gave back, as the bytes of the response; RuntimeFault when it cannot be JSON."""
    if isinstance(answer, bytes):
        return answer
    try:
        return _encode(answer, runtime not in UNESCAPED).encode("utf-8", "surrogatepass")
    except Exception as e:
        raise RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {e}") from None


def _encode(answer: Any, ascii_only: bool) -> str:
    marks: dict[str, str] = {}

    def default(o: Any) -> Any:
        if not isinstance(o, Decimal):
            raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")
        if o.is_nan():
            return math.nan
        mark = f"\x00decimal{len(marks)}\x00"
        marks[json.dumps(mark)] = str(o)
        return mark

    text = json.dumps(answer, ensure_ascii=ascii_only, default=default)
    for mark, number in marks.items():
        text = text.replace(mark, number)
    return text


def error_payload(message: str, kind: str, trace: Sequence[str], request_id: str) -> dict[str, Any]:
    """The document that stands for an error, in the runtime's order of members."""
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": list(trace)}
