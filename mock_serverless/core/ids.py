"""Every random thing of a cloud: one seeded generator, so that the same calls give the same ids."""

from __future__ import annotations

from random import Random

LOWER_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
UPPER_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Ids:
    """Ids, tokens and chances of one cloud, all from one seed."""

    __slots__ = ("random",)

    def __init__(self, seed: int | str) -> None:
        self.random = Random(seed)

    def uuid(self) -> str:
        """A version 4 UUID."""
        return uuid_of(self.random)

    def hex(self, length: int) -> str:
        """``length`` hexadecimal digits."""
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def token(self, length: int, alphabet: str = LOWER_AND_DIGITS) -> str:
        """``length`` characters of an alphabet."""
        return "".join(self.random.choices(alphabet, k=length))


def uuid_of(random: Random) -> str:
    """A version 4 UUID out of a generator."""
    h = "%032x" % (random.getrandbits(128) & _FREE | _FIXED)
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


_FREE = ~(0xF000_C000 << 48)
_FIXED = 0x4000_8000 << 48
"""The bits that say version 4 of RFC 4122's variant."""
