"""From corpora to the cases that a run examines, each with the name of where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from ....oracle.errors import InvalidArgument
from ....oracle.operands.data import Case
from ....reports.views.wording import plural
from . import load_corpus, read_corpus
from .shrinking import shrunk

_FILL = "uniform"
"""All terms are of much the same size, so that the lower bound by which the smallest is known at full size is close."""

_USUAL_DTYPE = "float32"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a case comes from, ``resnet50:conv1``, and whether it is smaller than there."""

    entry: str
    is_shrunk: bool = False

    def __str__(self) -> str:
        return f"{self.entry}, shrunk" if self.is_shrunk else self.entry


@dataclass(frozen=True, slots=True)
class CorpusCase:
    """A case to examine as it is, and where it comes from."""

    case: Case
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries of which corpora, and at what size.

    Parameters
    ----------
    corpora : tuple of str
        Names in `CORPORA`, paths of files, or single descriptors or calls.
    batch : int or None
        Instead of each entry's own.
    max_products : int or None
        Entries of more products are shrunk, and labelled so.
    """

    corpora: tuple[str, ...]
    batch: int | None = None
    max_products: int | None = None

    def __str__(self) -> str:
        """``corpus resnet50, batch 4, shrunk to 20000 products``."""
        text = f"corpus {', '.join(self.corpora)}"
        if self.batch is not None:
            text += f", batch {self.batch}"
        return text if self.max_products is None else f"{text}, shrunk to {self.max_products} products"

    def skipped(self) -> Iterator[str]:
        """Of each log, how many of its lines are no convolution, as a sentence."""
        for corpus in self.corpora:
            if (skipped := read_corpus(corpus).skipped) > 0:
                yield f"{corpus}: {plural(skipped, 'line is', 'lines are')} no convolution, and skipped"

    def cases(
        self, *, ranks: Collection[int], seed: int, dtypes: Sequence[str] | None = None
    ) -> tuple[CorpusCase, ...]:
        """The cases, without a bias, in the order of the corpora; of entries that become the same case, the first.

        Without `dtypes`, a logged call is asked in its own, and everything else in float32.

        Raises
        ------
        InvalidArgument
            If a corpus cannot be read, or no entry has one of the `ranks`.
        """
        provenances: dict[Case, Provenance] = {}
        for corpus in self.corpora:
            for number, entry in enumerate(load_corpus(corpus), 1):
                geometry = entry.geometry if self.batch is None else replace(entry.geometry, batch=self.batch)
                is_shrunk = self.max_products is not None and geometry.products > self.max_products
                if self.max_products is not None and is_shrunk:
                    geometry = shrunk(geometry, self.max_products)
                provenance = Provenance(f"{corpus}:{entry.name or number}", is_shrunk)
                for dtype in (dtypes or (entry.dtype or _USUAL_DTYPE,)) if geometry.rank in ranks else ():
                    provenances.setdefault(Case(geometry, False, dtype, _FILL, seed), provenance)
        if not provenances:
            ranked = ", ".join(map(str, ranks))
            requirement = f"should have a convolution of {ranked} spatial axes"
            raise InvalidArgument("corpus", ", ".join(self.corpora), requirement, where="check")
        return tuple(CorpusCase(case, provenance) for case, provenance in provenances.items())
