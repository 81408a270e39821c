"""Everything that is read from outside, each as a function of bytes, with the errors that it may raise.

A target either gives a value or raises one of its errors. What it writes, it writes into the folder that it is given.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from hypothesis.database import DirectoryBasedExampleDatabase

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.descriptor import parse_descriptor
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.reports import InvalidRecord, RunWriter, read_mismatch, read_run, write_reports
from convoracle.reports.files.merging import merge
from convoracle.reports.files.reading import read_part
from convoracle.reports.records.baseline_file import read_baseline
from convoracle.reports.records.campaign_state import CampaignState
from convoracle.reports.records.certified import Certificates
from convoracle.reports.records.identity import IdentityCards
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.serialization import Finished, RunInfo, from_json
from convoracle.reports.records.summary import Summary
from convoracle.suites.calling.channel import Channel
from convoracle.suites.calling.company import company_from_message
from convoracle.suites.calling.loader import introduction_from
from convoracle.suites.calling.patience import Patience
from convoracle.suites.calling.replies import from_message
from convoracle.suites.campaign.packing import unpack
from convoracle.suites.candidates import CandidateError, Misconduct
from convoracle.suites.candidates.foreign import executable, protocol
from convoracle.suites.candidates.foreign.protocol import Ended, Reader, read_array
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.capabilities.supported import read_supported
from convoracle.suites.cases.corpora.selection import Selection
from convoracle.suites.command.options import parser
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.vectors.verify import read_set, verify

HERE = Path(__file__).parent
SEEDS, FINDINGS = HERE / "seeds", HERE / "findings"
PART = b"\n%%%% "
"""Begins a line with the name of the file that follows, in the bytes that stand for a folder."""


@dataclass(frozen=True, slots=True)
class Target:
    """A reader of something from outside.

    Parameters
    ----------
    name : str
        Also that of the folder of its seeds.
    read : callable
        Reads bytes, with a folder to write to.
    errors : tuple of type
        What it raises of bytes that are not what they should be; nothing else.
    """

    name: str
    read: Callable[[bytes, Path], object]
    errors: tuple[type[Exception], ...]

    def seeds(self) -> list[bytes]:
        """Valid documents, from which others are made."""
        return [path.read_bytes() for path in sorted((SEEDS / self.name).iterdir())]

    def findings(self) -> list[Path]:
        """Documents of which a fault was found."""
        return sorted((FINDINGS / self.name).glob("*"))

    def accepts(self, data: bytes, scratch: Path) -> bool:
        """Whether the bytes are read as a value; False where they are refused as they should be."""
        try:
            self.read(data, scratch)
        except self.errors:
            return False
        return True


def _written(scratch: Path, name: str, data: bytes) -> Path:
    path = scratch / name
    path.write_bytes(data)
    return path


def _records(data: bytes, scratch: Path) -> object:
    return sum(len(record.results) for record in read_part(_written(scratch, "records.jsonl", data)))


def parts_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The names of files, and what is in them."""
    for part in (b"\n" + data).split(PART)[1:]:
        name, _, body = part.partition(b"\n")
        yield name.decode("latin-1"), body


def _folder(data: bytes, scratch: Path) -> Path:
    """A run folder with these files; only such names as a run folder has are written."""
    folder = scratch / "run"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mismatches").mkdir(parents=True)
    (folder / "records").mkdir()
    for name, body in parts_of(data):
        path = (folder / "mismatches" / name) if "/" in name and not name.startswith("records/") else folder / name
        if name.count("/") < 2 and ".." not in name and "\0" not in name and len(name.encode()) < 200 and path.name:
            path.parent.mkdir(exist_ok=True)
            if not path.is_dir():
                path.write_bytes(body)
    return folder


def _run(data: bytes, scratch: Path) -> object:
    return read_run(_folder(data, scratch))


def _report(data: bytes, scratch: Path) -> object:
    return write_reports(_folder(data, scratch))


def _merge(data: bytes, scratch: Path) -> object:
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    return merge([_folder(data, scratch)], out)


def _resume(data: bytes, scratch: Path) -> object:
    with RunWriter.resumed(_folder(data, scratch)) as writer:
        return writer.whole


def _packed(data: bytes, scratch: Path) -> object:
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    unpack(data, out)
    return out


def _mismatch(data: bytes, scratch: Path) -> object:
    _written(scratch, "mismatch.json", data)
    shutil.copy(SEEDS / "arrays" / "arrays.npz", scratch)
    return read_mismatch(scratch, {check.name: check for check in CHECKS})


def _arrays(data: bytes, scratch: Path) -> object:
    _written(scratch, "arrays.npz", data)
    shutil.copy(SEEDS / "mismatch" / "mismatch.json", scratch)
    return read_mismatch(scratch)


def _document(kind: type) -> Callable[[bytes, Path], object]:
    return lambda data, scratch: from_json(kind, data, file="document.json")


def _baseline(data: bytes, scratch: Path) -> object:
    return read_baseline(_written(scratch, "known.toml", data))


