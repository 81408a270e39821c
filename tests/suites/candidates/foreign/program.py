"""A program that speaks the protocol and returns its input, for `test_executable`; run as ``program.py WAY [FILE]``.

WAY is how it misbehaves when the stride is not 1, or in its answer to the start message.
"""

import json
import os
import signal
import sys
import time

WAY = sys.argv[1]


def read():
    header = json.loads(sys.stdin.buffer.readline() or "null")
    return (header, sys.stdin.buffer.read(header["payload"])) if header else ({"do": "stop"}, b"")


def write(header, payload=b""):
    sys.stdout.buffer.write(json.dumps({"payload": len(payload), **header}).encode() + b"\n" + payload)
    sys.stdout.buffer.flush()


def flood():
    while True:
        os.write(1, b"x" * 65536)


def chatter():
    while True:
        os.write(1, b"{}\n" * 1000)


def last_words():
    os.write(2, b"kernel asked for 17 tiles\n")
    os.kill(os.getpid(), signal.SIGSEGV)


def close_output():
    os.close(1)
    time.sleep(60)


def deaf():
    with open(sys.argv[2], "w") as file:
        file.write(str(os.getpid()))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


def misbehave(header, payload):
    one = {"id": header["id"], "reply": "array", "dtype": "float64", "shape": [1]}
    ways = {
        "segfault": last_words,
        "exit-0": lambda: os._exit(0),
        "exit-3": lambda: os._exit(3),
        "hang": deaf,
        "close-output": close_output,
        "flood": flood,
        "chatter": chatter,
        "garbage": lambda: os.write(1, b"Segmentation fault (not really)\n"),
        "list": lambda: os.write(1, b"[1, 2]\n"),
        "not-utf-8": lambda: os.write(1, b"\xff\xfe\n"),
        "nested": lambda: os.write(1, b"[" * 50000 + b"\n"),
        "long-number": lambda: os.write(1, b'{"payload": ' + b"9" * 10000 + b"}\n"),
        "half": lambda: (os.write(1, b'{"reply": "arr'), os._exit(0)),
        "half-payload": lambda: (write({**one, "payload": 8}, b"1234"), os._exit(0)),
        "huge-payload": lambda: write({**one, "payload": 10**15}),
        "negative-payload": lambda: write({**one, "payload": -8}),
        "true-payload": lambda: write({**one, "payload": True}),
        "short": lambda: write(one, b"1234"),
        "hostile-shape": lambda: write({**one, "shape": [2**62, 2**62]}, b"12345678"),
        "negative-shape": lambda: write({**one, "shape": [-1]}, b"12345678"),
        "no-shape": lambda: write({**one, "shape": "[1]"}, b"12345678"),
        "object": lambda: write({**one, "dtype": "object"}, b"12345678"),
        "no-dtype": lambda: write({**one, "dtype": ["float64"]}, b"12345678"),
        "other-id": lambda: write({**one, "id": 99}, b"12345678"),
        "no-reply": lambda: write({"id": header["id"], "reply": "perhaps"}),
        "unsupported": lambda: write({"id": header["id"], "reply": "unsupported", "reason": "no stride"}),
        "error": lambda: write({"id": header["id"], "reply": "error", "message": "it broke"}),
        "stray": lambda: (write(one, b"12345678"), os.write(1, b"done\n")),
        "echo": lambda: write({"id": header["id"], "reply": "error", "message": json.dumps(header)}),
    }
    ways[WAY]()


HELLO = {"protocol": 1, "name": "program", "version": "3.1", "passes": ["forward", "jvp"]}
HELLOS = {
    "newer": {**HELLO, "protocol": 2},
    "no-version": {"passes": ["forward"]},
    "no-passes": {"protocol": 1},
    "unknown-pass": {**HELLO, "passes": ["forward", "backward"]},
    "unknown-accumulator": {**HELLO, "accumulators": {"float32": "float12"}},
    "unknown-dtype": {**HELLO, "dtypes": ["float32", "int32"]},
    "dtype-text": {**HELLO, "dtypes": "float32"},
    "declaring": {
        **HELLO,
        "accumulators": {"float16": "float32"},
        "multipliers": {"float32": "tfloat32"},
        "results": {"int8": "int8", "float8_e4m3fn": "float8_e4m3fn", "float8_e5m2": "float8_e5m2"},
        "conventions": {"algorithm": "transform", "contamination": "spreads", "subnormals/bfloat16": "flushed"},
        "dtypes": ["int8", "float32"],
        "domain": {"strides": [1, 2], "values": [-127, 127]},
    },
}


def main():
    while True:
        header, payload = read()
        if header["do"] == "stop":
            return
        if header["do"] == "start":
            if WAY == "silent":
                time.sleep(60)
            if WAY == "dies-at-start":
                sys.exit(4)
            if WAY == "talks-at-start":
                os.write(1, b"welcome!\n")
            write(HELLOS.get(WAY, HELLO))
        elif header["geometry"]["stride"] != [1]:
            misbehave(header, payload)
        else:
            shape = header["operands"][0]["shape"]
            size = len(payload) if len(header["operands"]) == 1 else input_size(header, payload)
            write({"id": header["id"], "reply": "array", **header["result"], "shape": shape}, payload[:size])


def input_size(header, payload):
    """Bytes of the first operand: as large a part of the payload as it has of the elements."""
    counts = []
    for operand in header["operands"]:
        count = 1
        for length in operand["shape"]:
            count *= length
        counts.append(count)
    return len(payload) * counts[0] // sum(counts)


main()
