"""Builds the wheel and the sdist, the same bytes from the same commit, without a network: python release/build.py dist.

setuptools makes the wheel by SOURCE_DATE_EPOCH, which is the commit's date unless it is set, but not the sdist: its
members are written again in the order of their names, with that date and nobody as their owner. ``--twice`` builds both
from two copies of what git knows, in other folders at other times, and compares them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAKE = """
import sys
from setuptools import build_meta
out = sys.argv[1]
build_meta.build_wheel(out)
build_meta.build_sdist(out)
"""


def build(tree: Path, out: Path, epoch: int) -> list[Path]:
    """Build both from a copy of a tree, which is left as it is."""
    with tempfile.TemporaryDirectory(prefix="convoracle-build-") as folder:
        copy = Path(folder) / "tree"
        for name in tracked(tree):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree / name, copy / name)
        made = Path(folder) / "made"
        made.mkdir()
        environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [sys.executable, "-c", MAKE, made], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        out.mkdir(parents=True, exist_ok=True)
        for path in made.iterdir():
            data = path.read_bytes()
            (out / path.name).write_bytes(normal(data, epoch) if path.name.endswith(".tar.gz") else data)
        return sorted(out / path.name for path in made.iterdir())


def tracked(tree: Path) -> list[str]:
    """The files that git knows, and those that it would."""
    command = ["git", "-C", tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (tree / name).is_file()]


def normal(sdist: bytes, epoch: int) -> bytes:
    """The same members in the order of their names, of one date and of nobody."""
    inside = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist)) as old,
        tarfile.open(fileobj=inside, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, epoch
            plain.mode = 0o755 if member.isdir() else 0o644
            new.addfile(plain, old.extractfile(member))
    outside = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=outside, mtime=epoch) as packed:
        packed.write(inside.getvalue())
    return outside.getvalue()


def date_of_commit() -> int:
    """In seconds since 1970."""
    told = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True)
    return int(told.stdout)


def main() -> int:
    """Print the digest of each file; 1 if a second build differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--twice", action="store_true", help="build again, and compare")
    options = parser.parse_args()
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or date_of_commit())
    digests = {path.name: digest(path) for path in build(ROOT, options.out, epoch)}
    for name, told in digests.items():
        print(f"{told}  {name}")
    if not options.twice:
        return 0
    with tempfile.TemporaryDirectory(prefix="convoracle-again-") as folder:
        again = {path.name: digest(path) for path in build(ROOT, Path(folder) / "a longer name", epoch)}
    differing = [name for name, told in digests.items() if again.get(name) != told]
    print(f"built twice: {', '.join(differing) + ' differ' if differing else 'the same bytes'}")
    return int(bool(differing))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
