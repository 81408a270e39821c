"""`convoracle certify`: whole layers, proven right by random combinations of their elements."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.dtypes import COMPONENTS, DTYPES
from ...oracle.problem.passes import Pass
from ...reports.files.annexes import require_examined
from ...reports.records.certified import CertificateRow, Certificates
from ...reports.records.naming import with_version
from ...reports.site.certificates import certified_sentence, write_certificates
from ...reports.views.wording import SYMBOLS
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import FORMS
from ..cases.corpora import AT_FULL_SIZE, CORPORA
from ..cases.corpora.selection import Selection
from ..cases.space import RANKS
from .adding import add_into, add_into_option
from .arguments import add_time_limit, bits, memory, natural, positive
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
        help=f"the layers: one of {', '.join((*CORPORA, *AT_FULL_SIZE))}, a descriptor of benchdnn's, "
        "or a file of these or of calls that oneDNN or MIOpen logged; may be repeated",
    )
    certify.add_argument("--batch", type=positive, metavar="N", help="images, instead of each layer's own number")
    certify.add_argument("--dtypes", nargs="+", choices=_REAL, help="(default: float32, or as logged)")
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
        "--reals",
        action="store_true",
        help="call each pass once more, on real numbers: is each element of some planes within its rounding bound?",
    )
    certify.add_argument(
        "--max-memory",
        type=memory,
        metavar="SIZE",
        help="what a layer may take at once, with all copies and in all processes, as 4GiB: one that takes more is "
        "asked in parts of its batch, each certified by itself (default: half of what the machine has free)",
    )
    certify.add_argument(
        "--out", type=Path, metavar="DIR", help="a folder for the report: index.html and certificates.json"
    )
    add_into_option(certify, "the certificates")
    certify.add_argument("--seed", type=natural, default=0, metavar="N", help="of operands and combinations")
    add_time_limit(certify)
    certify.set_defaults(run="certify_command:certify")


def certify(options: argparse.Namespace) -> int:
    """Print a line for each pass of each layer; 0 if none is wrong and some are certified, else 1."""
    from ..audits.certified_layers import certified_layers
    from ..audits.memory import layer_memory, memory_of_calls
    from ..audits.real_planes import real_layers

    console, rows = plain_console(soft_wrap=True), list[CertificateRow]()
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise InvalidArgument("out", str(options.out), "should be a folder, or new", where="certify")
    selection = Selection(tuple(dict.fromkeys(options.corpora)), options.batch)
    dtypes = tuple(dict.fromkeys(options.dtypes or ())) or None
    layers = selection.cases(dtypes=dtypes, ranks=RANKS, seed=options.seed)
    for told in selection.skipped():
        console.print(told)
    passes = frozenset(map(Pass, options.passes))
    most = options.max_memory or layer_memory()
    limits = Limits(seconds_per_call=options.time_limit, memory_bytes=memory_of_calls(most))
    with closing(Isolated(options.candidate, limits)) as executor:
        if options.into:
            require_examined(executor.info.name, executor.info.version, options.into)
        for each in certified_layers(executor, layers, passes, miss=2.0**-options.miss_bits, memory=most):
            console.print(f"{SYMBOLS[each.verdict.outcome]} {each}")
            small = _small(executor, each, options.candidate, most)
            if small:
                console.print(f"  {small}")
            rows.append(replace(each.row, small_case=small))
        for each_real in real_layers(executor, layers if options.reals else (), passes, memory=most):
            console.print(f"{SYMBOLS[each_real.verdict.outcome]} {each_real}")
            rows.append(each_real.row)
        info = executor.info
    name = with_version(info.name, info.version)
    console.print(f"{name}: {certified_sentence(rows)}")
    certificates = Certificates(info.name, info.version, options.command, tuple(rows))
    if options.out is not None:
        write_certificates(certificates, options.out)
    if options.into:
        add_into(certificates, options.into)
    is_wrong = any(row.outcome.is_mismatch for row in rows)
    return 1 if is_wrong or not any(row.outcome is Outcome.CONFORMS for row in rows) else 0


def _small(executor: Isolated, found: CertifiedLayer, candidate: str, most: int) -> str:
    """Of a layer with a wrong element, the command that checks a small case of it."""
    from ..audits.small_cases import small_case
    from .small_case_text import check_command

    if found.certificate is None or found.certificate.holds:
        return ""
    return check_command(candidate, found.pass_, small_case(executor, found, most))
