"""VPC links: there can be none in this cloud, since there is no VPC. So the operations which name one don't find it.

https://docs.aws.amazon.com/apigateway/latest/api/API_VpcLink.html; create_vpc_link is not implemented.
"""

from __future__ import annotations

from .kind import Kind, register

VPC_LINK = register(
    Kind(noun="vpc_link", key="vpcLinkId", in_api=False, missing="Invalid Vpc Link identifier specified"), create=None
)
