"""Tensors that lie on a device: summed there, by the array API, so that no more than sums of them travels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import InvalidArgument
from ..numbers.arrays import Float64
from ..problem.passes import Array

_MOST_ELEMENTS = 1 << 26
"""That are widened to float64 at a time: 512 MiB."""


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor of another library, where it lies.

    Parameters
    ----------
    tensor : object
        Of real numbers.
    namespace : object
        The library's module, whose `asarray`, `matmul`, `round`, `abs`, `max` and `all` are those of the array API.
    fetch : callable
        Tensor -> NumPy array with the same elements.
    """

    tensor: Any
    namespace: Any
    fetch: Callable[[Any], Array]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return int(self.tensor.nbytes)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Held:
        return replace(self, tensor=self.tensor[index])

    def reshape(self, *shape: int) -> Held:
        return replace(self, tensor=self.tensor.reshape(shape))

    def matrix_sums(self, weights: Float64) -> Float64:
        """(…, t, P) the sums of rows, (…, R, P), with weights, (…, t, R), in float64.

        Raises
        ------
        InvalidArgument
            If the library makes no float64, as JAX does unless it is told to.
        """
        wide = self._wide(self.namespace.asarray(weights, device=self.tensor.device))
        if len(self.shape) == 2:
            parts = [self.fetch(self.namespace.matmul(wide, self._wide(block))) for block in self._columns()]
            return np.concatenate(parts, axis=1)
        return np.concatenate([self.fetch(self.namespace.matmul(wide, self._wide(block))) for block in self._blocks()])

    def largest(self, unit: float) -> float:
        """How many units the largest element has, in size; NaN where one is no multiple of the unit."""
        largest = 0.0
        for block in self._blocks():
            units = self._wide(block) / unit
            if not bool(self.namespace.all(units == self.namespace.round(units))):
                return math.nan
            largest = max(largest, float(self.namespace.max(self.namespace.abs(units))))
        return largest

    def numpy(self) -> Array:
        """All of it, fetched."""
        return self.fetch(self.tensor)

    def _wide(self, block: Any) -> Any:
        wide = self.namespace.asarray(block, dtype=self.namespace.float64)
        if not str(wide.dtype).endswith("float64"):
            requirement = "should be made in float64, which this library is set not to do"
            raise InvalidArgument("held.dtype", str(wide.dtype), requirement, where="certify")
        return wide

    def _blocks(self) -> Iterator[Any]:
        """Of some first indices at a time."""
        step = max(1, _MOST_ELEMENTS // max(self.size // max(len(self), 1), 1))
        return (self.tensor[start : start + step] for start in range(0, len(self), step))

    def _columns(self) -> Iterator[Any]:
        """Of some second indices at a time, of a matrix."""
        rows, columns = self.shape
        step = max(1, _MOST_ELEMENTS // max(rows, 1))
        return (self.tensor[:, start : start + step] for start in range(0, columns, step))


NONE_HELD: Mapping[str, Held] = MappingProxyType({})


def fetched(array: Array | Held) -> Array:
    """An array that NumPy reads."""
    return array.numpy() if isinstance(array, Held) else array


def element(array: Array | Held, index: tuple[int, ...]) -> float:
    """One element."""
    return float(fetched(array[index]))
