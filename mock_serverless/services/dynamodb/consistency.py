"""Multi-Region strong consistency: the rules of making and dissolving such a global table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html#V2globaltables_HowItWorks.consistency-modes.mrsc.
Three regions, made in one call: three replicas, or two and a witness, which has no table. Neither may change
afterwards; one call deletes all. Order and wording of the refusals as measured on AWS in October 2026 (public notes of
the project ack-api-quirks); that regions of different sets may go together was measured as well, the docs say
otherwise. How writes and reads behave: replication.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .values import refuse

if TYPE_CHECKING:
    from .table import Table

STRONG = "STRONG"
REGIONS = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    )
)
"""Of CreateGlobalTableWitnessGroupMemberAction in the API reference."""
SET = "global tables with MultiRegionConsistency set to STRONG"
ONLY_WHOLE = f"Deletion of only one table replica is not supported for {SET}."
NOT_ALONE = "Requests that modify replicas or witnesses must not also modify other fields"


def check_request(request: dict[str, Any], updates: list[dict[str, Any]], home: str) -> None:
    """What is refused of a request for replicas before the table is looked at."""
    mode, witnesses = request.get("MultiRegionConsistency"), request.get("GlobalTableWitnessUpdates") or []
    if witnesses and len(witnesses[0]) != 1:
        raise refuse("There are no actions specified in the Witness Update Action of the request.")  # a guess
    added = [update["Create"]["RegionName"] for update in witnesses if "Create" in update]
    if added and mode != STRONG:
        raise refuse(
            "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present."
        )
    replicas = [action["RegionName"] for update in updates for action in update.values()]
    if mode is not None and any("Create" not in update for update in updates):
        raise refuse("Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.")
    if mode == STRONG:
        _check_strong(replicas, added, home)
    if set(replicas) & {action["RegionName"] for update in witnesses for action in update.values()}:
        raise refuse("Cannot target multiple regions with the same action")


def _check_strong(replicas: list[str], witnesses: list[str], home: str) -> None:
    if len(set(replicas)) + len(witnesses) != 2:
        raise refuse(f"Unsupported replica count for {SET}.")
    wrong = dict.fromkeys(region for region in (*replicas, *witnesses) if region not in REGIONS)
    if wrong:
        raise refuse(f"Unsupported Region(s) specified for {SET}: [{', '.join(wrong)}].")
    if home in witnesses:
        raise refuse(
            "Cannot add a witness in the same region as an existing replica when creating a global table with "
            "MultiRegionConsistency set to STRONG."
        )


def check_creation(table: Table, mode: str | None) -> None:
    """What is refused of new replicas of a table."""
    membership = table.membership
    if membership is not None:
        if mode is not None:
            raise refuse("MultiRegionConsistency parameter is unsupported on existing global table")
        if membership.strong:
            raise refuse("Cannot add replicas to a global table with strong MultiRegionConsistency")
        return
    if mode != STRONG:
        return
    if table.scope.region not in REGIONS:
        raise refuse(f"Unsupported Region(s) specified for {SET}: [{table.scope.region}].")
    if len(table.items.store.items):  # the docs name these three rules; the wordings are guesses
        raise refuse(f"Table must be empty to be converted to {SET}.")
    if table.local_indexes:
        raise refuse(f"Local secondary indexes are not supported for {SET}.")
    if table.expiry.attribute is not None:
        raise refuse(f"Time to live is not supported for {SET}.")


def check_deletion(table: Table, regions: list[str], witnesses: list[str]) -> None:
    """What is refused of deleting replicas: all of them and the witness go together."""
    membership = table.membership
    if membership is None or not membership.strong:
        if witnesses:
            raise _no_witness(witnesses)
        return
    strangers = [region for region in witnesses if region != membership.witness]
    if strangers:
        raise _no_witness(strangers)
    if membership.witness is not None and not witnesses:
        raise refuse("Update table delete operation does not include all witnesses.")
    if set(regions) != set(membership.peers):
        raise refuse(ONLY_WHOLE)


def _no_witness(regions: list[str]) -> Exception:
    return refuse(
        "Update global table operation failed because one or more witnesses were not part of the global table. Please retry "
        f"the request without these witnesses: [{', '.join(regions)}]."
    )
