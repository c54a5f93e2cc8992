"""Java's generator of random numbers, by which AWS draws them where a seed is given.

https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Random.html; that ``$random(42)`` is 0.7275636800328681 was
measured by users of AWS (https://github.com/floci-io/floci/issues/2662).
"""

from __future__ import annotations

MASK = (1 << 48) - 1
MULTIPLIER = 0x5DEECE66D


class JavaRandom:
    """A linear congruential generator with 48 bits of state."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ MULTIPLIER) & MASK

    def _bits(self, count: int) -> int:
        self._state = (self._state * MULTIPLIER + 0xB) & MASK
        return self._state >> (48 - count)

    def double(self) -> float:
        """The next number from 0 to 1."""
        high = self._bits(26) << 27
        return (high + self._bits(27)) / (1 << 53)

    def below(self, bound: int) -> int:
        """The next whole number from 0, less than ``bound``."""
        if bound >= 1 << 31:  # more than nextInt can draw
            return int(self.double() * bound)
        if bound & (bound - 1) == 0:
            return (bound * self._bits(31)) >> 31
        while True:
            bits = self._bits(31)
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:
                return value
