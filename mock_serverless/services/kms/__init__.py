"""AWS Key Management Service: https://docs.aws.amazon.com/kms/latest/APIReference/

    store.py          keys, what related multi-Region keys share, aliases, grants
    specs.py          key specs, and what keys of each can do
    states.py         what a key's state refuses
    identifiers.py    a key by its id, ARN, alias or alias ARN
    requests.py       who asks, in which context; lists in pages; dry runs
    policies.py       key policies: operations, and whether a call is let in
    documents.py      how policy documents are checked and printed
    managed.py        AWS managed keys, made when their alias is first used
    keys.py, deletion.py, aliases.py, rotation.py, grants.py, tags.py, replicas.py: operations
    cryptography.py, macs.py: operations that use key material
    ciphers.py        authenticated encryption with the standard library, alone

Asymmetric keys can be made and described; what needs their mathematics (signatures, public keys, data key pairs, shared
secrets) is not implemented, and neither are imported key material and custom key stores.
"""

from .store import State

__all__ = ["State"]
