"""What is true of a convolution: its equations, exact results, rounding bounds and verdicts."""

from .bounds import rounding_bound
from .data import Case, lattice_operands, parse_case, real_operands
from .dtypes import FORMATS, Arithmetic, Format, format_of
from .errors import InvalidArgument
from .exact import ExactResult
from .geometry import ConvGeometry, parse_geometry
from .passes import Operands, Pass
from .scaled import Scaled
from .verdict import Comparison, Discrepancy, Outcome, Verdict, compare, judge

__all__ = [
    "FORMATS",
    "Arithmetic",
    "Case",
    "Comparison",
    "ConvGeometry",
    "Discrepancy",
    "ExactResult",
    "Format",
    "InvalidArgument",
    "Operands",
    "Outcome",
    "Pass",
    "Scaled",
    "Verdict",
    "compare",
    "format_of",
    "judge",
    "lattice_operands",
    "parse_case",
    "parse_geometry",
    "real_operands",
    "rounding_bound",
]
