"""The software bill of materials of what a user installs: python release/sbom.py dist writes dist/sbom.json.

A fresh environment gets the wheel of that folder and the runtime dependencies that `requirements/runtime.lock` names,
each checked by its hash; cyclonedx-bom tells what is in it, with versions and licences, as CycloneDX in JSON, and
checks that by its schema.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"


def main() -> int:
    """Write the bill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, metavar="DIR")
    dist = parser.parse_args().dist.resolve()
    wheels, out = list(dist.glob("*.whl")), dist / "sbom.json"
    if len(wheels) != 1:
        parser.error(f"{dist} should hold one wheel, not {len(wheels)}")
    with tempfile.TemporaryDirectory(prefix="convoracle-sbom-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for what in (["--require-hashes", "--requirement", LOCK], ["--no-deps", wheels[0]]):
            subprocess.run([*install, *what], check=True, cwd=folder)
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "pip", "setuptools"], check=True)
        bill = ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "library", "--output-reproducible", "--of", "JSON"]
        command = [sys.executable, "-m", "cyclonedx_py", "environment", *bill, "--validate", "-o", out, python]
        subprocess.run(command, check=True)
    print(f"{out}: valid CycloneDX")
    return 0


if __name__ == "__main__":
    sys.exit(main())
