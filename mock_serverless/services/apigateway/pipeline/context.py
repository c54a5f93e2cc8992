"""``$context``, which is also the ``requestContext`` of a function's event.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference
https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event
"""

from __future__ import annotations

from ....core.principals import Principal
from .exchange import Exchange

IDENTITY = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)
MIXED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def describe(x: Exchange) -> None:
    """Fill in what is known of a request before it is routed."""
    scope, request = x.db.scope, x.request
    now, ids = scope.now(), scope.ids
    x.trace = request.header("x-amzn-trace-id") or f"Root=1-{int(scope.timestamp()):08x}-{ids.hex(24)}"
    if x.stage.get("tracingEnabled") and "Sampled=" not in x.trace:
        x.trace += f";Parent={ids.hex(16)};Sampled=1"
    x.context |= {
        "accountId": scope.account,
        "apiId": x.api_id,
        "deploymentId": x.deployment,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "extendedRequestId": ids.token(15, MIXED) + "=",
        "httpMethod": request.method,
        "identity": {
            **dict.fromkeys(IDENTITY),
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "path": request.path,
        "protocol": "HTTP/1.1",
        "requestId": ids.uuid(),
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(scope.timestamp() * 1000),
        "stage": x.stage_name,
    }
    if "canarySettings" in x.stage:
        x.context["isCanaryRequest"] = x.deployment != x.stage["deploymentId"]


def signed_by(x: Exchange, who: Principal, access_key: str) -> None:
    """Fill in whose signature a request has."""
    x.context["identity"] |= {
        "accountId": who.account,
        "accessKey": access_key or None,
        "caller": who.user_id,
        "user": who.user_id,
        "userArn": who.arn,
    }


def method_arn(x: Exchange) -> str:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html"""
    scope = x.db.scope
    there = f"{x.api_id}/{x.stage_name}/{x.request.method}{x.path}"
    return f"arn:{scope.partition}:execute-api:{scope.region}:{scope.account}:{there}"