def _configuration(data: bytes, scratch: Path) -> object:
    _written(scratch, "pyproject.toml", data)
    with chdir(scratch):
        return parser().parse_args(["check"])


def _failures(data: bytes, scratch: Path) -> object:
    folder = scratch / "failures"
    shutil.rmtree(folder, ignore_errors=True)
    DirectoryBasedExampleDatabase(folder).save(b"torch", data)
    return FailureMemory([str(folder)], "torch").recall()


def _text(read: Callable[[str], object]) -> Callable[[bytes, Path], object]:
    return lambda data, scratch: str(read(data.decode("utf-8", "surrogateescape")))


def _corpus(data: bytes, scratch: Path) -> object:
    path = _written(scratch, "corpus.txt", data)
    return Selection((str(path),), max_products=20_000).cases(dtypes=("float32",), ranks=(1, 2, 3), seed=0)


def _vectors(data: bytes, scratch: Path) -> object:
    """A manifest, and data behind it, which has the digest that the manifest says."""
    files = dict(parts_of(data))
    manifest, raw = files.get("manifest.json", b""), files.get("vectors.bin", b"")
    digest = hashlib.sha256(raw).hexdigest().encode()
    _written(scratch, "manifest.json", manifest.replace(b"DIGEST", digest))
    _written(scratch, "vectors.bin", raw)
    return list(verify(*read_set(scratch)))


def _program_says(data: bytes, scratch: Path) -> object:
    """What a program writes: messages, until its output ends."""
    read, write = os.pipe()
    try:
        os.write(write, data[: 1 << 16])
        os.close(write)
        reader = Reader(read)
        while True:
            header, payload = reader.read(time.monotonic() + 5)
            if header.get("reply") == "array":
                read_array(header, payload)
    except Ended:
        return None
    finally:
        os.close(read)


def _program_introduces_itself(data: bytes, scratch: Path) -> object:
    said = protocol._parse(data)
    with mock.patch.object(executable, "_introduced", return_value=said):
        return bind_object(executable.Executable("/bin/true"), source="exec:/bin/true", name="true")


def _message(data: bytes) -> tuple[dict, list]:
    """What arrives of bytes that a process sent before it died."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        theirs.sendall(data[: 1 << 16])
        theirs.shutdown(socket.SHUT_WR)
        return channel.receive(Patience(5))


def _channel(data: bytes, scratch: Path) -> object:
    header, arrays = _message(data)
    read = company_from_message if header.get("kind") == "CompanyReply" else from_message
    return read(header, arrays)


def _object(data: bytes) -> dict:
    """A header in JSON, which is read so deep by the channel itself."""
    try:
        header = json.loads(data)
    except RecursionError:
        header = None
    if not isinstance(header, dict):
        raise ValueError("is no header")
    return header


def _reply(data: bytes, scratch: Path) -> object:
    """A header by itself, in JSON."""
    header = _object(data)
    read = company_from_message if header.get("kind") == "CompanyReply" else from_message
    return read(header, [])


def _loaded(data: bytes, scratch: Path) -> object:
    return introduction_from(_object(data))


_RECORD = (InvalidRecord,)
_ARGUMENT = (InvalidArgument,)
TARGETS = {
    target.name: target
    for target in (
        Target("records", _records, _RECORD),
        Target("run", _run, _RECORD),
        Target("report", _report, _RECORD),
        Target("merge", _merge, (InvalidRecord, InvalidArgument)),
        Target("resume", _resume, (InvalidRecord, InvalidArgument)),
        Target("packed", _packed, _RECORD),
        Target("campaign", _document(CampaignState), _RECORD),
        Target("run-info", _document(RunInfo), _RECORD),
        Target("finished", _document(Finished), _RECORD),
        Target("summary", _document(Summary), _RECORD),
        Target("identity", _document(IdentityCards), _RECORD),
        Target("certificates", _document(Certificates), _RECORD),
        Target("supported", lambda data, scratch: read_supported(_written(scratch, "s.json", data)), _RECORD),
        Target("mismatch", _mismatch, _RECORD),
        Target("arrays", _arrays, _RECORD),
        Target("baseline", _baseline, _RECORD),
        Target("configuration", _configuration, _RECORD),
        Target("failures", _failures, _RECORD),
        Target("geometry", _text(parse_geometry), _ARGUMENT),
        Target("case", _text(parse_case), _ARGUMENT),
        Target("descriptor", _text(parse_descriptor), _ARGUMENT),
        Target("corpus", _corpus, _ARGUMENT),
        Target("log", _corpus, _ARGUMENT),
        Target("vectors", _vectors, _ARGUMENT),
        Target("program", _program_says, (Misconduct,)),
        Target("introduction", _program_introduces_itself, (CandidateError, Misconduct)),
        Target("channel", _channel, (ConnectionError, ValueError)),
        Target("reply", _reply, (ValueError,)),
        Target("loaded", _loaded, (ConnectionError, CandidateError, ValueError)),
    )
}
"""By name."""
