"""Logs of calls as corpora: lines that oneDNN and MIOpen print, of several versions, and what is wrong in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.cases.corpora import Entry, load_corpus, read_corpus
from convoracle.suites.cases.corpora.selection import Selection
from convoracle.suites.command.cli import main

V3 = (
    "onednn_verbose,v1,primitive,exec,cpu,convolution,x64:gemm:jit,forward_training,src:f32:a:blocked:abcd::f0 "
    "wei:f32:a:blocked:abcde::f0 bia:undef::undef::: dst:f32:a:blocked:abcd::f0,attr-scratchpad:user,"
    "alg:convolution_direct,g2mb2_ic4oc6_ih9oh5kh3sh2dh0ph1_iw9ow5kw3sw2dw0pw1,25.821"
)
V3_TIMED = V3.replace("v1,", "v1,1693533460193.346924,")
V2 = (
    "onednn_verbose,exec,cpu,convolution,jit:avx2,forward_training,src_f32::blocked:abcd:f0 wei_f32::blocked:Acdb8a:f0 "
    "bia_f32::blocked:a:f0 dst_f32::blocked:aBcd8b:f0,,alg:convolution_direct,"
    "mb1_ic3oc64_ih224oh112kh7sh2dh0ph3_iw224ow112kw7sw2dw0pw3,0.5"
)
V1 = (
    "dnnl_verbose,exec,cpu,convolution,jit:avx2,forward_inference,src_f32::blocked:abcd:f0 wei_f32::blocked:Abcd8a:f0 "
    "dst_f32::blocked:aBcd8b:f0,alg:convolution_direct,mb2_ic16oc16_ih7oh7kh5sh1dh0ph2_iw7ow7kw5sw1dw0pw2,0.0229492"
)
DECONVOLUTION = (
    "onednn_verbose,v1,primitive,exec,cpu,deconvolution,conv:any+brgconv_strided:avx512_core,forward_training,"
    "src:f32:a:blocked:acdb::f0 wei:f32:ap:blocked:Acdb16a::f0 bia:undef::undef::: dst:f32:a:blocked:acdb::f0,"
    "attr-scratchpad:user,alg:deconvolution_direct,mb2_ic4oc6_ih9oh20kh3sh2dh0ph0_iw8ow17kw2sw2dw0pw0,0.0341797"
)
REORDER = (
    "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,src:f32::blocked:abcd::f0 dst:f32::blocked:acdb::f0,"
    "attr-scratchpad:user,,2x4x9x8,0.000976562"
)
LOGGED = (
    "MIOpen(HIP): Command [LogCmdConvolution] ./bin/MIOpenDriver conv -n 128 -c 3 -H 32 -W 32 -k 64 -y 3 -x 3 "
    "-p 1 -q 1 -u 1 -v 1 -l 1 -j 1 -m conv -g 1 -F 1 -t 1"
)
DEPTHWISE = (
    "./MIOpenDriver convfp16 -n 128 -c 1344 -H 14 -W 14 -k 1344 -y 5 -x 5 -p 2 -q 2 -u 1 -v 1 -l 1 -j 1 -m conv "
    "-g 1344 -F 2 -t 1"
)
VOLUME = (
    "MIOpenDriver convfp16 -n 1 -c 16 --in_d 5 -H 104 -W 60 -k 16 --fil_d 1 -y 1 -x 1 --pad_d 0 -p 0 -q 0 "
    "--conv_stride_d 1 -u 1 -v 1 --dilation_d 1 -l 1 -j 1 --spatial_dim 3 --in_layout NDHWC --fil_layout NDHWC "
    "--out_layout NDHWC -m conv -g 1 -F 1 -t 1 -i 1 > failure.log 2>&1"
)


@pytest.mark.parametrize(
    ("line", "geometry"),
    [
        (V3, "n2c4k6i9x9f3x3s2x2p1x1g2"),
        (V3_TIMED, "n2c4k6i9x9f3x3s2x2p1x1g2"),
        (V2, "n1c3k64i224x224f7x7s2x2p3x3"),
        (V1, "n2c16k16i7x7f5x5p2x2"),
        (DECONVOLUTION, "n2c4k6i9x8f3x2s2x2to1x1"),
        (LOGGED, "n128c3k64i32x32f3x3p1x1"),
        (DEPTHWISE, "n128c1344k1344i14x14f5x5p2x2g1344"),
        (VOLUME, "n1c16k16i5x104x60f1x1x1"),
        ("MIOpenDriver convbfp16", "n100c3k32i32x32f3x3"),
        ("MIOpenDriver conv -n 2 -c 8 -k 4 -H 5 -W 5 -u 2 -m trans -Y 1 -g 2 | tail", "n2c8k4i5x5f3x3s2x1g2to1x0"),
        ("MIOpenDriver conv -n 2 -z same -H 9 -W 8 --conv_stride_h=2 -in_layout=NHWC", "n2c3k32i9x8f3x3s2x1p1x1"),
        ("MIOpenDriver conv -n 2 -z valid -p 1", "n2c3k32i32x32f3x3"),
        ("MIOpenDriver conv -_ 3 -'!' 4 '-@' 2 '-#' 3 -'$' 1 -'^' 2", "n100c3k32i4x32x32f2x3x3s3x1x1p1x0x0d2x1x1"),
    ],
)
def test_a_call_is_the_convolution_that_it_says(line: str, geometry: str) -> None:
    (entry,) = load_corpus(line)
    assert entry.geometry == parse_geometry(geometry)


@pytest.mark.parametrize(
    ("line", "dtype"),
    [
        (V3, "float32"),
        (V1, "float32"),
        (V2.replace("src_f32", "src_bf16"), "bfloat16"),
        (V3.replace("src:f32", "src:f16:p").replace("forward_training", "backward_weights"), "float16"),
        (V3.replace("src:f32", "diff_src:bf16").replace("forward_training", "backward_data"), "bfloat16"),
        (V1.replace("src_f32", "src_s8"), "int8"),
        (V1.replace("src_f32", "src_u8"), ""),
        (LOGGED, "float32"),
        (DEPTHWISE, "float16"),
        ("MIOpenDriver convbfp16", "bfloat16"),
        ("MIOpenDriver convint8", "int8"),
        ("MIOpenDriver convfp8", ""),
        ("mb1_ic3oc8_ih9oh7kh3", ""),
    ],
)
def test_a_call_is_in_the_dtype_of_its_input(line: str, dtype: str) -> None:
    (entry,) = load_corpus(line)
    assert entry.dtype == dtype
    (own,) = Selection((line,)).cases(ranks=(2, 3), seed=0)
    assert own.case.dtype == (dtype or "float32")
    (chosen,) = Selection((line,)).cases(ranks=(2, 3), seed=0, dtypes=("float64",))
    assert chosen.case.dtype == "float64"


def test_a_call_in_two_dtypes_is_two(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("\n".join((V3, V3.replace("src:f32", "src:bf16"), V3_TIMED)))
    cases = Selection((str(tmp_path / "log.txt"),)).cases(ranks=(2,), seed=0)
    assert [(each.case.dtype, each.provenance.entry) for each in cases] == [
        ("float32", f"{tmp_path}/log.txt:1"),
        ("bfloat16", f"{tmp_path}/log.txt:2"),
    ]


def test_other_lines_of_a_log_are_skipped_and_counted(tmp_path: Path) -> None:
    pool = "./bin/MIOpenDriver pool -n 1 -c 3"
    info = "onednn_verbose,v1,info,cpu,runtime:OpenMP,nthr:1"
    created = V3.replace(",exec,", ",create:cache_miss,")
    text = "\n".join(("epoch 1", info, REORDER, "", created, V3, pool, V2, V3.replace("forward", "backward"), LOGGED))
    (tmp_path / "log.txt").write_text(text)
    log = read_corpus(str(tmp_path / "log.txt"))
    assert log.skipped == 5
    assert [(entry.name, entry.count, entry.note) for entry in log.entries] == [
        ("6", 2, "forward_training"),
        ("8", 1, "forward_training"),
        ("10", 1, "conv"),
    ]
    (told,) = Selection((str(tmp_path / "log.txt"), "resnet50")).skipped()
    assert told == f"{tmp_path}/log.txt: 5 lines are no convolution, and skipped"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (V3[:150], r"should end with a descriptor, such as mb1_ic3oc8_ih9oh7kh3, and a time \[.*log.txt:2\]"),
        (V3.replace("kh3", "kh0"), r"kh=0, but should be at least 1.*log.txt:2\]"),
        (V3.replace("mb2", "mb-1"), r"should have an entry such as ic3 at column 3.*log.txt:2\]"),
        ("MIOpenDriver conv -n", r"flag='-n', but should be followed by a value \[.*log.txt:2\]"),
        ("MIOpenDriver conv -n x", r"--batchsize='x', but should be an integer of at least 1 \[.*log.txt:2\]"),
        ("MIOpenDriver conv --batch 3", r"flag='--batch', but should be a flag of the driver's conv, such as -n"),
        ("MIOpenDriver conv 3", r"flag='3', but should be a flag"),
        ("MIOpenDriver conv -_ 1", "--spatial_dim=1, but should be 2 or 3"),
        ("MIOpenDriver conv -_ x", "--spatial_dim='x', but should be an integer"),
        ("MIOpenDriver conv -m cross", "--mode='cross', but should be one of conv, trans"),
        ("MIOpenDriver conv -g 2", "groups=2"),
        ("MIOpenDriver conv -y 33 -n 1", "should have some output"),
        ("MIOpenDriver conv -n '1", "should be a command: No closing quotation"),
    ],
)
def test_a_call_that_cannot_be_read_is_told_with_its_place(line: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(f"{REORDER}\n{line}\n")
    with pytest.raises(InvalidArgument, match=told):
        load_corpus(str(tmp_path / "log.txt"))


def test_a_log_without_convolutions_is_none(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(f"{REORDER}\n\n")
    with pytest.raises(InvalidArgument, match="at least one call of a convolution among its 1 lines"):
        load_corpus(str(tmp_path / "log.txt"))


def test_a_descriptor_by_itself_is_a_corpus() -> None:
    assert load_corpus("--deconv mb1ic1oc1iw3kw2") == (Entry("", ConvGeometry.of(size=3, kernel=2, transposed=True)),)
    with pytest.raises(InvalidArgument, match="corpus:1"):
        load_corpus("mb1ic1oc1")


def test_what_this_pytorch_logs_is_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    call = "torch.nn.functional.conv2d(torch.ones(2, 8, 9, 7), torch.ones(6, 4, 3, 3), padding=1, groups=2)"
    environment = os.environ | {"ONEDNN_VERBOSE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", f"import torch; {call}"], env=environment, capture_output=True, text=True, check=True
    )
    (tmp_path / "log.txt").write_text(ran.stdout)
    if "exec,cpu,convolution" not in ran.stdout:
        pytest.skip("this PyTorch does not call oneDNN here")
    assert main(["certify", "reference", "--corpus", f"{tmp_path}/log.txt", "--passes", "forward"]) == 0
    out = capsys.readouterr().out
    assert "lines are no convolution, and skipped" in out
    assert "756 elements are right" in out


def test_check_reads_a_log_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.txt").write_text(f"start\n{V1}\n")
    command = ["check", "reference", "--corpus", f"{tmp_path}/log.txt", "--out", f"{tmp_path}/report", "--batch", "1"]
    memory = ["--memory", f"{tmp_path}/memory", "--max-products", "20000"]
    assert main([*command, *memory, "--passes", "forward"]) == 0
    assert "log.txt: 1 line is no convolution, and skipped" in capsys.readouterr().out
