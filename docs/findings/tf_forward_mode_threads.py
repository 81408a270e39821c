"""TensorFlow: forward mode of a convolution in several threads at once fails, or ends the process by SIGSEGV.

n1c1k1i2f2 to n1c1k1i40f2: 1 image, 1 channel in and out, inputs of 2 to 40, kernel of 2; float32.
Exits 1 where a thread fails, 0 where none does; where the defect shows otherwise, it dies by SIGSEGV before that.
"""

import sys
import threading

import tensorflow as tf

LENGTHS, TURNS, THREADS = range(2, 41), 1000, 4


def jvp(x, w):
    with tf.autodiff.ForwardAccumulator([x, w], [x, w]) as accumulator:
        output = tf.nn.conv1d(x, w, 1, "VALID")
    return accumulator.jvp(output).numpy().ravel().tolist()


calls = [(tf.ones((1, length, 1)), tf.ones((2, 1, 1))) for length in LENGTHS]
expected = [[4.0] * (length - 1) for length in LENGTHS]
alone = [jvp(*call) for call in calls]
print("dO = X dF + dX F, 4 everywhere, in one thread:", "right" if alone == expected else "wrong")
wrong = []


def work():
    for turn in range(TURNS):
        number = turn % len(calls)
        try:
            got = jvp(*calls[number])
        except (KeyError, RuntimeError) as error:
            wrong.append(f"{type(error).__name__} in {calls[number][0].shape[1]} elements")
            return
        if got != expected[number]:
            wrong.append(got)


sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=work) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"the same in {THREADS} threads: expected nothing else, got", wrong or "nothing else")
sys.exit(bool(wrong))
