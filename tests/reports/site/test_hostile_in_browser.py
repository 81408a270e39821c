"""A report of a run whose every text is hostile, in a browser: nothing runs, nothing leaves, and it can be read."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import (
    CandidateInfo,
    CaseRecord,
    CheckInfo,
    CheckResult,
    RunInfo,
    RunWriter,
    Witness,
    write_reports,
)
from convoracle.reports.files.annexes import add
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.identity import IdentityCards, Property, Section, Told

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium")

TEXTS = (
    "<script>window.pwned=1;alert(1)</script>",
    "</script></style></title></textarea><img src=x onerror=window.pwned=1><svg onload=alert(1)>",
    "\"' onmouseover='window.pwned=1' autofocus onfocus=alert(1) x=\"",
    "javascript:window.pwned=1",
    "data:text/html,<script>alert(1)</script>",
    "https://example.org/leaves<link rel=prefetch href=//example.org><meta http-equiv=refresh content=0;url=//x.org>",
    "../../../../etc/passwd",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
    "\u2028\u2029\u202e\u2066\u200f\ufeff\u0000\u001b[31m\ud800",
    "<!-- --!> ]]> &lt;u&gt; &#x3c;u&#x3e;",
    "__proto__",
    "</style><style>*{display:none!important}</style>",
    "e" + "\u0301" * 300,  # marks that cover what stands above
    "W" * 1500,
)
ALL = " ".join(TEXTS)
LONG = "<u>" * 350_000
"""A megabyte."""
PAGES = (
    "index.html",
    "cases/index.html",
    "cases/index.html#outcome=wrong&case=0",
    "matrix/index.html",
    "accuracy/index.html",
    "certificates/index.html",
    "identity/index.html",
)
KNOWN = """
[[known]]
candidate = {name}
reason = {reason}
link = {link}
"""


def toml(text: str) -> str:
    escaped = (char if char.isalnum() else f"\\U{ord(char):08x}" for char in text if not 0xD800 <= ord(char) < 0xE000)
    return f'"{"".join(escaped)}"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, made_mismatch) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "run"
    found, evidence = made_mismatch("n1c1k1i4x4f2x2p1x1/float32/uniform/0", "forward", ((0, 0, 1, 1),))
    checks = tuple(CheckInfo(text[:200], ALL, ("forward", text[:200]), Numbers.INTEGERS) for text in TEXTS)
    checks = (CheckInfo("structure", ALL, ("forward",), Numbers.INTEGERS), *checks)
    names = tuple(
        CandidateInfo(
            text, ALL, text, ((text, text),), conventions=((text, text),), domain=((text, text),), libraries=(text,)
        )
        for text in TEXTS
    )
    told = tuple((text, ALL) for text in TEXTS)
    settings = tuple((text, text, text) for text in TEXTS)
    info = RunInfo(7, ALL, names, ALL, ALL, (*told, ("processor", LONG)), checks=checks, settings=settings)
    with RunWriter.create(path, info) as writer:
        for number, text in enumerate(TEXTS):
            hostile = replace(
                found,
                id=f"hostile-{number}", candidate=text, check="structure" if number % 2 else text, found=text,
                needs=(text, ALL), witnesses=(Witness(text, Outcome.CRASHED, ALL),), equations=(text,),
                diagnosis=(text, LONG if number == 0 else text), diagnosed=(text,), history=text, framework=text,
                title=text, violation=text, call=text, origin=text, follows=(text,),
                verdict=replace(found.verdict, reason=text, cause=text),
            )  # fmt: skip
            wrong = CheckResult("structure", "forward", replace(hostile.verdict, region=None), fault=hostile.id)
            refused = CheckResult(text, text, Verdict(Outcome.REFUSED, LONG if number == 0 else text, text))
            writer.append(CaseRecord(hostile.case, text, (wrong, refused), origin=text))
            writer.append(CaseRecord(f"{text}/float32", text, (refused,), origin=text))
            writer.add_mismatch(hostile, evidence)
        writer.finish(1.0, True)
    rows = tuple(
        CertificateRow(text, text, text, text, outcome, ALL, 3, None, 0.0, 0.0, text)
        for text, outcome in zip(TEXTS, itertools.cycle(Outcome))
    )
    lines = tuple(Property(text, (Told(text, ALL), Told(ALL, text))) for text in TEXTS)
    for text in TEXTS[:4]:
        add(Certificates(text, ALL, ALL, rows), path)
        add(
            IdentityCards(text, ALL, ALL, (Section(text, lines, (ALL, text)),), LONG if text == TEXTS[0] else text),
            path,
        )
    links = ("javascript:window.pwned=1", " javascript:alert(1)", "https://example.org/1", "HTTPS://x", "//example.org")
    entries = (KNOWN.format(name=toml(TEXTS[n]), reason=toml(ALL), link=toml(link)) for n, link in enumerate(links))
    (path / "held-against.toml").write_text("".join(entries))
    write_reports(path)
    return path


def paths(folder: Path) -> list[str]:
    return [*PAGES, *(f"mismatches/{path.name}/index.html" for path in sorted((folder / "mismatches").iterdir())[:4])]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_and_nothing_leaves(browser: playwright.Browser, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("popup", lambda popup: complaints.append(popup.url))
    page.on(
        "request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(f"file://{folder}/") else None
    )
    for path in paths(folder):
        page.goto(f"file://{folder}/{path}")
        if path.startswith("cases/"):
            page.wait_for_selector(".row")
        if "case=" in path:
            page.wait_for_selector("#panel table")
        assert page.evaluate("window.pwned") is None, path
        assert page.locator("img, iframe, object, embed, base, form[action], link[href], u").count() == 0, path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.is_visible("h1, h2"), path
        assert not set(page.text_content("body")) & set("\u2028\u2029\u202e\u2066\u200f\0\x1b"), path
    page.close()
    assert complaints == []


def test_only_addresses_of_the_web_are_links_that_leave(browser: playwright.Browser, folder: Path) -> None:
    page = browser.new_page()
    leaving = set()
    for path in paths(folder):
        page.goto(f"file://{folder}/{path}")
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        leaving |= {link for link in links if not link.startswith(f"file://{folder}/")}
    page.close()
    assert leaving == {"https://example.org/1"}
