"""The report in a browser, opened from a file: what it does, its keys and its address, and that it is accessible."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import CandidateInfo, CaseRecord, CheckInfo, CheckResult, RunInfo, RunWriter, write_reports
from convoracle.reports.files.annexes import add
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.identity import IdentityCards, Property, Section, Told

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium")

HOSTILE = "</script><img src=x onerror=document.title='pwned'>\"'`${1}{{ 7*7 }}\u2028&lt;"
PAGES = (
    "index.html",
    "cases/index.html",
    "matrix/index.html",
    "accuracy/index.html",
    "certificates/index.html",
    "identity/index.html",
    "mismatches/{}/index.html",
)
MANY = 2500
SAMPLES = Path(__file__).parents[1] / "records" / "samples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, made_mismatch) -> Path:
    """A run of a candidate whose every text is hostile, and of one with thousands of cases."""
    path = tmp_path_factory.mktemp("run") / "out"
    found, evidence = made_mismatch("n1c1k1i4x4f2x2p1x1/float32/uniform/0", "forward", ((0, 0, 1, 1),))
    hostile = replace(
        found,
        candidate=HOSTILE,
        needs=(HOSTILE,),
        equations=(HOSTILE, "O₁₁ = X₁₁F₁₁ + X₁₂F₁₂"),
        diagnosis=("It is as if the kernel were rotated.", HOSTILE, "O₂₂ should be X₁₁F₂₂; X₁₁F₂₂ is missing"),
        call=HOSTILE,
        verdict=replace(found.verdict, reason=HOSTILE),
    )
    passes = ("forward", "weight_gradient")
    checks = (
        CheckInfo("structure", HOSTILE, passes, Numbers.INTEGERS),
        CheckInfo("precision", "Is it as good as it claims?", passes, Numbers.REALS),
        CheckInfo("company", "Is it right whatever else is called?", passes),
    )
    names = tuple(CandidateInfo(name, "1.0", name) for name in ("plain", HOSTILE))
    info = RunInfo(7, "quick", names, "2026-11-28", HOSTILE, (("processor", HOSTILE),), checks=checks)
    with RunWriter.create(path, info) as writer:
        for number in range(MANY):
            writer.append(conforming(number))
        wrong = (
            CheckResult("structure", "forward", replace(hostile.verdict, region=None), fault=hostile.id),
            CheckResult("precision", "forward", Verdict(Outcome.REFUSED, HOSTILE, HOSTILE)),
        )
        writer.append(CaseRecord(hostile.case, HOSTILE, wrong, origin=HOSTILE))
        writer.append(CaseRecord(f"{HOSTILE}/float32", HOSTILE, wrong))
        writer.add_mismatch(hostile, evidence)
        writer.finish(1.0, False)
    proven = CertificateRow(HOSTILE, "forward", "float32", "n1", Outcome.CONFORMS, "right", 802816, 2.0**-45, 0.1, 0.2)
    broken = replace(proven, layer="net:b", outcome=Outcome.VIOLATES, told=HOSTILE, miss=None, small_case=HOSTILE)
    add(Certificates("plain", "1.0", HOSTILE, (proven, broken)), path)
    lines = (Property("order", (Told("9 in sequence", "forward tiny"), Told(HOSTILE, "dgrad tiny"))),)
    sections = (Section("float32", lines, ("measured", HOSTILE)), Section("float16", lines))
    add(IdentityCards("plain", "1.0", HOSTILE, sections, HOSTILE), path)
    write_reports(path)
    return path


def conforming(number: int) -> CaseRecord:
    dtype = "float32" if number % 5 else "bfloat16"
    stride = "s2" if number % 2 else ""
    results = (
        CheckResult("structure", "forward", Verdict(Outcome.CONFORMS, elements=3, resolution=0.0), 0.1),
        CheckResult("precision", "forward", Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5), 0.1),
        CheckResult("structure", "weight_gradient", Verdict(Outcome.UNDECIDED, "too coarse", elements=2), 0.1),
        CheckResult("company", "weight_gradient", Verdict(Outcome.CONFORMS if number % 3 else Outcome.HUNG), 0.1),
    )
    return CaseRecord(f"n1c1k1i4f2{stride}/{dtype}/uniform/{number}", "plain", results)


class Opened:
    """A page of the report, with everything that the browser complains of."""

    def __init__(self, browser: playwright.Browser, folder: Path, scheme: str = "light") -> None:
        self.folder, self.complaints = folder, list[str]()
        self.page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 800})
        self.page.set_default_timeout(5000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._heard(request.url))

    def _heard(self, url: str) -> None:
        if not url.startswith(f"file://{self.folder}/"):
            self.complaints.append(url)

    def go(self, path: str) -> playwright.Page:
        self.page.goto(f"file://{self.folder}/{path}")
        if path.startswith("cases/"):
            self.page.wait_for_selector(".row, .state:text-matches('^0 of')")
        return self.page

    def shown(self) -> int:
        """How many cases the list shows, as it tells."""
        return int(self.page.text_content("#state").split()[0].replace(",", ""))


@pytest.fixture
def opened(browser, folder) -> Iterator[Opened]:
    made = Opened(browser, folder)
    yield made
    made.page.close()
    assert made.complaints == []


def test_every_page_opens_from_a_file_without_a_complaint(opened, folder):
    (identity,) = (path.name for path in (folder / "mismatches").iterdir())
    for path in PAGES:
        page = opened.go(path.format(identity))
        assert page.title() != "pwned"
        assert page.locator("img").count() == 0
        assert page.locator("main").count() == 1
        assert page.locator("h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_keeps_anyone_out(browser, folder, scheme):
    made = Opened(browser, folder, scheme)
    (identity,) = (path.name for path in (folder / "mismatches").iterdir())
    for path in (*PAGES, "cases/index.html#outcome=wrong&case=2500"):
        page = made.go(path.format(identity))
        found = axe.Axe().run(page).response["violations"]
        told = [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found]
        assert told == [], path
    made.page.close()
    assert made.complaints == []


def test_the_first_page_leads_to_the_mismatch_and_on_to_its_results(opened):
    page = opened.go("index.html")
    assert page.text_content("h1").strip().endswith("1 cause, 1 mismatch found, and 1 result of a whole layer is wrong")
    page.click(".card .smallest a")
    assert page.text_content("h1") == "Results are as if the kernel were rotated"
    assert HOSTILE.split("\u2028")[0] in page.text_content(".kicker")
    assert page.locator("math .term.missing").count() == 1
    assert page.locator(".plane").count() == 3
    assert page.locator(".plane rect.fault").count() == 1
    page.click("text=Every result that shows it")
    page.wait_for_selector(".row")
    assert opened.shown() == 2
    assert page.input_value("#filter-mismatch") != ""


def test_a_number_of_the_matrix_leads_to_just_these_cases(opened):
    page = opened.go("index.html")
    row = page.locator(".matrix tbody tr", has=page.locator("th", has_text=re.compile("^forward$")))
    told = row.locator(".count.good").text_content()
    row.locator(".count.good").click()
    page.wait_for_selector(".row")
    assert opened.shown() == MANY == int(re.sub(r"\D", "", told))
    assert {select: page.input_value(f"#filter-{select}") for select in ("candidate", "pass", "outcome")} == {
        "candidate": "plain", "pass": "forward", "outcome": "conforms",
    }  # fmt: skip
    page = opened.go("matrix/index.html")
    cell = page.locator("tr", has=page.locator("th", has_text=re.compile("^bfloat16$"))).first.locator("td a")
    told = cell.text_content()
    cell.click()
    page.wait_for_selector(".row")
    assert opened.shown() == MANY // 5 == int(re.sub(r"\D", "", told))


def test_every_number_of_the_first_page_is_that_of_its_list(opened):
    """What comes to what is counted here by Python and there by the page's script."""
    page = opened.go("index.html")
    numbers = {link.get_attribute("href"): link.text_content() for link in page.query_selector_all(".count[href]")}
    assert len(numbers) == 4
    for address, told in numbers.items():
        opened.go("index.html")  # from the list itself, another address would be the same page
        opened.go(address)
        assert opened.shown() == int(re.sub(r"\D", "", told)), address


