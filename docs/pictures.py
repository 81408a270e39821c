"""Makes the pictures of the documentation, in a browser: the page of the mismatch that the README's example finds.

python docs/pictures.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from convoracle.suites.command.cli import main as convoracle

HOME = Path(__file__).parent
EXAMPLE = HOME.parent / "examples" / "broken_conv2d.py"
WIDTH, HEIGHT = 1120, 1500


def main(folder: Path) -> Path:
    """Check the example, and take a picture of its plainest mismatch."""
    with tempfile.TemporaryDirectory() as name:
        convoracle(["check", f"{EXAMPLE}:conv2d", "--out", f"{name}/report"])
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            page.goto(f"file://{name}/report/index.html")
            page.click(".smallest a")
            page.screenshot(path=folder / "report.png")
            browser.close()
    return folder / "report.png"


if __name__ == "__main__":
    print(main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME))
