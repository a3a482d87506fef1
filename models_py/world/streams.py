"""Named, independent random streams whose draws are addressed, not consumed.

Belongs here: turning (seed, stream name, own numbers) into uniforms, normals and counts. A draw depends on nothing
else, so that switching one mechanism off, adding a pupil or changing the order of rows moves no other draw.
Does not belong here: what the draws are used for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, pdtr, pdtrik

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


class Streams:
    """Draws for one seed. Each method takes a stream name and the numbers (pupil, unit, year ...) of what draws.

    The numbers broadcast against each other; the result has their common shape. Negative numbers are not allowed.
    """

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _key(self, name: str) -> NDArray[np.uint64]:
        sequence = np.random.SeedSequence(self._seed, spawn_key=tuple(name.encode()))
        return sequence.generate_state(2, np.uint64).astype(np.uint64)

    def uniform(self, name: str, *numbers: ArrayLike) -> Floats:
        """Uniform draws strictly inside (0, 1), 52 bits each."""
        start, step = self._key(name)
        shape = np.broadcast_shapes(*(np.shape(n) for n in numbers))
        x = np.full(shape or (1,), start, dtype=np.uint64)
        for number in numbers:  # two rounds per number: neighbouring numbers must share nothing
            x = _mix(_mix(x + np.asarray(number).astype(np.uint64) * _GOLDEN) ^ step)
        return ((x >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52

    def normal(self, name: str, *numbers: ArrayLike) -> Floats:
        """Standard normal draws by inversion."""
        return np.asarray(ndtri(self.uniform(name, *numbers)), dtype=np.float64)

    def poisson(self, name: str, mean: Floats, *numbers: ArrayLike) -> Ints:
        """Poisson counts by inversion; a mean of 0 gives 0."""
        u = self.uniform(name, *numbers)
        safe = np.where(mean > 0, mean, 1.0)
        count = np.ceil(pdtrik(u, safe))
        count = np.maximum(np.where(pdtr(np.maximum(count - 1, 0), safe) >= u, count - 1, count), 0)
        return np.where(mean > 0, np.nan_to_num(count), 0).astype(np.int64)

    def integer(self, name: str, low: int, high: int, *numbers: ArrayLike) -> Ints:
        """Whole numbers from `low` to `high`, both included."""
        return low + np.floor(self.uniform(name, *numbers) * (high - low + 1)).astype(np.int64)
