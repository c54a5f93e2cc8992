"""AWS managed keys: made when their alias is first looked up, rotated every year, used through their service only.

https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html ("predefined AWS alias") and
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk. Descriptions and policies are those which
users show of theirs; DynamoDB's is recorded.
"""

from __future__ import annotations

from typing import Any

from .specs import ENCRYPT, SYMMETRIC
from .store import DAY, Alias, Family, Key, State

YEAR = 365

SERVICES = {
    "acm": ("ACM private keys", "acm", "ACM"),
    "backup": ("Backup data", "backup", "AWS Backup"),
    "dynamodb": ("DynamoDB data", "dynamodb", "Amazon DynamoDB"),
    "ebs": ("EBS volumes", "ec2", "EBS"),
    "elasticfilesystem": ("EFS filesystems", "elasticfilesystem", "EFS"),
    "es": ("Elasticsearch data", "es", "Elasticsearch"),
    "glue": ("Glue data", "glue", "Glue"),
    "kinesis": ("Kinesis data", "kinesis", "Kinesis"),
    "kinesisvideo": ("kinesis video data", "kinesisvideo", "Kinesis Video"),
    "lambda": ("Lambda functions", "lambda", "AWS Lambda"),
    "rds": ("RDS database volumes", "rds", "RDS"),
    "redshift": ("Redshift clusters", "redshift", "Redshift"),
    "s3": ("S3 objects", "s3", "S3"),
    "secretsmanager": ("Secrets Manager data", "secretsmanager", "AWS Secrets Manager"),
    "sns": ("SNS data", "sns", "SNS"),
    "sqs": ("SQS messages", "sqs", "SQS"),
    "ssm": ("SSM parameters", "ssm", "SSM"),
    "xray": ("X-Ray data", "xray", "X-Ray"),
}
"""By the name in the alias: what the key protects, its service in kms:ViaService, the service's name in its policy."""


def predefined() -> list[str]:
    """The aliases which every account has."""
    return [f"alias/aws/{name}" for name in SERVICES]


def first_use(state: State, name: str) -> Alias | None:
    """The alias of an AWS managed key, which is made with it; None when no service has that name."""
    service = name.removeprefix("alias/aws/")
    if service not in SERVICES or not name.startswith("alias/aws/"):
        return None
    scope, now = state.scope, state.scope.timestamp()
    words, _, _ = SERVICES[service]
    key_id = scope.ids.uuid()
    key = Key(
        key_id,
        state.arn(f"key/{key_id}"),
        scope.region,
        scope.account,
        now,
        SYMMETRIC,
        ENCRYPT,
        f"Default key that protects my {words} when no other key is defined",
        _policy(state, service),
        Family(scope.region, (state.new_material(),), period=YEAR, due=now + YEAR * DAY),
        manager="AWS",
    )
    state.add(key)
    state.aliases[name] = Alias(name, key_id, now, now)
    return state.aliases[name]


def _policy(state: State, service: str) -> dict[str, Any]:
    scope = state.scope
    _, via, title = SERVICES[service]
    through = {
        "Sid": f"Allow access through {title} for all principals in the account that are authorized to use {title}",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"),
            *("kms:CreateGrant", "kms:DescribeKey"),
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:CallerAccount": scope.account},
            "StringLike": {"kms:ViaService": f"{via}.*.{scope.dns_suffix}"},
        },
    }
    directly = {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{scope.partition}:iam::{scope.account}:root"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": f"auto-{service}-1", "Statement": [through, directly]}
