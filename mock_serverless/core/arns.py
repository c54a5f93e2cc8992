"""Amazon Resource Names, partitions and regions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; the partitions' region prefixes are those of
botocore's partitions data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}
GLOBAL_REGIONS = {"aws-global": "us-east-1", "aws-cn-global": "cn-north-1", "aws-us-gov-global": "us-gov-west-1"}


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition of a region: aws, aws-cn, aws-us-gov ..."""
    return next((name for prefix, (name, _) in PARTITIONS.items() if region.startswith(prefix)), "aws")


@lru_cache(maxsize=256)
def dns_suffix(region: str) -> str:
    """The domain of a region's endpoints: amazonaws.com, amazonaws.com.cn ..."""
    return next((suffix for prefix, (_, suffix) in PARTITIONS.items() if region.startswith(prefix)), "amazonaws.com")


class Arn(NamedTuple):
    """An ARN taken apart; ``resource`` is everything after the account."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return "arn:" + ":".join(self)

    @staticmethod
    def parse(text: str) -> Arn | None:
        """The parts, or None when the text is no ARN."""
        parts = text.split(":", 5)
        return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None
