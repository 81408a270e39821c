#!/bin/sh
# What there is to know of one GPU, in at most eight minutes and without a network: results.json in OUT.
#
#   run.sh WHEELHOUSE OUT [PYTHON [OPTION ...]]
#
# WHEELHOUSE has the wheel of convoracle and what it needs; docs/how-to/gpu.md has the commands that make it. PYTHON
# (python3) has PyTorch and, where they are to be asked, Triton, CuPy and JAX, and stays as it is. Options are those of
# parts.py. DEVICE=cpu runs what needs no GPU.
set -eu
if [ $# -lt 2 ] || [ ! -d "$1" ]; then
    echo "usage: run.sh WHEELHOUSE OUT [PYTHON], where WHEELHOUSE is a folder of wheels" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
wheels=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
python=${1:-python3}
[ $# -eq 0 ] || shift
"$python" -m venv "$out/venv"
own=$("$out/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$python" -c 'import sys; print(*(path for path in sys.path if "-packages" in path), sep="\n")' >"$own/of_python.pth"
for options in "" "--force-reinstall --no-deps"; do # what is missing, and then convoracle of the wheel in any case
    "$out/venv/bin/python" -m pip install --quiet --no-index --find-links "$wheels" $options convoracle
done
exec timeout 450 "$out/venv/bin/python" "$here/parts.py" --device "${DEVICE:-cuda}" --out "$out" "$@"
