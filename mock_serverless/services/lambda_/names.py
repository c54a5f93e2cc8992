"""Function names and ARNs, and which version or alias of which function is meant.

A function is named by its name, a partial ARN (``123456789012:function:name``) or an ARN, each with ``:qualifier`` or not:
https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html (URI request parameters).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from .errors import function_not_found, invalid, not_found
from .store import LATEST, Alias, Function, State, Version

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+?)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


class Name(NamedTuple):
    """A function's name taken apart."""

    region: str | None
    account: str | None
    name: str
    qualifier: str | None


@lru_cache(maxsize=1024)
def parse(text: str) -> Name:
    """The parts of any spelling of a function's name."""
    found = _NAME.fullmatch(text)
    if found is None:
        return Name(None, None, text, None)
    return Name(*found.group("region", "account", "name", "qualifier"))


class Target(NamedTuple):
    """A function (None when it isn't there) in the state that has it, its name, and the qualifier that was given."""

    state: State
    function: Function | None
    name: str
    qualifier: str | None

    @property
    def arn(self) -> str:
        """As it was asked for."""
        return self.state.arn(self.name, self.qualifier)

    def there(self) -> Function:
        """The function; ResourceNotFoundException naming what was asked for."""
        if self.function is None:
            raise function_not_found(self.arn)
        return self.function

    def version(self) -> Version:
        """The version that is meant, aliases followed (their weights left aside)."""
        function, qualifier = self.there(), self.qualifier
        alias = self.alias()
        if alias is not None:
            qualifier = alias.version
        version = function.version(qualifier or LATEST)
        if version is None:
            raise function_not_found(self.arn)
        return version

    def alias(self) -> Alias | None:
        """The alias that is meant, if one is."""
        return self.there().aliases.get(self.qualifier or "")


def find(state: State, request: dict[str, Any], qualifier: str | None = None) -> Target:
    """What a request's FunctionName and Qualifier mean. A function of another account is looked for there."""
    text = request["FunctionName"]
    parts = parse(text)
    asked = request.get("Qualifier") or qualifier
    scope = state.scope
    if parts.region is not None and parts.region != scope.region:
        raise not_found(f"Functions from '{parts.region}' are not reachable in this region ('{scope.region}')")
    if parts.qualifier is not None and asked is not None and parts.qualifier != asked:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    if parts.account is not None and parts.account != scope.account:
        state = scope.state(account=parts.account)
    return Target(state, state.functions.get(parts.name), parts.name, parts.qualifier or asked)


def function_of(state: State, request: dict[str, Any]) -> Function:
    """The function of a request that concerns it as a whole."""
    target = find(state, request)
    if target.function is None:
        raise function_not_found(target.state.arn(target.name))
    return target.function
