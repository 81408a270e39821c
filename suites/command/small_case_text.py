"""How to check the small case of a layer that is wrong, as a command to paste."""

from __future__ import annotations

import shlex

from ...oracle.errors import InvalidArgument
from ...oracle.problem.descriptor import write_descriptor
from ...oracle.problem.passes import Pass
from ...reports.views.wording import plural
from ..audits.small_cases import SmallCase


def check_command(candidate: str, pass_: Pass, small: SmallCase) -> str:
    """``convoracle check …`` of it, or that there is none."""
    if small.case is None:
        crops = plural(small.asked, "smaller crop", "smaller crops")
        return f"none of {crops} is wrong: it comes of the size, as an index that wraps does"
    case = small.case
    try:
        descriptor = write_descriptor(case.geometry)
    except InvalidArgument as error:
        return f"{case} is wrong as well, but has no descriptor: {error}"
    deconvolution = "--deconv " if case.geometry.transposed else ""
    chosen = ["--dtypes", case.dtype, "--passes", str(pass_), "--seed", str(case.seed)]
    return shlex.join(["convoracle", "check", candidate, f"--corpus={deconvolution}{descriptor}", *chosen])