def test_a_search_finds_what_begins_a_case(opened):
    opened.go("cases/index.html#q=n1c1k1i4f2s2")
    assert opened.shown() == MANY // 2


def test_filters_and_search_stand_in_the_address(opened):
    page = opened.go("cases/index.html")
    assert opened.shown() == MANY + 2
    page.select_option("#filter-dtype", "bfloat16")
    assert opened.shown() == MANY // 5
    page.select_option("#filter-feature", "stride")
    assert opened.shown() == MANY // 10
    page.fill("#find", "uniform/24")
    page.wait_for_url("**q=uniform**")
    among = [n for n in range(5, MANY, 10) if str(n).startswith("24")]
    assert opened.shown() == len(among)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".row")
    assert (opened.shown(), page.input_value("#find")) == (len(among), "uniform/24")
    page.click("#clear")
    assert opened.shown() == MANY + 2
    assert page.evaluate("location.hash") == ""
    opened.complaints = [each for each in opened.complaints if each != "about:blank"]


def test_the_list_shows_few_rows_of_many_and_reaches_the_last(opened):
    page = opened.go("cases/index.html")
    assert page.locator(".row").count() < 60
    page.evaluate("list => list.scrollTop = list.scrollHeight", page.query_selector("#list"))
    page.wait_for_selector(f"#row-{MANY + 1}")
    assert page.locator(".row").count() < 60


