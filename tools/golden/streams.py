# SPDX-License-Identifier: Apache-2.0
"""crossfade::Rng in Python: the same streams, so that a reference makes the same draws.

Written from the comments of crossfade/core/random.h. Run as a program it checks itself.
"""
import math

_BITS = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


def _mix(z):
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _BITS
    return z ^ (z >> 31)


def _fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & _BITS
    return value


class Rng:
    """A stream of random bits that depends on a seed and a path of names."""

    def __init__(self, seed):
        self._origin = seed & _BITS
        self._state = self._origin

    def fork(self, name, index=0):
        """The child called `name`, number `index`; draws from this stream do not change it."""
        family = _mix(_mix((self._origin + _GAMMA) & _BITS) ^ _fnv1a(name))
        return Rng(_mix((family + (index + 1) * _GAMMA) & _BITS))

    def bits(self):
        self._state = (self._state + _GAMMA) & _BITS
        return _mix(self._state)

    def below(self, bound):
        """An integer in [0, bound), without modulo bias."""
        threshold = ((1 << 64) - bound) % bound
        while True:
            bits = self.bits()
            if bits >= threshold:
                return bits % bound

    def uniform(self):
        return (self.bits() >> 11) * 2.0**-53

    def normal(self):
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        return radius * math.cos(2.0 * math.pi * self.uniform())

    def shuffle(self, values):
        for left in range(len(values), 1, -1):
            other = self.below(left)
            values[left - 1], values[other] = values[other], values[left - 1]


def _check():
    # Published vectors of SplitMix64 (seeds 0 and 1234567) and of FNV-1a.
    assert [Rng(0).bits(), Rng(1234567).bits()] == [0xE220A8397B1DCDAF, 6457827717110365317]
    assert _fnv1a("a") == 0xAF63DC4C8601EC8C and _fnv1a("foobar") == 0x85944171F73967E8
    # The numbers that tests/core/random_test.cpp holds crossfade::Rng to.
    assert Rng(7).fork("negatives", 3).bits() == 5455986105442402127
    order = list(range(8))
    Rng(7).fork("shuffle").shuffle(order)
    assert order == [1, 7, 6, 4, 2, 3, 5, 0]
    assert abs(Rng(7).normal() - 0.9884743323187353) < 1e-15


if __name__ == "__main__":
    _check()
    print("streams: the numbers are right")
