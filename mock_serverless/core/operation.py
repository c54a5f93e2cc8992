"""Registering an operation is writing it::

    @operation
    def put_item(db: Database, request: dict) -> dict: ...

in a module of ``mock_serverless/services/<folder>/``. The service is the folder's (``lambda_`` is ``lambda``) unless one is
named, the operation the one which boto3 spells like the function; a name that botocore's model doesn't know fails at
import, unless ``since`` names a version of botocore newer than the installed one: then the operation isn't there.
``unfinished`` tells from a request and its answer that the caller is polling for work which is still to come (in a cloud
with ``time="skip"`` such a call jumps to the next thing due).

``guest=True`` marks operations that run user code (a Lambda function): they are called with no lock held.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar, overload

from .constraints import RequestChecker
from .errors import NotSupported, near_misses

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Operation:
    """One implemented operation."""

    service: str
    name: str
    function: Function
    unfinished: Callable[[dict[str, Any], dict[str, Any]], bool] | None
    check: RequestChecker
    output_shape: Any


OPERATIONS: dict[tuple[str, str], Operation] = {}
"""Those of the services that have been loaded."""

_registered: dict[tuple[str, str], Operation] = {}
_loading = threading.RLock()
"""Several threads may make the first call of a service at once; each is to find all of it or nothing."""

# services which are faces of another's state: their operations stand in that folder
FOLDERS = {
    "lambda": "lambda_",
    "dynamodbstreams": "dynamodb",
    "apigatewayv2": "apigateway",
    "apigatewaymanagementapi": "apigateway",
}
ALIASES = {"sfn": "stepfunctions", "states": "stepfunctions", "streams.dynamodb": "dynamodbstreams"}


@overload
def operation(function: F, /) -> F: ...
@overload
def operation(
    *,
    service: str | None = None,
    unfinished: Callable[[dict[str, Any], dict[str, Any]], bool] | None = None,
    since: str | None = None,
) -> Callable[[F], F]: ...
def operation(
    function: F | None = None,
    /,
    *,
    service: str | None = None,
    unfinished: Callable[[dict[str, Any], dict[str, Any]], bool] | None = None,
    since: str | None = None,
) -> Any:
    """Make a function the implementation of the operation that boto3 spells like it.

    ``since`` is a version of botocore whose model has the operation, for one that older models may lack.
    """
    if function is None:
        return lambda f: _register(f, service, unfinished, since)
    return _register(function, service, unfinished, since)


def _register(function: F, service: str | None, unfinished: Any, since: str | None) -> F:
    if service is None:
        folder = function.__module__.split(".services.", 1)[1].split(".")[0]
        service = folder.rstrip("_")
    model = service_model(service)
    name = operation_names(service).get(function.__name__)
    if name is None and since is not None and _version(botocore_version()) < _version(since):
        return function
    if name is None:
        misses = near_misses(function.__name__, operation_names(service))
        raise NameError(f"{service} has no operation {function.__name__!r}.{misses}")
    shape = model.operation_model(name)
    _registered[service, name] = Operation(
        service, name, function, unfinished, RequestChecker(shape), shape.output_shape
    )
    return function


# ---------------------------------------------------------------------- finding


def find(service: str, name: str) -> Operation | None:
    """The implementation of an operation, its service loaded when need be; None when there is none."""
    found = OPERATIONS.get((service, name))
    if found is None and load(service):
        found = OPERATIONS.get((service, name))
    return found


def load(service: str) -> bool:
    """Import a service's folder with all its modules; False when the service has none."""
    with _loading:
        return _load(service)


@cache
def _load(service: str) -> bool:
    package = package_of(service)
    if package is None:
        return False
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    folder = FOLDERS.get(service, service)
    OPERATIONS.update({key: op for key, op in _registered.items() if FOLDERS.get(key[0], key[0]) == folder})
    return True


@cache
def package_of(service: str) -> Any:
    """The package of a service under services/, or None."""
    name = f"mock_serverless.services.{FOLDERS.get(service, service)}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if e.name != name:
            raise
        return None


def services() -> list[str]:
    """The services that have implemented operations, as botocore names them."""
    home = importlib.import_module("mock_serverless.services")
    folders = [m.name for m in pkgutil.iter_modules(home.__path__)]
    faces = [service for service, folder in FOLDERS.items() if folder in folders]
    names = {folder.rstrip("_") for folder in folders} | set(faces)
    return sorted(name for name in names if implemented(name))


def implemented(service: str) -> set[str]:
    """The names of a service's implemented operations."""
    load(service)
    return {name for of, name in OPERATIONS if of == service}


# ---------------------------------------------------------------------- botocore's models


def botocore_version() -> str:
    """The installed one."""
    import botocore

    return str(botocore.__version__)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3])


@lru_cache(maxsize=1)
def loader() -> Any:
    """botocore's loader of its data files."""
    from botocore.loaders import create_loader

    return create_loader()


@cache
def service_model(service: str) -> Any:
    """botocore's ServiceModel of a service; NotSupported with near misses when botocore knows none of that name."""
    from botocore.exceptions import UnknownServiceError
    from botocore.model import ServiceModel

    try:
        return ServiceModel(loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        misses = near_misses(service, [*loader().list_available_services("service-2"), *ALIASES])
        raise NotSupported(f"botocore knows no service {service!r}.{misses}") from None


@cache
def operation_names(service: str) -> dict[str, str]:
    """boto3's spelling (put_item) -> the model's (PutItem)."""
    from botocore import xform_name

    return {xform_name(n): n for n in service_model(service).operation_names}


def resolve(service: str, name: str) -> tuple[str, str]:
    """Service and operation as botocore names them, from any usual spelling; NotSupported for unknown ones."""
    service = ALIASES.get(service, service)
    names = operation_names(service)
    if name in names:
        return service, names[name]
    by_lower = {n.lower(): n for n in names.values()}
    found = by_lower.get(name.replace("_", "").lower())
    if found is None:
        misses = near_misses(name, names.values())
        raise NotSupported(f"{service} has no operation {name!r} in botocore's model.{misses}")
    return service, found


@cache
def checker(service: str, name: str) -> RequestChecker:
    """The constraints on requests of any operation, implemented or not."""
    return RequestChecker(service_model(service).operation_model(name))


@cache
def output_shape(service: str, name: str) -> Any:
    """botocore's output shape of any operation."""
    return service_model(service).operation_model(name).output_shape
