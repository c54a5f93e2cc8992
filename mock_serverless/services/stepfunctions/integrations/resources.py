"""The resources that a Task state may name, taken apart.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html: a Lambda function's or an activity's ARN,
``arn:aws:states:::<service>:<action>[.<pattern>]`` (optimised), or
``arn:aws:states:::aws-sdk:<service>:<action>[.waitForTaskToken]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ....core.errors import NotSupported
from ....core.operation import loader, operation_names, service_model
from . import sdk_names

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

# actions of those services that no job stands behind, by the services' pages: they have no .sync
_NO_JOBS = """
    athena:stopQueryExecution athena:getQueryExecution athena:getQueryResults codebuild:stopBuild codebuild:batchDeleteBuilds
    codebuild:batchGetReports codebuild:stopBuildBatch codebuild:retryBuildBatch codebuild:deleteBuildBatch bedrock:invokeModel
    sagemaker:createEndpoint sagemaker:createEndpointConfig sagemaker:createModel sagemaker:updateEndpoint
    elasticmapreduce:cancelStep elasticmapreduce:setClusterTerminationProtection elasticmapreduce:modifyInstanceFleetByName
    elasticmapreduce:modifyInstanceGroupByName emr-containers:createVirtualCluster eks:call
"""
NO_JOBS = frozenset(_NO_JOBS.split())

SERVICE_OF = {"createModelCustomizationJob": "bedrock"}
"""Actions of another service than the rest of their integration."""

# "Unsupported API actions": https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html; operations which
# answer with a stream of events are left out, too
_UNSUPPORTED = """
    discovery:DescribeExportConfigurations discovery:ExportConfigurations codedeploy:BatchGetDeploymentInstances
    codedeploy:GetDeploymentInstance codedeploy:ListDeploymentInstances codedeploy:SkipWaitTimeForInstanceTermination
    comprehendmedical:DetectEntities directconnect:AllocateConnectionOnInterconnect directconnect:DescribeConnectionLoa
    directconnect:DescribeConnectionsOnInterconnect directconnect:DescribeInterconnectLoa efs:CreateTags
    elastictranscoder:TestRole emr:DescribeJobFlows iot:AttachPrincipalPolicy iot:DetachPrincipalPolicy iot:ListPolicyPrincipals
    iot:ListPrincipalPolicies iotdeviceadvisor:ListTestCases kinesis:SubscribeToShard lambda:InvokeAsync
    lexv2-runtime:StartConversation mediapackage:RotateChannelCredentials rds-data:ExecuteSql s3:SelectObjectContent
    shield:DeleteSubscription sts:AssumeRole sts:AssumeRoleWithSAML sts:AssumeRoleWithWebIdentity
"""
UNSUPPORTED = frozenset(_UNSUPPORTED.split())
# services whose SDK name is not botocore's (beside hyphens); from the serviceId of botocore's models
SDK_NAMES = {
    "costexplorer": "ce",
    "cognitoidentityprovider": "cognito-idp",
    "config": "config",
    "costandusagereport": "cur",
    "applicationdiscovery": "discovery",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexruntime": "lex-runtime",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "cloudwatchlogs": "logs",
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
    if pattern in SYNC and f"{service}:{action}" in NO_JOBS:
        return None
    operation = action[0].upper() + action[1:]
    name = SERVICE_OF.get(action, name)
    return Resource("optimised", arn, service, action, pattern, name, operation)


def _sdk(arn: str, service: str, action: str, pattern: str) -> Resource | None:
    """The action is in camelCase: ``CreateLogStream`` is not recognized (https://github.com/aws/aws-cdk/pull/27635)."""
    name = botocore_name(service) if pattern in ("", TOKEN) else None
    if name is None:
        return None
    operation = {n[0].lower() + n[1:]: n for n in operation_names(name).values()}.get(action)
    if operation is None or f"{name}:{operation}" in UNSUPPORTED:
        return None
    if service_model(name).operation_model(operation).has_event_stream_output:
        return None
    return Resource("sdk", arn, f"aws-sdk:{service}", action, pattern, name, operation)


@lru_cache(maxsize=512)
def botocore_name(service: str) -> str | None:
    """botocore's name of an SDK service, which is named as its client in small letters; None when there is none."""
    name = SDK_NAMES.get(service, service)
    try:
        service_model(name)
    except NotSupported:
        plain = {s.replace("-", ""): s for s in loader().list_available_services("service-2")}
        if service not in plain:
            return None
        name = str(plain[service])
    return name if sdk_names.client(name).lower() == service else None


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

    def parameters(self, arn: str, given: dict[str, Any], language: str) -> Iterator[str]:
        """What is wrong with the parameters that are written for it."""
        from .parameters import problems

        resource = parse(arn)
        if resource is not None:
            yield from problems(resource, given, language)


KNOWN = Known()
