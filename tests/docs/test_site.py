"""The documentation as a site: it builds without a warning, opens without a network, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from convoracle import oracle, reports
from convoracle.suites.command.options import COMMANDS, parser

ROOT = Path(__file__).parents[2]
for needed in ("sphinx", "myst_parser", "furo"):
    pytest.importorskip(needed)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ROOT / "docs", built]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return built


def _pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 40
    return found


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    loading = re.compile(r'<(?:(?:script|img|iframe|source|video)\b[^>]*\bsrc|link\b[^>]*\bhref)="(?:https?:|//)')
    assert [page.name for page in _pages(site) if loading.search(page.read_text())] == []
    styles = sorted(site.rglob("*.css"))
    assert styles
    remote = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:|//)")
    assert [style.name for style in styles if remote.search(style.read_text())] == []


def test_links_lead_somewhere(site: Path) -> None:
    lost = []
    for page in _pages(site):
        text = page.read_text()
        for link in re.findall(r'(?:href|src)="([^"]+)"', text):
            path, _, anchor = unescape(link).partition("#")
            if "://" in path or path.startswith(("mailto:", "data:")):
                continue
            target = page.parent / unquote(path.partition("?")[0]) if path else page
            if not target.exists() or (anchor and f'id="{unquote(anchor)}"' not in target.read_text()):
                lost.append((page.name, link))
    assert lost == []


def test_every_option_of_every_command_is_there(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = unescape(re.sub(r"<[^>]+>", "", (site / "reference" / "commands.html").read_text()))
    for command in COMMANDS:
        section = text.partition(f"\nconvoracle {command.name}")[2]
        with pytest.raises(SystemExit):
            parser().parse_args([command.name, "--help"])
        options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
        assert [option for option in sorted(options) if option not in section] == [], command.name


def test_every_public_name_is_there(site: Path) -> None:
    text = (site / "reference" / "api.html").read_text()
    for room in (oracle, reports):
        described = [name for name in room.__all__ if callable(getattr(room, name))]
        assert described
        assert [name for name in described if f'id="{room.__name__}.{name}"' not in text] == []


def test_formulas_are_mathml(site: Path) -> None:
    text = (site / "seed.html").read_text()
    assert text.count("<math ") > 15
    assert "\\frac" not in text
    assert "$$" not in text


def test_what_builds_it_is_an_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [re.split(r"\W", name)[0] for name in extras["docs"]] == ["sphinx", "myst", "furo"]
