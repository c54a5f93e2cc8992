"""The resources that a Task state may name, taken apart.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html: a Lambda function's or an activity's ARN,
``arn:aws:states:::<service>:<action>[.<pattern>]`` (optimised), or
``arn:aws:states:::aws-sdk:<service>:<action>[.waitForTaskToken]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ....core.errors import NotSupported
from ....core.operation import operation_names, service_model

TOKEN = "waitForTaskToken"
SYNC = frozenset({"sync", "sync:2"})

# https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html: service -> (botocore's name, actions);
# patterns beside request and response, per service
OPTIMISED: dict[str, tuple[str, frozenset[str]]] = {
    "lambda": ("lambda", frozenset({"invoke"})),
    "dynamodb": ("dynamodb", frozenset({"getItem", "putItem", "updateItem", "deleteItem"})),
    "sqs": ("sqs", frozenset({"sendMessage"})),
    "sns": ("sns", frozenset({"publish"})),
    "events": ("events", frozenset({"putEvents"})),
    "states": ("stepfunctions", frozenset({"startExecution"})),
    "ecs": ("ecs", frozenset({"runTask"})),
    "batch": ("batch", frozenset({"submitJob"})),
    "glue": ("glue", frozenset({"startJobRun"})),
    "athena": (
        "athena",
        frozenset({"startQueryExecution", "stopQueryExecution", "getQueryExecution", "getQueryResults"}),
    ),
    "codebuild": (
        "codebuild",
        frozenset({"startBuild", "stopBuild", "batchDeleteBuilds", "batchGetReports", "startBuildBatch", "stopBuildBatch",
                   "retryBuildBatch", "deleteBuildBatch"}),
    ),
    "bedrock": ("bedrock-runtime", frozenset({"invokeModel", "createModelCustomizationJob"})),
    "sagemaker": (
        "sagemaker",
        frozenset({"createTrainingJob", "createTransformJob", "createEndpoint", "createEndpointConfig", "createModel",
                   "createLabelingJob", "createHyperParameterTuningJob", "createProcessingJob", "updateEndpoint"}),
    ),
    "elasticmapreduce": (
        "emr",
        frozenset({"createCluster", "terminateCluster", "addStep", "cancelStep", "setClusterTerminationProtection",
                   "modifyInstanceFleetByName", "modifyInstanceGroupByName"}),
    ),
    "emr-containers": ("emr-containers", frozenset({"createVirtualCluster", "deleteVirtualCluster", "startJobRun"})),
    "emr-serverless": (
        "emr-serverless",
        frozenset({"createApplication", "startApplication", "stopApplication", "deleteApplication", "startJobRun",
                   "cancelJobRun"}),
    ),
    "eks": (
        "eks",
        frozenset({"createCluster", "deleteCluster", "createFargateProfile", "deleteFargateProfile", "createNodegroup",
                   "deleteNodegroup", "runJob", "call"}),
    ),
    "mediaconvert": ("mediaconvert", frozenset({"createJob"})),
    "databrew": ("databrew", frozenset({"startJobRun"})),
    "apigateway": ("apigateway", frozenset({"invoke"})),
    "http": ("", frozenset({"invoke"})),
}  # fmt: skip
# which of them has a pattern beside request and response: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
PATTERNS: dict[str, frozenset[str]] = {
    "lambda": frozenset({TOKEN}),
    "sqs": frozenset({TOKEN}),
    "sns": frozenset({TOKEN}),
    "events": frozenset({TOKEN}),
    "states": SYNC | {TOKEN},
    "ecs": frozenset({"sync", TOKEN}),
    "eks": frozenset({"sync", TOKEN}),
    "bedrock": frozenset({"sync", TOKEN}),
    "apigateway": frozenset({TOKEN}),
    **{s: frozenset({"sync"}) for s in ("batch", "glue", "athena", "codebuild", "sagemaker", "elasticmapreduce",
                                       "emr-containers", "emr-serverless", "mediaconvert", "databrew")},
}  # fmt: skip

SERVICE_OF = {"createModelCustomizationJob": "bedrock"}
"""Actions of another service than the rest of their integration."""

# services whose SDK name is not botocore's; from the serviceId of botocore's models
SDK_NAMES = {
    "costexplorer": "ce",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "config": "config",
    "costandusagereportservice": "cur",
    "costandusagereport": "cur",
    "applicationdiscoveryservice": "discovery",
    "applicationdiscovery": "discovery",
    "databasemigrationservice": "dms",
    "databasemigration": "dms",
    "directoryservice": "ds",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearchservice": "es",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuildingservice": "lex-models",
    "lexmodelbuilding": "lex-models",
    "lexruntimeservice": "lex-runtime",
    "lexruntime": "lex-runtime",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "cloudwatchlogs": "logs",
    "marketplaceentitlementservice": "marketplace-entitlement",
    "marketplaceentitlement": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "simpledb": "sdb",
    "serverlessapplicationrepository": "serverlessrepo",
    "pinpointsmsvoice": "sms-voice",
    "sfn": "stepfunctions",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """``kind`` is lambda, activity, sdk or optimised; ``service`` botocore's name, ``operation`` the model's."""

    kind: str
    arn: str
    type: str = ""
    action: str = ""
    pattern: str = ""
    service: str = ""
    operation: str = ""

    @property
    def resource(self) -> str:
        """As history events name it: with the pattern."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action


