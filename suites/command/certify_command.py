"""`convoracle certify`: whole layers, proven right by random combinations of their elements."""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.dtypes import COMPONENTS, DTYPES
from ...oracle.problem.passes import Pass
from ...reports.site.certificates import CertificateRow, write_certificates
from ...reports.views.wording import SYMBOLS, plural
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import FORMS
from ..cases.corpora import CORPORA
from ..cases.corpora.selection import Selection
from ..cases.space import RANKS
from .arguments import add_time_limit, bits, natural, positive
from .plain_console import plain_console

if TYPE_CHECKING:
    from ..audits.certified_layers import CertifiedLayer

_REAL = tuple(name for name in DTYPES if name not in COMPONENTS)
_USUAL = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)


def add_options(certify: argparse.ArgumentParser) -> None:
    """Whose layers, and how sure one wants to be."""
    certify.add_argument("candidate", metavar="CANDIDATE", help=f"a built-in name, or {FORMS}")
    certify.add_argument(
        "--corpus",
        dest="corpora",
        action="append",
        required=True,
        metavar="CORPUS",
        help=f"the layers: one of {', '.join(CORPORA)}, a descriptor of benchdnn's, "
        "or a file of these or of calls that oneDNN or MIOpen logged; may be repeated",
    )
    certify.add_argument("--batch", type=positive, metavar="N", help="images, instead of each layer's own number")
    certify.add_argument("--dtypes", nargs="+", choices=_REAL, default=["float32"], help="(default: float32)")
    certify.add_argument(
        "--passes",
        nargs="+",
        choices=[str(each) for each in Pass],
        default=[str(each) for each in _USUAL],
        help="(default: the forward pass and its gradients)",
    )
    certify.add_argument(
        "--miss-bits",
        type=bits,
        default=40,
        metavar="B",
        help="a wrong result is missed with a probability of at most 2^-B (default: 40)",
    )
    certify.add_argument(
        "--out", type=Path, metavar="DIR", help="a folder for the report: index.html and certificates.json"
    )
    certify.add_argument("--seed", type=natural, default=0, metavar="N", help="of operands and combinations")
    add_time_limit(certify)
    certify.set_defaults(run="certify_command:certify")


def certify(options: argparse.Namespace) -> int:
    """Print a line for each pass of each layer; 0 if none is wrong and some are certified, else 1."""
    from ..audits.certified_layers import certified_layers

    console, counts, spent = plain_console(soft_wrap=True), Counter[Outcome](), [0.0, 0.0]
    rows = list[CertificateRow]()
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise InvalidArgument("out", str(options.out), "should be a folder, or new", where="certify")
    selection = Selection(tuple(dict.fromkeys(options.corpora)), options.batch)
    layers = selection.cases(dtypes=tuple(dict.fromkeys(options.dtypes)), ranks=RANKS, seed=options.seed)
    for told in selection.skipped():
        console.print(told)
    passes = frozenset(map(Pass, options.passes))
    with closing(Isolated(options.candidate, Limits(seconds_per_call=options.time_limit))) as executor:
        for each in certified_layers(executor, layers, passes, miss=2.0**-options.miss_bits):
            console.print(f"{SYMBOLS[each.verdict.outcome]} {each}")
            small = _small(executor, each, options.candidate)
            if small:
                console.print(f"  {small}")
            rows.append(replace(each.row, small_case=small))
            counts[each.verdict.outcome] += 1
            spent = [spent[0] + each.seconds, spent[1] + each.own_seconds]
        info = executor.info
    name = f"{info.name} {info.version}".strip()
    others = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if outcome is not Outcome.CONFORMS)
    told = f"{counts[Outcome.CONFORMS]} of {plural(counts.total(), 'result')} certified"
    times = f"{spent[0]:.2f} s in its calls, {spent[1]:.2f} s for the certificates"
    headline = f"{told}{f'; {others}' if others else ''}; {times}"
    console.print(f"{name}: {headline}")
    if options.out is not None:
        write_certificates(info, rows, headline, options.command, options.out)
    is_wrong = any(outcome.is_mismatch for outcome in counts)
    return 1 if is_wrong or not counts[Outcome.CONFORMS] else 0


def _small(executor: Isolated, found: CertifiedLayer, candidate: str) -> str:
    """Of a layer with a wrong element, the command that checks a small case of it."""
    from ..audits.small_cases import small_case
    from .small_case_text import check_command

    if found.certificate is None or found.certificate.holds:
        return ""
    return check_command(candidate, found.pass_, small_case(executor, found))
