"""Reserved concurrency, limits of the account, and recursive loops.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import Any

from ...core.operation import operation
from .errors import invalid
from .names import find, function_of
from .store import LATEST, State

ACCOUNT_LIMIT = 1000
UNRESERVED_MINIMUM = 100


@operation
def put_function_concurrency(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html"""
    target, wanted = find(state, request), request["ReservedConcurrentExecutions"]
    if target.qualifier is not None:
        raise invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN."
        )
    function = target._replace(qualifier=LATEST).there()  # which a refusal names (recorded)
    others = sum(f.reserved or 0 for f in state.functions.values() if f is not function)
    if ACCOUNT_LIMIT - others - wanted < UNRESERVED_MINIMUM:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
            f"its minimum value of [{UNRESERVED_MINIMUM}]."
        )
    function.reserved = wanted
    return {"ReservedConcurrentExecutions": wanted}


@operation
def get_function_concurrency(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html"""
    reserved = function_of(state, request).reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@operation
def delete_function_concurrency(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionConcurrency.html"""
    function_of(state, request).reserved = None
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}


@operation
def get_account_settings(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html"""
    functions = state.functions.values()
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": ACCOUNT_LIMIT - sum(f.reserved or 0 for f in functions),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(v.code.size for f in functions for v in (f.latest, *f.versions.values())),
            "FunctionCount": len(functions),
        },
    }


@operation
def get_function_code_signing_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html"""
    # no function has one here; the member is required by the model, so it is there and empty
    return {"FunctionName": function_of(state, request).name, "CodeSigningConfigArn": ""}


@operation
def put_function_recursion_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html"""
    function = function_of(state, request)
    function.recursive_loop = request["RecursiveLoop"]
    return {"RecursiveLoop": function.recursive_loop}


@operation
def get_function_recursion_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html"""
    return {"RecursiveLoop": function_of(state, request).recursive_loop}
