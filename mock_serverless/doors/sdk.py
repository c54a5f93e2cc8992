"""The SDK's door: botocore's event hooks.

    before-parameter-build   the parameters are taken, after every other handler has seen them
    before-call              the call is answered: nothing is signed, sent or parsed
    before-send              what must look like HTTP: errors which botocore may retry (so that its own retry logic runs),
                             and callers which never came past before-call

Every client of boto3, botocore, aiobotocore and aioboto3 emits its events through botocore's EventAliaser, so that class
is where we listen: while a cloud is open its ``emit`` and ``emit_until_response`` are ours, and clients which were made long
before are heard too. A client that is made while a cloud is open gets a copy of its session's emitter; that copy is a
:class:`MockedEvents`, which refuses to serve once no cloud is open any more.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.exceptions import HTTPClientError
from botocore.hooks import EventAliaser

from ..core.arns import GLOBAL_REGIONS
from ..core.current import cloud_of_this_thread
from ..core.errors import AwsError, ClientOutlivedItsMock
from ..core.operation import loader
from ..core.parameters import Reader, reader
from . import answers, loading, refreshing, session, user_agent, waiting

if TYPE_CHECKING:
    from ..cloud import Cloud

KEY = "mock_serverless"
HEADER = "X-Mock-Serverless-Call"
SERVING_EVENTS = ("provide-client-params.", "before-parameter-build.", "before-call.", "before-send.")


# ---------------------------------------------------------------------- listening to botocore's events


def _emit(self: Any, event_name: str, **kwargs: Any) -> Any:
    """Stands in for EventAliaser.emit: the other handlers first, then ours."""
    responses = _botocore_emit(self, event_name, **kwargs)
    if event_name[:7] != "before-":
        return responses
    if event_name.startswith("before-parameter-build."):
        context = kwargs.get("context")
        if type(context) is dict and cloud_of_this_thread() is not None:
            context[KEY] = kwargs["params"]
    elif event_name.startswith("before-send."):
        if hasattr(responses, "__await__"):
            return _after_others(responses, kwargs["request"])
        return _with_http(responses, kwargs["request"], False)
    return responses


def _emit_until_response(self: Any, event_name: str, **kwargs: Any) -> Any:
    """Stands in for EventAliaser.emit_until_response: who answers before us (a botocore Stubber, say) has answered."""
    answered = _botocore_emit_until_response(self, event_name, **kwargs)
    if event_name.startswith("before-call."):
        if hasattr(answered, "__await__"):
            return _unless_answered(answered, kwargs)
        return answered if answered[1] is not None else (_answer_call, _answer_call(kwargs, False))
    if event_name.startswith("choose-signer.") and isinstance((kwargs.get("context") or {}).get(KEY), Pending):
        if hasattr(answered, "close"):
            answered.close()
            return _unsigned()
        return _unsigned, botocore.UNSIGNED
    return answered


async def _after_others(responses: Any, request: Any) -> Any:
    return _with_http(await responses, request, True)


async def _unless_answered(answered: Any, kwargs: dict[str, Any]) -> Any:
    handler, response = await answered
    if response is not None:
        return handler, response
    known = getattr(kwargs.get("request_signer"), "_credentials", None)
    if known is not None and cloud_of_this_thread() is not None:
        await refreshing.refresh_async(known)
    return _answer_call, _answer_call(kwargs, True)


async def _unsigned() -> Any:
    return _unsigned, botocore.UNSIGNED


def _with_http(responses: list[Any], request: Any, is_async: bool) -> list[Any]:
    """The answer of another handler (moto's, say) counts, except to a call that we have begun to answer at before-call."""
    if HEADER not in request.headers and any(response is not None for _, response in responses):
        return responses
    response = _answer_send(request, is_async)
    return responses if response is None else [(_answer_send, response), *responses]


class MockedEvents(EventAliaser):  # type: ignore[misc]
    """The events of a client that was made while a cloud was open. When none is, it refuses to serve (see ``uninstall``)."""


def _refusing(name: str) -> Callable[..., Any]:
    def emit(self: Any, event_name: str, **kwargs: Any) -> Any:
        if event_name.startswith(SERVING_EVENTS):
            raise ClientOutlivedItsMock(
                f"{event_name.partition('.')[2]} is called on a client which was created inside a mock that has ended. "
                "It has fake credentials and must not reach AWS. Create the client outside (it is intercepted while a mock "
                "is active), or use it inside."
            )
        return _original[name](self, event_name, **kwargs)

    return emit


def _copy(self: Any) -> Any:
    """Stands in for EventAliaser.__copy__, which every new client's emitter comes from."""
    twin = _original["__copy__"](self)
    if type(self) is EventAliaser:
        twin.__class__ = MockedEvents
    return twin


STAND_INS: dict[str, Callable[..., Any]] = {
    "emit": _emit,
    "emit_until_response": _emit_until_response,
    "__copy__": _copy,
}
REFUSING = ("emit", "emit_until_response")
_original: dict[str, Any] = {name: getattr(EventAliaser, name) for name in STAND_INS}
_botocore_emit, _botocore_emit_until_response = _original["emit"], _original["emit_until_response"]


def install() -> None:
    """Open the door (when the first cloud is entered)."""
    for name, function in STAND_INS.items():
        setattr(EventAliaser, name, function)
    for name in REFUSING:
        if name in vars(MockedEvents):
            delattr(MockedEvents, name)
    waiting.install()
    loading.install()
    user_agent.install()


def uninstall() -> None:
    """Close it: outside a mock, botocore is as it was."""
    for name, function in _original.items():
        setattr(EventAliaser, name, function)
    for name in REFUSING:
        setattr(MockedEvents, name, _refusing(name))
    waiting.uninstall()
    loading.uninstall()
    user_agent.uninstall()


# ---------------------------------------------------------------------- before-call


@dataclass(eq=False)
class Pending:
    """A call on its way through botocore's HTTP stack, because its error may be retried."""

    model: Any
    params: dict[str, Any]
    whose: dict[str, str]
    error: BaseException | None


_pending: weakref.WeakValueDictionary[str, Pending] = weakref.WeakValueDictionary()
"""By the number in the request's header; kept alive by botocore's own request context."""


def _answer_call(kwargs: dict[str, Any], is_async: bool) -> Any:
    """What ``before-call`` returns, or None to let the call go on to ``before-send``."""
    cloud = cloud_of_this_thread()
    context = kwargs.get("context")
    if cloud is None or not isinstance(context, dict) or KEY not in context:
        return None
    model = kwargs["model"]
    service = model.service_model.service_name
    params = context.pop(KEY)
    if cloud.passthrough and passes(cloud, service, kwargs["params"].get("url", "")):
        return None
    region = context.get("client_region") or cloud.region
    region = GLOBAL_REGIONS.get(region, region)
    account, key = session.caller_of(cloud, getattr(kwargs.get("request_signer"), "_credentials", None))
    whose = {"account": account, "region": region, "access_key": key}
    request: dict[str, Any] = {}
    try:
        request = reader_of(model)(params)
        response = cloud.call(service, model.name, request, **whose)
    except AwsError as error:
        error.__traceback__ = None  # it is kept by the journal, and would keep all these frames
        if not retryable(error, model):
            return answers.refusal(model, error, cloud.ids.uuid())
        return _send_on(Pending(model, request, whose, error), kwargs["params"], context)
    except (HTTPClientError, BotocoreConnectionError, ConnectionError) as error:
        return _send_on(Pending(model, request, whose, error), kwargs["params"], context)
    return answers.success(model, response, cloud.ids.uuid(), is_async)


def _send_on(call: Pending, request_dict: dict[str, Any], context: dict[str, Any]) -> None:
    number = f"{id(call):x}"
    _pending[number] = context[KEY] = call
    request_dict["headers"][HEADER] = number


def reader_of(model: Any) -> Reader:
    """The compiled reader of an operation's input."""
    key = (model.service_model.service_name, model.name)
    return _readers.get(key) or _readers.setdefault(key, reader(model.input_shape))


_readers: dict[tuple[str, str], Reader] = {}


def passes(cloud: Cloud, service: str, url: str) -> bool:
    """Is this one of the services or endpoints which the mock leaves alone?"""
    waiting.note_passthrough(False)
    for name in cloud.passthrough:
        if name == service or ("://" in name and f"{url}/".startswith(f"{name.rstrip('/')}/")):
            waiting.note_passthrough(True)
            return True
    return False


# ---------------------------------------------------------------------- before-send


def _answer_send(request: Any, is_async: bool) -> Any:
    cloud = cloud_of_this_thread()
    if cloud is None:
        return None
    number = request.headers.get(HEADER)
    if isinstance(number, bytes):
        number = number.decode()
    call = _pending.get(number) if number else None
    if call is None:
        return _answer_bare(cloud, request, is_async)
    error, call.error = call.error, None
    response: dict[str, Any] = {}
    if error is None:
        try:
            service = call.model.service_model.service_name
            response = cloud.call(service, call.model.name, call.params, **call.whose)
        except AwsError as e:
            error = e
    return _http(call.model, request.url, response, error, cloud.ids.uuid(), is_async)


def _answer_bare(cloud: Cloud, request: Any, is_async: bool) -> Any:
    """A request which never came past before-call."""
    from . import endpoints

    if cloud.passthrough and _passes_url(cloud, request):
        return None
    headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()}
    _, (status, answered, body) = endpoints.answer(cloud, request.method, request.url, headers, _content(request))
    return answers.http_response(request.url, status, answered, body, is_async)


