// Checks a convolution written in JavaScript against convoracle's vectors: node verify.js DIR
// No dependencies. What is read here is described in docs/vectors.md.
"use strict";
const fs = require("fs");
const path = require("path");

const READERS = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
};
const SIZES = { float32: 4, float64: 8 };

function readArray(place, view) {
  const count = place.shape.reduce((product, size) => product * size, 1);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = READERS[place.dtype](view, place.offset + i * SIZES[place.dtype]);
  return { shape: place.shape, values };
}

// Every index of an array of this shape, in C order.
function* indices(shape) {
  if (shape.includes(0)) return;
  const index = shape.map(() => 0);
  for (;;) {
    yield index;
    let axis = shape.length - 1;
    while (axis >= 0 && ++index[axis] === shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

const flat = (shape, index) => index.reduce((at, i, axis) => at * shape[axis] + i, 0);

// The convolution under test: O[n, k, p] = b[k] + sum over c, r of X[n, q C_g + c, s p + d r - low] F[k, c, r].
function forward(input, weight, bias, g) {
  const shape = [g.batch, g.out_channels, ...g.output_size];
  const output = new Float64Array(shape.reduce((product, size) => product * size, 1));
  const perGroup = g.in_channels / g.groups;
  for (const o of indices(shape)) {
    const [n, k, ...p] = o;
    const group = Math.floor(k / (g.out_channels / g.groups));
    let sum = bias ? bias.values[k] : 0;
    for (const t of indices([perGroup, ...g.kernel])) {
      const [c, ...r] = t;
      const i = p.map((at, a) => g.stride[a] * at + g.dilation[a] * r[a] - g.padding[a][0]);
      if (i.some((at, a) => at < 0 || at >= g.size[a])) continue;
      const x = flat(input.shape, [n, group * perGroup + c, ...i]);
      sum += input.values[x] * weight.values[flat(weight.shape, [k, c, ...r])];
    }
    output[flat(shape, o)] = sum;
  }
  return output;
}

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node verify.js DIR, a folder with manifest.json");
  process.exit(2);
}
const manifest = JSON.parse(fs.readFileSync(path.join(folder, "manifest.json"), "utf8"));
const raw = fs.readFileSync(path.join(folder, manifest.data.file));
const view = new DataView(raw.buffer, raw.byteOffset, raw.length);

const broken = process.argv[3] === "--broken"; // a stride taken from the wrong axis, to see a failure
let right = 0;
const wrong = [];
for (const group of manifest.groups) {
  const g = group.geometry;
  if (!(group.dtype in READERS) || group.check === "contamination") continue;
  if (g.transposed || g.padding_mode !== "zeros") continue;
  const operand = (name) => group.operands[name] && readArray(group.operands[name], view);
  const given = broken ? { ...g, stride: [...g.stride].reverse() } : g;
  for (const vector of group.vectors) {
    if (vector.pass !== "forward" || vector.allowed) continue;
    const actual = forward(operand("input"), operand("weight"), operand("bias"), given);
    const expected = readArray(vector.expected, view).values;
    // Of integers, small enough that every sum is exact, there is no bound: the result must be equal.
    const bound = vector.bound ? readArray(vector.bound, view).values : expected.map(() => 0);
    if (expected.every((value, i) => Math.abs(actual[i] - value) <= bound[i])) right++;
    else wrong.push(`${vector.id} (${group.text}; ${vector.flags.join(", ")}): ${group.comment}`);
  }
}
for (const line of wrong) console.log(`wrong: ${line}`);
console.log(`${right} right, ${wrong.length} wrong`);
process.exit(wrong.length || !right ? 1 : 0);
