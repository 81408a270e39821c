from .answers.exact import ExactResult
from .errors import InvalidArgument
from .judging.verdict import Comparison, Discrepancy, Outcome, Verdict, compare, judge
from .numbers.dtypes import FORMATS, Arithmetic, Format, format_of
from .numbers.scaled import Scaled
from .operands.data import Case, lattice_operands, parse_case, real_operands
from .problem.geometry import ConvGeometry, parse_geometry
from .problem.passes import Operands, Pass
from .rounding.bounds import rounding_bound

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