def _passes_url(cloud: Cloud, request: Any) -> bool:
    from urllib.parse import urlsplit

    from . import wire

    parts = urlsplit(request.url)
    address = wire.identify_service(parts.netloc, dict(request.headers), f"{parts.path}?{parts.query}", b"")
    return passes(cloud, address.service if address else "", request.url)


def _content(request: Any) -> bytes:
    content = request.body or b""
    if hasattr(content, "read"):
        content = content.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def _http(model: Any, url: str, response: dict[str, Any], error: Any, request_id: str, is_async: bool) -> Any:
    from . import wire

    if error is None:
        status, headers, content = wire.serialize_response(model, response, request_id)
    elif isinstance(error, AwsError):
        status, headers, content = wire.serialize_error(model, error, request_id)
    else:
        raise error
    return answers.http_response(url, status, headers, content, is_async)


# ---------------------------------------------------------------------- which errors botocore may retry


def retryable(error: AwsError, model: Any) -> bool:
    """May botocore retry it, in any retry mode? Asked of botocore's own tables."""
    from . import wire

    shape, code = wire.error_shape(model.service_model, error.code)
    status = wire.error_status(shape, error)
    if status >= 500 or status == 429 or code in retryable_codes():
        return True
    return shape is not None and "retryable" in shape.metadata


@lru_cache(maxsize=1)
def retryable_codes() -> frozenset[str]:
    """All error codes in the rules of botocore's retry modes."""
    from botocore.retries import standard

    codes = set(standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    codes |= set(standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES)
    text = str(loader().load_data("_retry"))
    return frozenset(codes | set(re.findall(r"'service_error_code': '([^']+)'", text)))
