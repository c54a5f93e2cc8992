"""What an operation's state knows of the world: its account and region, and the way to everything else.

A service's state is made with its scope (``State(scope)``); operations get the state. Services never import each other:
what one wants of another goes through :meth:`Scope.call`, the same way in as the user's, so that journal, stubs and faults
apply to it. Where one service is fed by another, the feeding one says :meth:`Scope.notify` with the ARN of what has
changed, and the fed one has said :meth:`Scope.watch` what is to be done then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from .arns import Arn, dns_suffix, partition_of
from .clock import from_timestamp
from .guest import Visit
from .logbook import Line, Page, arn_of
from .principals import Principal, session_of_service, user_of

if TYPE_CHECKING:
    from ..cloud import Cloud
    from .ids import Ids
    from .kernel import Kernel

T = TypeVar("T")


class Scope:
    """One account and region of a cloud, for one service's state."""

    __slots__ = ("access_key", "account", "cloud", "dns_suffix", "folder", "partition", "region")

    def __init__(self, cloud: Cloud, folder: str, account: str, region: str) -> None:
        self.cloud = cloud
        self.folder = folder
        self.access_key = ""  # of the session in which it calls others, if it does: acting_as
        self.account = account
        self.region = region
        self.partition = partition_of(region)
        self.dns_suffix = dns_suffix(region)

    # ------------------------------------------------------------------ time and chance

    def timestamp(self) -> float:
        """Virtual time in seconds since the epoch."""
        return self.cloud.clock.timestamp()

    def now(self) -> datetime:
        """Virtual time as an aware datetime in UTC."""
        return from_timestamp(self.cloud.clock.timestamp())

    @property
    def ids(self) -> Ids:
        """The cloud's seeded ids and chances."""
        return self.cloud.ids

    @property
    def kernel(self) -> Kernel:
        """The scheduler of flows that wait."""
        return self.cloud.kernel

    # ------------------------------------------------------------------ work for later

    def later(self, seconds: float, kind: str, *, background: bool = False, **data: Any) -> int:
        """Have the job ``kind`` done ``seconds`` from now with this data (never changed after); gives a number for cancel."""
        due = self.cloud.clock.timestamp() + seconds
        return self.cloud.agenda.put(due, kind, self, data, background)

    def at(self, timestamp: float, kind: str, *, background: bool = False, **data: Any) -> int:
        """As :meth:`later`, at a point in time."""
        return self.cloud.agenda.put(timestamp, kind, self, data, background)

    def cancel(self, sequence: int) -> None:
        """Forget work for later."""
        self.cloud.agenda.cancel(sequence)

    def hold(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """Hold the line, as a long poll does: look, and let virtual time pass until there is something or the seconds are over.

        Only a call from outside can wait; within other work it looks once.
        """
        return self.cloud.work.hold(look, seconds)

    # ------------------------------------------------------------------ other services

    def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        caller: str | None = None,
        access_key: str = "",
        **where: str,
    ) -> dict[str, Any]:
        """Call an operation as a client would, in this account and region unless others are named. Raises AwsError.

        ``access_key``: of the session in which the call is made (:meth:`assume`). The answer may share parts with what is
        stored: read it, don't change it.
        """
        return self.cloud.call(
            service,
            operation,
            params,
            account=where.get("account", self.account),
            region=where.get("region", self.region),
            caller=caller,
            access_key=access_key or self.access_key,
        )

    def assume(self, role: str, session: str) -> str:
        """The access key of a session of a role, in which a service acts for a resource that has this role.

        Empty for what is no role's ARN. A role of another account (AWS refuses to give a resource one: "Cross-account pass
        role is not allowed.") is taken for one of this account.
        """
        arn = Arn.parse(role)
        if arn is None or not arn.resource.startswith("role/"):
            return ""
        who, key = session_of_service(arn._replace(account=self.account), session)
        self.cloud.access_keys[key] = who
        return key

    def acting_as(self, role: str, session: str) -> Scope:
        """The same, whose calls are made in a session of a role of this account."""
        acting = Scope(self.cloud, self.folder, self.account, self.region)
        acting.access_key = self.assume(role, session)
        return acting

    def serving_access_key(self) -> str:
        """The access key of the call that is being served; empty when there is none."""
        call = self.cloud.serving
        return "" if call is None else call.access_key

    def principal(self, access_key: str, account: str | None = None) -> Principal:
        """Whose an access key is; every account has one user, whose the keys are which are nobody else's."""
        found = self.cloud.access_keys.get(access_key)
        return found or user_of(account or self.cloud.account_of_key(access_key), self.partition)

    def state(self, *, account: str | None = None, region: str | None = None) -> Any:
        """This service's own state in another account or region."""
        return self.cloud.state_of(self.folder, account or self.account, region or self.region)

    def watch(self, arn: str, kind: str, **data: Any) -> None:
        """From now on ``notify(arn)`` puts the job ``kind`` with this data on the agenda."""
        self.cloud.watchers.setdefault(arn, []).append((kind, self, data))

    def unwatch(self, arn: str, kind: str, **data: Any) -> None:
        """The end of a watch given with the same words."""
        left = [w for w in self.cloud.watchers.get(arn, ()) if not (w[0] == kind and w[2] == data)]
        if left:
            self.cloud.watchers[arn] = left
        else:
            self.cloud.watchers.pop(arn, None)

    def notify(self, arn: str) -> None:
        """Something has changed there (records in a stream, messages in a queue): wake whoever watches."""
        for kind, scope, data in self.cloud.watchers.get(arn, ()):
            scope.later(0, kind, **data)

    def log(self, group: str, stream: str, lines: Sequence[Line], *, create: bool = True) -> None:
        """Write to a log group of CloudWatch Logs; ``lines`` are never changed after. ``create``: make a missing group."""
        cloud = self.cloud
        page = Page(group, stream, lines, cloud.clock.timestamp(), create)
        cloud.logbook.write(self.account, self.region, page)
        if cloud.watchers:
            self.notify(arn_of(self.partition, self.region, self.account, group))

    # ------------------------------------------------------------------ user code, and what goes wrong with it

    @contextmanager
    def guest(self, name: str, limit: float | None = None) -> Iterator[Visit]:
        """Run user code in the body: no lock held, in virtual time, at most ``limit`` seconds of it, journalled as ``name``."""
        with self.cloud.guest(name, limit) as visit:
            yield visit

    def report_failure(self, key: str, title: str, detail: str = "") -> None:
        """Something failed in the background; reported at the end of the mock unless :meth:`looked_at` is said for the key."""
        self.cloud.failures[key] = (title, detail)

    def looked_at(self, key: str) -> None:
        """Somebody has seen that it failed."""
        self.cloud.failures.pop(key, None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Scope:
        return self

    def __repr__(self) -> str:
        return f"<{self.folder} in {self.account} {self.region}>"
