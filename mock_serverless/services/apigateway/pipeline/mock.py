"""MOCK: the request template says which status the integration answers with.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import re

from .exchange import Answer, Exchange, misconfigured
from .integration import Integrated, integration

# its names needn't be quoted, as in AWS's own examples
STATUS = re.compile(r"[{,]\s*[\"']?statusCode[\"']?\s*:\s*[\"']?(\d{3})[\"']?\s*[,}]")


@integration("MOCK")
def mock(x: Exchange, request: Integrated) -> Answer:
    """No body, no headers, that status."""
    found = STATUS.search(request.body.decode("utf-8", errors="replace"))
    if found is None:
        raise misconfigured(
            "Unable to parse statusCode. It should be an integer that is defined in the request template.", x
        )
    return Answer(int(found.group(1)), selected_by=found.group(1))