_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:[\w-]+:function:[\w-]+(:[\w$-]+)?")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:.+")
_SERVICE = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:(aws-sdk:)?([\w-]+):(\w+)(?:\.([\w:]+))?")


@lru_cache(maxsize=1024)
def parse(arn: str) -> Resource | None:
    """The resource of an ARN; None when AWS knows none."""
    if _FUNCTION.fullmatch(arn):
        return Resource("lambda", arn)
    if _ACTIVITY.fullmatch(arn):
        return Resource("activity", arn)
    found = _SERVICE.fullmatch(arn)
    if found is None:
        return None
    sdk, service, action, pattern = found.groups()
    return _sdk(arn, service, action, pattern or "") if sdk else _optimised(arn, service, action, pattern or "")


def _optimised(arn: str, service: str, action: str, pattern: str) -> Resource | None:
    name, actions = OPTIMISED.get(service, ("", frozenset()))
    if action not in actions or (pattern and pattern not in PATTERNS.get(service, ())):
        return None
    operation = action[0].upper() + action[1:]
    name = SERVICE_OF.get(action, name)
    return Resource("optimised", arn, service, action, pattern, name, operation)


def _sdk(arn: str, service: str, action: str, pattern: str) -> Resource | None:
    if pattern not in ("", TOKEN):
        return None
    try:
        name = botocore_name(service)
        operations = {n[0].lower() + n[1:]: n for n in operation_names(name).values()}
    except NotSupported:
        return None
    # SDK for Java writes runs of capitals its own way: describeDBInstances is describeDbInstances there
    operation = operations.get(action) or {n.lower(): n for n in operations.values()}.get(action.lower())
    return Resource("sdk", arn, f"aws-sdk:{service}", action, pattern, name, operation) if operation else None


def botocore_name(service: str) -> str:
    """botocore's name of an SDK service; NotSupported when there is none."""
    name = SDK_NAMES.get(service, service)
    try:
        service_model(name)
    except NotSupported:
        from ....core.operation import loader

        plain = {s.replace("-", ""): s for s in loader().list_available_services("service-2")}
        if service not in plain:
            raise
        name = str(plain[service])
    return name


class Known:
    """What a definition's resources are checked against: the ARNs that there are, and what they must be given."""

    def __call__(self, arn: str) -> str | None:
        """What AWS says of a resource that it doesn't know (recorded)."""
        if parse(arn) is not None:
            return None
        return (
            f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is not "
            "available in this region."
        )

    def required(self, arn: str) -> tuple[str, ...]:
        """The parameters that the API requires, where AWS is known to look for them when a machine is created.

        Measured: https://github.com/badmintoncryer/cdk-preflight, rule pf-sfn-asl-integration-parameters; batch and
        the other actions of these services are guesses.
        """
        resource = parse(arn)
        if resource is None or resource.type not in MUST_BE_GIVEN:
            return ()
        shape = service_model(resource.service).operation_model(resource.operation).input_shape
        return tuple(n[0].upper() + n[1:] for n in shape.required_members) if shape is not None else ()


MUST_BE_GIVEN = frozenset({"lambda", "sqs", "sns", "dynamodb", "states", "events", "ecs", "glue", "batch"})
KNOWN = Known()
