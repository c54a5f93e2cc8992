"""Security Token Service: who calls, and keys for roles in this and other accounts."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.scope import Scope


@dataclass
class State:
    """STS keeps nothing of its own: the keys it gives out are the cloud's to know (``Cloud.access_keys``)."""

    scope: Scope
