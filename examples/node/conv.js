// A plain convolution as a program that convoracle asks over standard input and output, in JavaScript without
// dependencies: forward and its three gradients, any number of spatial axes, float32, float64 and int8.
//
//     convoracle check "exec:node conv.js"
//
// `node conv.js kernel-rotated` has a fault in its input gradient, for convoracle to find.
"use strict";

const fs = require("node:fs");

const VERSION = 1;
const ARRAYS = { float64: Float64Array, float32: Float32Array, int8: Int8Array, int32: Int32Array };
const FAULT = process.argv[2];

// ---- Messages: a line of JSON, and after it header.payload raw bytes.

let pending = Buffer.alloc(0);

function receive() {
  const piece = Buffer.alloc(1 << 16);
  const count = fs.readSync(0, piece, 0, piece.length, null);
  if (count === 0) process.exit(0);
  pending = Buffer.concat([pending, piece.subarray(0, count)]);
}

function take(size) {
  while (pending.length < size) receive();
  const taken = pending.subarray(0, size);
  pending = pending.subarray(size);
  return taken;
}

function readMessage() {
  let end;
  while ((end = pending.indexOf("\n")) < 0) receive();
  const header = JSON.parse(take(end + 1).toString());
  return { header, payload: take(header.payload) };
}

function writeMessage(header, payload = Buffer.alloc(0)) {
  const line = Buffer.from(JSON.stringify({ ...header, payload: payload.length }) + "\n");
  const message = Buffer.concat([line, payload]);
  for (let sent = 0; sent < message.length; ) sent += fs.writeSync(1, message, sent);
}

// ---- Arrays: an object of shape, dtype and values, row by row.

function product(numbers) {
  return numbers.reduce((left, right) => left * right, 1);
}

function readOperands(header, payload) {
  const operands = {};
  let offset = 0;
  for (const { name, dtype, shape } of header.operands) {
    const size = product(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    const bytes = Uint8Array.from(payload.subarray(offset, offset + size));
    operands[name] = { shape, values: new ARRAYS[dtype](bytes.buffer) };
    offset += size;
  }
  return operands;
}

// The number of an element, row by row.
function position(shape, index) {
  let number = 0;
  for (let axis = 0; axis < shape.length; axis++) number = number * shape[axis] + index[axis];
  return number;
}

// Every index of an array of this shape.
function* indices(shape) {
  if (product(shape) === 0) return;
  const index = shape.map(() => 0);
  for (;;) {
    yield index;
    let axis = shape.length - 1;
    while (axis >= 0 && ++index[axis] === shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

// ---- The convolution: every product input * weight of every output element.

function* products(g, shapes) {
  const rank = g.size.length;
  const inputsPerGroup = g.in_channels / g.groups;
  const outputsPerGroup = g.out_channels / g.groups;
  for (const counters of indices([g.batch, g.out_channels, inputsPerGroup, ...g.output_size, ...g.kernel])) {
    const [n, k, c] = counters;
    const output = counters.slice(3, 3 + rank);
    const tap = counters.slice(3 + rank);
    const source = output.map((p, axis) => p * g.stride[axis] + tap[axis] * g.dilation[axis] - g.pad_low[axis]);
    if (source.some((coordinate, axis) => coordinate < 0 || coordinate >= g.size[axis])) continue;
    const group = Math.floor(k / outputsPerGroup);
    yield {
      output: position(shapes.output, [n, k, ...output]),
      input: position(shapes.input, [n, group * inputsPerGroup + c, ...source]),
      weight: position(shapes.weight, [k, c, ...tap]),
      rotated: position(shapes.weight, [k, c, ...tap.map((r, axis) => g.kernel[axis] - 1 - r)]),
    };
  }
}

function forward(g, { input, weight, bias }, totals, shapes) {
  const perChannel = product(g.output_size);
  if (bias) totals.forEach((_, at) => (totals[at] = bias.values[Math.floor(at / perChannel) % g.out_channels]));
  for (const at of products(g, shapes)) totals[at.output] += input.values[at.input] * weight.values[at.weight];
}

function inputGradient(g, { output_gradient, weight }, totals, shapes) {
  const tap = FAULT === "kernel-rotated" ? "rotated" : "weight";
  for (const at of products(g, shapes)) {
    totals[at.input] += output_gradient.values[at.output] * weight.values[at[tap]];
  }
}

function weightGradient(g, { output_gradient, input }, totals, shapes) {
  for (const at of products(g, shapes)) {
    totals[at.weight] += output_gradient.values[at.output] * input.values[at.input];
  }
}

function biasGradient(g, { output_gradient }, totals) {
  const perChannel = product(g.output_size);
  output_gradient.values.forEach((value, at) => (totals[Math.floor(at / perChannel) % g.out_channels] += value));
}

const PASSES = {
  forward,
  input_gradient: inputGradient,
  weight_gradient: weightGradient,
  bias_gradient: biasGradient,
};

// ---- Answers.

function limitation({ geometry, operands, result }) {
  if (geometry.transposed) return "transposed convolutions are not implemented";
  if (geometry.padding_mode !== "zeros") return "only padding with zeros is implemented";
  const unknown = [...operands, result].find(({ dtype }) => !(dtype in ARRAYS));
  return unknown && `${unknown.dtype} is not implemented`;
}

// Refuse a call that is illegal; the loop below turns what is thrown into a reply.
function check(g, operands, shapes) {
  for (const name of ["stride", "dilation", "kernel"]) {
    if (g[name].some((value) => value < 1)) throw new Error(`${name} should be at least 1, but is ${g[name]}`);
  }
  if ([...g.pad_low, ...g.pad_high].some((value) => value < 0)) throw new Error("padding should be at least 0");
  if (g.groups < 1 || g.in_channels % g.groups || g.out_channels % g.groups) {
    throw new Error(`groups should divide the channels, but is ${g.groups}`);
  }
  for (const { name, dtype, shape } of operands) {
    const right = shapes[name === "output_gradient" ? "output" : name];
    if (String(shape) !== String(right)) throw new Error(`${name} has shape ${shape}, but should have ${right}`);
    if (dtype !== operands[0].dtype) throw new Error(`${name} is of ${dtype}, not of ${operands[0].dtype}`);
  }
}

function answer(header, payload) {
  const reason = limitation(header);
  if (reason) return writeMessage({ id: header.id, reply: "unsupported", reason });
  const { geometry: g, result } = header;
  const shapes = {
    input: [g.batch, g.in_channels, ...g.size],
    weight: [g.out_channels, g.in_channels / g.groups, ...g.kernel],
    bias: [g.out_channels],
    output: [g.batch, g.out_channels, ...g.output_size],
  };
  check(g, header.operands, shapes);
  const totals = new Float64Array(product(result.shape));
  PASSES[header.pass](g, readOperands(header, payload), totals, shapes);
  const values = Buffer.from(ARRAYS[result.dtype].from(totals).buffer);
  return writeMessage({ id: header.id, reply: "array", ...result }, values);
}

function start() {
  writeMessage({
    protocol: VERSION,
    name: "plain JavaScript", version: "1.0",
    passes: Object.keys(PASSES),
    accumulators: { float32: "float64" },
    dtypes: ["float32", "float64", "int8"],
  });
}

for (;;) {
  const { header, payload } = readMessage();
  if (header.do === "start") start();
  else if (header.do === "stop") process.exit(0);
  else {
    try {
      answer(header, payload);
    } catch (error) {
      writeMessage({ id: header.id, reply: "error", message: String(error) });
    }
  }
}
