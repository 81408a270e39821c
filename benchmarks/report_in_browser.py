"""How long a browser takes to show the list of a report's cases, to scroll it, to filter it, and to open a case.

python benchmarks/report_in_browser.py FOLDER [FOLDER ...]      # run folders with their reports
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SCROLL = """async () => {
  const list = document.getElementById("list");
  const times = [];
  let last = performance.now();
  for (let step = 0; step < 120; step++) {
    list.scrollTop += 911;
    await new Promise((drawn) => requestAnimationFrame(drawn));
    times.push(performance.now() - last);
    last = performance.now();
  }
  times.sort((a, b) => a - b);
  return [times[60], times[114]];
}"""
FILTER = """() => {
  const before = performance.now();
  const select = document.getElementById("filter-outcome");
  select.value = "conforms";
  select.dispatchEvent(new Event("change"));
  return performance.now() - before;
}"""
OPEN = """async () => {
  const before = performance.now();
  document.querySelector(".row").click();
  while (!document.querySelector("#panel table") && performance.now() - before < 10_000) {
    await new Promise((drawn) => requestAnimationFrame(drawn));
  }
  return performance.now() - before;
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Of one list, in milliseconds: since the page was asked for, a frame while scrolling, one filter, one case."""

    told: str
    first: float
    whole: float
    frame: float
    slow_frame: float
    filter: float
    case: float

    def __str__(self) -> str:
        numbers = (self.first, self.whole, self.frame, self.slow_frame, self.filter, self.case)
        return f"| {self.told.split()[-2]} | {' | '.join(f'{number:.0f}' for number in numbers)} |"


def shown(browser: Browser, folder: Path) -> Shown:
    """Measure the list of one run folder."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"file://{folder.resolve()}/cases/index.html")
    page.wait_for_selector(".row")
    first = page.evaluate("performance.now()")
    page.wait_for_selector("#state:not(:has-text('so far'))", timeout=120_000)
    whole = page.evaluate("performance.now()")
    frame, slow = page.evaluate(SCROLL)
    told = page.text_content("#state") or ""
    found = Shown(told, first, whole, frame, slow, page.evaluate(FILTER), page.evaluate(OPEN))
    page.close()
    return found


def main() -> int:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    options = parser.parse_args()
    print("| examinations | first rows | all read | frame | slowest of 20 frames | filter | a case |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for folder in options.folders:
            print(shown(browser, folder), flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
