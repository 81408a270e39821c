"""`convoracle probe`: what arithmetic a candidate has, and what it should declare of it."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path

from ...oracle.probing.card import DTYPES, PASSES
from ...oracle.probing.declaring import declarations
from ...oracle.probing.measuring import Growth
from ...oracle.problem.passes import Pass
from ...reports.files.annexes import require_examined
from ...reports.records.identity import IdentityCards, Section
from ...reports.site.identity import write_identity
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import FORMS
from .adding import add_into, add_into_option
from .arguments import add_time_limit, require_writable
from .card_text import Named, card_lines, document, section_of
from .plain_console import plain_console


def add_options(probe: argparse.ArgumentParser) -> None:
    """Of whom which cards are asked."""
    from ..audits.identity import GEOMETRIES
    from ..audits.threads import DIVIDED

    probe.add_argument("candidate", metavar="CANDIDATE", help=f"a built-in name, or {FORMS}")
    probe.add_argument("--dtypes", nargs="+", choices=DTYPES, default=["float32"], help="(default: float32)")
    names = [str(each) for each in PASSES]
    probe.add_argument(
        "--passes", nargs="+", choices=names, default=names, help="(default: the forward pass and its gradients)"
    )
    tables = (*GEOMETRIES, DIVIDED)
    divided = f"(default: all of them); {DIVIDED}: does another number of threads change a sum"
    probe.add_argument("--geometries", nargs="+", choices=tables, default=list(tables), help=divided)
    probe.add_argument("--out", type=Path, metavar="FILE", help="where the cards are written, as JSON")
    probe.add_argument("--write", type=Path, metavar="FILE", help="where what should be declared is written, as Python")
    probe.add_argument("--page", type=Path, metavar="FILE", help="where the cards are written as a page: card.html")
    add_into_option(probe, "the cards")
    probe.add_argument("--json", action="store_true", help="print the cards as JSON, and nothing else")
    add_time_limit(probe)
    probe.set_defaults(run="probe_command:probe")


def probe(options: argparse.Namespace) -> int:
    """Print a card for each dtype, and what should be declared; 0 if anything was answered, else 1."""
    from ..audits.identity import cards, growths
    from ..audits.threads import DIVIDED, cards_of_threads

    for argument in ("out", "write", "page"):
        if path := getattr(options, argument):
            require_writable(path, f"--{argument}", where="probe")
    limits, dtypes = Limits(seconds_per_call=options.time_limit), tuple(dict.fromkeys(options.dtypes))
    geometries = [each for each in dict.fromkeys(options.geometries) if each != DIVIDED]
    console, asked, all_of_them = plain_console(soft_wrap=True), frozenset(map(Pass, options.passes)), list[Named]()
    grown, sections = list[Growth](), list[Section]()
    with closing(Isolated(options.candidate, limits)) as executor:
        if options.into:
            require_examined(executor.info.name, executor.info.version, options.into)
        is_divided = DIVIDED in options.geometries
        divided = list(cards_of_threads(options.candidate, limits, asked, dtypes)) if is_divided else []
        for dtype in dtypes:
            of_dtype = list(cards(executor, asked, (dtype,), geometries))
            of_dtype += [each for each in divided if each[1].dtype == dtype]
            all_of_them += of_dtype
            grown += (of_this := list(growths(executor, asked, (dtype,))))
            sections.append(section_of(dtype, of_dtype, of_this))
            if not options.json:
                for line in card_lines(sections[-1]):
                    console.print(line)
        info = executor.info
    found = declarations(card for _, card in all_of_them)
    text = json.dumps(document(info, all_of_them, grown, found), indent=2)
    console.print(text if options.json else f"to declare:\n{found}")
    for path, content in ((options.out, text), (options.write, str(found))):
        if path:
            path.write_text(f"{content}\n", encoding="utf-8")
    cards_found = IdentityCards(info.name, info.version, options.command, tuple(sections), str(found))
    if options.page:
        write_identity(cards_found, options.page)
    if options.into:
        add_into(cards_found, options.into)
    return 0 if any(finding.is_determined for _, card in all_of_them for finding in card.findings) else 1
