"""Answers that a test puts in place of AWS's: stubs for operations, and faults that make them fail."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from .errors import AwsError, InvalidAnswer
from .operation import package_of, service_model
from .shapes import problems

# Codes which botocore's retry modes and AWS's documentation know, with the HTTP status they come with:
# https://docs.aws.amazon.com/general/latest/gr/api-error-codes.html (common errors) for those that no model has
STATUS = {
    "InternalFailure": 500,
    "InternalError": 500,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "SlowDown": 503,
    "RequestTimeout": 400,
    "TooManyRequestsException": 429,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "UnrecognizedClientException": 403,
    "ExpiredToken": 403,
    "ExpiredTokenException": 403,
}
_WORDS = """IncompleteSignature InvalidAction InvalidClientTokenId InvalidParameterCombination InvalidParameterValue
    InvalidQueryParameter InvalidSignatureException MalformedQueryString MissingAction MissingAuthenticationToken
    MissingAuthenticationTokenException MissingParameter NotAuthorized OptInRequired RequestExpired RequestLimitExceeded
    RequestThrottled RequestThrottledException RequestTimeoutException RequestTimeTooSkewed SerializationException
    SignatureDoesNotMatch Throttling ThrottledException ThrottlingException UnknownOperationException ValidationError
    ValidationException"""
UNMODELLED = {*STATUS, *_WORDS.split()}
"""Codes that any service may answer, whether its model has them or not (the same page, and botocore's retry modes)."""
NEAR = 0.9

MESSAGES = {
    "ThrottlingException": "Rate exceeded",
    "Throttling": "Rate exceeded",
    "TooManyRequestsException": "Rate Exceeded.",
    "InternalServerError": "Internal server error",
}


def error_of(service: str, code: str, message: str | None) -> AwsError:
    """The error of a code as the service would give it: HTTP status and wording where they are known (a service's own wording:
    ``MESSAGES`` of its package).

    Raises ValueError for a code which is nearly one that the service has, but isn't.
    """
    model = service_model(service)
    shape = model.shape_for_error_code(code)
    if shape is None:
        _refuse_slips(service, code, UNMODELLED.union(s.error_code for s in model.error_shapes))
    status = modelled_status(shape) or STATUS.get(code, 400)
    known = MESSAGES | getattr(package_of(service), "MESSAGES", {})
    return AwsError(code, known.get(code, "injected by the test") if message is None else message, status)


def _refuse_slips(service: str, code: str, known: set[str]) -> None:
    """Services answer codes that no model has; one beside those that it has is a slip, and its test would show nothing."""
    if code in known:
        return
    by_lower = {k.lower(): k for k in sorted(known)}
    given = code.lower()
    alike = [w for w in (f"{given}exception", given.removesuffix("exception")) if w in by_lower]
    near = alike or difflib.get_close_matches(given, by_lower, n=1, cutoff=NEAR)
    if near:
        raise ValueError(
            f"{service} has no error {code!r}. Did you mean: {by_lower[near[0]]}?\n"
            f'If you do mean {code!r}, give it as an exception: cloud.fail(..., AwsError({code!r}, "its message"))'
        )


def modelled_status(shape: Any) -> int | None:
    """The HTTP status which the model gives an error, if it gives one."""
    if shape is None:
        return None
    status = (shape.metadata.get("error") or {}).get("httpStatusCode")
    return int(status) if status else 500 if is_fault(shape) else None


def is_fault(shape: Any) -> bool:
    """Whether an error is the service's own fault; botocore leaves it out of the shape's metadata."""
    return bool(shape._shape_model.get("fault"))


@dataclass(slots=True)
class Fault:
    """Makes calls of an operation fail; what ``cloud.fail`` gives. ``hits`` counts the calls that it failed."""

    service: str
    operation: str
    error: AwsError | BaseException
    times: int | None = None
    where: Callable[[dict[str, Any]], bool] | None = None
    probability: float = 1.0
    hits: int = 0

    def strikes(self, random: Random) -> bool:
        """Is this call, which it concerns, to fail? Counts it when so; the cloud's lock is held."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.probability < 1.0 and random.random() >= self.probability:
            return False
        self.hits += 1
        return True


@dataclass(slots=True)
class Stub:
    """Answers calls of an operation; what ``cloud.stub`` gives. ``hits`` counts the calls that it answered."""

    service: str
    operation: str
    answer: Any
    hits: int = 0


def check_answer(answer: Any, output_shape: Any, name: str) -> None:
    """Raises InvalidAnswer when an answer doesn't fit botocore's output shape."""
    found = problems(answer, output_shape)
    if found:
        raise InvalidAnswer(f"the answer of {name} doesn't fit botocore's output shape:\n  " + "\n  ".join(found))


def at_rest(answer: Any) -> Any:
    """A copy of an answer that can be given any number of times: bytes for what is read once, lists for iterators."""
    if isinstance(answer, dict):
        return {k: at_rest(v) for k, v in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [at_rest(v) for v in answer]
    if hasattr(answer, "read"):
        content = answer.read()
        return content.encode() if isinstance(content, str) else content
    if hasattr(answer, "__next__"):
        return [at_rest(v) for v in answer]
    return bytes(answer) if isinstance(answer, bytearray) else answer
