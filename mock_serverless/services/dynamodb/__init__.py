"""DynamoDB and DynamoDB Streams.

::

    front_end.py      what is said of requests that hurt constraints, before an operation looks at them
    values.py         attribute values: checked, normalised, compared; sizes.py: measured
    hash_order.py     which of several faults of an item is told
    errors.py         wording of errors that a test injects
    expressions/      conditions, updates, projections, key conditions
    partiql/          statements, translated into those
    schema.py         keys, projections, index definitions
    placement.py      the order of a scan
    images.py         how items are kept: packed
    store.py          items and indexes in order
    versions.py       snapshots of a store
    changes.py        a table's journal
    shards.py         how a stream is cut into shards
    table.py          a table; every write goes through Table.write
    database.py       all tables of an account and region (the service's state)
    settings.py       what can be set of a table and its indexes; quotas.py: how much of it, and how often
    definitions.py    create_table's request, checked and read
    updates.py        update_table: throughput_updates.py, index_updates.py, how they end: update_jobs.py
    update_rules.py   what it refuses; update_states.py: what while something else is on its way
    table_front_end.py  what the front end says of the control plane's requests
    policy_documents.py  documents of policies, checked
    descriptions.py   what describe_table shows
    key_conditions.py where a query reads; start_keys.py: where it goes on; pages.py: a page of it
    selects.py        what a SELECT reads; decomposition.py: by which queries; statement_keys.py: keys in a WHERE
    tokens.py         NextToken of statements
    export_jobs.py    the work of an export; export_filters.py: which items are in it
    export_files.py   the files of an export written; import_files.py: those of an import read
    s3_objects.py     objects that these read from S3 and write to it
    deletions.py      the end of a table or replica
    restores.py       a table out of a backup or out of another's past
    replication.py    writes on their way between the replicas of a global table
    replicas.py       replicas made and deleted; replica_settings.py: what they share; replica_descriptions.py: shown
    multi_account.py  replicas of another account's table; disassociations.py: a replica becomes a table of its own
    consistency.py    the rules of multi-Region strong consistency
    vector_indexes.py what a vector index takes of items, and its nearest; vector_definitions.py: those of requests

Operations stand in the file of their noun: tables.py, items.py, queries.py, batches.py, transactions.py, statements.py (and
statement_batches.py, statement_transactions.py), vector_searches.py, streams.py, expiry.py, recovery.py, backups.py, exports.py,
imports.py, tags.py, account.py, global_tables.py (of the older version), auto_scaling.py, kinesis_destinations.py,
contributor_insights.py. legacy.py reads the older parameters; capacity.py counts capacity units.
"""

from .database import Database as State
from .errors import MESSAGES

__all__ = ["MESSAGES", "State"]