def test_the_list_goes_by_keys(opened):
    page = opened.go("cases/index.html")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.locator(".row[aria-selected=true]").get_attribute("id") == "row-1"
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel table")
    assert "uniform/1" in page.text_content("#panel h2")
    cells = page.locator("#panel tbody tr").all_text_contents()
    assert [re.sub(r"\s+", " ", cell) for cell in cells] == [
        "forwardstructure✓ conforms0", "forwardprecision✓ conforms0.250.5",
        "weight_gradientstructure? undecidedtoo coarse", "weight_gradientcompany✓ conforms",
    ]  # fmt: skip
    assert "case=1" in page.evaluate("location.hash")
    page.keyboard.press("j")
    page.wait_for_selector("#panel h2:has-text('uniform/2')")
    page.keyboard.press("Escape")
    assert page.is_hidden("#panel")
    page.keyboard.press("End")
    assert page.locator(".row[aria-selected=true]").get_attribute("id") == f"row-{MANY + 1}"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    assert page.is_hidden("#help")


def test_what_a_candidate_says_is_text_in_the_list_too(opened):
    page = opened.go(f"cases/index.html#case={MANY}")
    page.wait_for_selector("#panel table")
    told = page.text_content("#panel")
    assert "</script><img src=x onerror=document.title='pwned'>" in told
    assert "{{ 7*7 }}" in told
    assert "\\u2028" in told
    assert page.locator("#panel img, #list img").count() == 0
    page.click("#panel a")
    assert page.text_content("h1")
    assert page.title() != "pwned"


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
def test_a_run_of_an_earlier_schema_is_listed_too(browser, tmp_path, sample):
    folder = shutil.copytree(sample, tmp_path / "run")
    write_reports(folder)
    made = Opened(browser, folder)
    page = made.go("cases/index.html#outcome=wrong")
    page.locator(".row").first.click()
    page.click("#panel a")
    assert "kernel" in page.text_content("main")
    made.page.close()
    assert made.complaints == []


def test_the_plots_follow_what_is_chosen(opened):
    page = opened.go("accuracy/index.html")
    assert page.locator(".point").count() > 10
    assert page.locator("#ratios tbody tr:visible").count() == 2
    page.select_option("#plot-dtype", "bfloat16")
    assert page.locator("#ratios tbody tr:visible").count() == 1
    assert "dtype=bfloat16" in page.url
    page.locator(".point").last.hover()
    assert "ratio 0.25" in page.text_content("#tip")
    page.locator('.column:not([height="0"])').last.hover()
    assert "500 of 500 results" in page.text_content("#tip")


def test_paper_and_narrow_screens_lose_nothing(opened, folder):
    (identity,) = (path.name for path in (folder / "mismatches").iterdir())
    page = opened.page
    page.set_viewport_size({"width": 360, "height": 700})
    for path in PAGES:
        opened.go(path.format(identity))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page.emulate_media(media="print")
    opened.go("index.html")
    assert page.is_visible("h1")
    assert page.is_visible(".card")
    assert page.is_hidden("nav")
