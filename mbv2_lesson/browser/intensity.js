// The explorer of arithmetic intensity: MACs per byte moved, under the roofs of a machine.

import { planNumbers, standardConv } from "./counting.js";
import { WIDTH, color, fill, label, line, picture, polygon, rectangle, stroke } from "./drawing.js";
import { percent, significant, times, whole } from "./format.js";

export const words = {
  title: "MACs per byte, and what a machine can do with them",
  try: "When is a depthwise layer limited by arithmetic? When is a pointwise layer limited by memory?",
  headline: (intensity) => `${significant(intensity)} MACs per byte`,
  layer: ({ kind, channels, size }, [{ kernel_size }]) =>
    `${kind} ${times([kernel_size, kernel_size])}, ${whole(channels)} channels of ${times([size, size])}`,
  sentence: (layer, ceilings, reach) => `The layer: ${layer}. With ${ceilings}, ${words.limit(reach)}.`,
  ceilings: (machine) =>
    machine ? `the stored ceilings (${machine.processor}, ${machine.threads} threads)` : "the ceilings measured here",
  limit: (reach) =>
    reach === 1 ? "arithmetic is the limit" : `memory allows ${percent(reach)} of what arithmetic could do`,
  head: (batch) => ["", "1 image", `${batch} at a time`],
  rows: ["params", "MACs", "FLOPs = 2 × MACs", "bytes moved, at least", "MACs per byte"],
  across: "MACs per byte moved",
  up: "billion MACs per second",
  roof: (macs) => `arithmetic: ${significant(macs / 1e9)} billion MACs per second`,
  memory: "memory",
  cache: "cache",
  hollow: "hollow: fresh memory",
  alt: (layer, intensity, reach, roof, kinds) =>
    "Roofline: attainable MACs per second against MACs per byte moved, both axes logarithmic. Marked: " +
    `${layer}, ${significant(intensity)} MACs per byte, at most ${percent(reach)} of the ceiling (${roof}). ` +
    `Timed layers: ${kinds.join("; ")}.`,
  altKind: (kind, [low, high], [slow, fast]) =>
    `${kind} ${significant(low)} to ${significant(high)} MACs per byte, ` +
    `${percent(slow, 0)} to ${percent(fast, 0)} of the ceiling`,
};

export function count({ kind, channels, kernel_size, size, batch }, { ceilings, bytes_per_element }) {
  const plan = standardConv({
    in_channels: channels,
    out_channels: channels,
    kernel_size: kind === "pointwise" ? 1 : kernel_size,
    groups: kind === "depthwise" ? channels : 1,
    size,
  });
  const elements = batch * (channels * size ** 2 + plan.activations) + plan.weights;
  const bytes = bytes_per_element * elements;
  const intensity = (batch * plan.macs) / bytes;
  return { plan, bytes, intensity, reach: Math.min(1, (ceilings.memory * intensity) / ceilings.macs) };
}

// The digits of a count for all images, which can pass 2^53, the limit up to which JavaScript's numbers are exact.
const ofAll = (batch, number) => String(BigInt(batch) * BigInt(number));

export function numbers(settings, data) {
  const { plan, bytes } = count(settings, data);
  return { ...planNumbers(plan), "MACs of all images": ofAll(settings.batch, plan.macs), "bytes moved": bytes };
}

export function describe(settings, data) {
  const { plan, intensity, reach } = count(settings, data);
  const layer = words.layer(settings, plan.steps);
  const [first, second] = [1, settings.batch].map((batch) => {
    const { bytes, intensity: perByte } = count({ ...settings, batch }, data);
    const [macs, flops] = [plan.macs, plan.flops].map((number) => whole(ofAll(batch, number)));
    return [whole(plan.params), macs, flops, whole(bytes), significant(perByte)];
  });
  return {
    headline: words.headline(intensity),
    sentence: words.sentence(layer, words.ceilings(data.machine), reach),
    table: {
      head: words.head(settings.batch),
      rows: words.rows.map((name, row) => [name, first[row], second[row]]),
    },
    alt: words.alt(layer, intensity, reach, words.roof(data.ceilings.macs), data.options.kind.flatMap(altKind(data))),
  };
}

const altKind =
  ({ points, ceilings }) =>
  (kind) => {
    const chosen = points.filter(isOf(kind));
    if (!chosen.length) return [];
    const range = (values) => [Math.min(...values), Math.max(...values)];
    const shares = chosen.map(({ rate }) => rate / ceilings.macs);
    return [words.altKind(kind, range(chosen.map(({ intensity }) => intensity)), range(shares))];
  };

const isOf = (kind) => (point) => point.kind === kind;

// --- The picture: both axes are logarithmic. ---

const [LEFT, RIGHT, TOP, BOTTOM] = [46, WIDTH - 8, 24, 196];
const [LOW, HIGH] = [0.05, 5e4]; // MACs per byte; every setting lies between
const HALO = { stroke: color("background"), "stroke-width": 3, "paint-order": "stroke" }; // over a line
const circle = (x, y, radius) => {
  const turns = Array.from({ length: 24 }, (_, n) => (n * Math.PI) / 12);
  return polygon(...turns.map((turn) => [x + radius * Math.cos(turn), y + radius * Math.sin(turn)]));
};
const MARKERS = {
  standard: (x, y) => circle(x, y, 5),
  depthwise: (x, y) => rectangle(x - 4.5, y - 4.5, 9, 9),
  pointwise: (x, y) => polygon([x - 5.5, y + 4.5], [x + 5.5, y + 4.5], [x, y - 5.5]),
};

export function draw(settings, data) {
  const { intensity, reach } = count(settings, data);
  const { ceilings, points } = data;
  const slowest = Math.min(ceilings.memory * LOW, ceilings.cache * LOW, ...points.map(({ rate }) => rate)) / 1.6;
  const fastest = 2.2 * ceilings.macs;
  const scale = (value, low, high) => Math.log(value / low) / Math.log(high / low);
  const x = (perByte) => LEFT + (RIGHT - LEFT) * scale(perByte, LOW, HIGH);
  const y = (rate) => BOTTOM - (BOTTOM - TOP) * scale(rate, slowest, fastest);
  const roof = (slope) =>
    line([x(LOW), y(slope * LOW)], [x(ceilings.macs / slope), y(ceilings.macs)], [x(HIGH), y(ceilings.macs)]);
  const across = [0.1, 1, 10, 100, 1e3, 1e4];
  const up = [0.1, 1, 10, 100, 1e3, 1e4].filter((tick) => tick * 1e9 >= slowest && tick * 1e9 <= fastest);
  const grid = [
    ...across.map((tick) => line([x(tick), BOTTOM], [x(tick), TOP])),
    ...up.map((tick) => line([LEFT, y(tick * 1e9)], [RIGHT, y(tick * 1e9)])),
  ];
  const here = x(intensity);
  return picture(
    BOTTOM + 52,
    stroke(grid.join(""), "faint", 0.4),
    stroke(line([LEFT, TOP], [LEFT, BOTTOM], [RIGHT, BOTTOM]), "faint"),
    ...across.map((tick) => label(x(tick), BOTTOM + 14, whole(tick))),
    ...up.map((tick) => label(LEFT - 5, y(tick * 1e9) + 4, whole(tick), { anchor: "end" })),
    label((LEFT + RIGHT) / 2, BOTTOM + 30, words.across),
    label(LEFT - 30, TOP - 10, words.up, { anchor: "start" }),
    stroke(line([here, BOTTOM], [here, TOP]), "mark", 2, { "stroke-dasharray": "8 3 2 3" }),
    stroke(roof(ceilings.cache), "text", 1.2, { "stroke-dasharray": "5 4" }),
    stroke(roof(ceilings.memory), "text", 2.2),
    label(RIGHT, y(ceilings.macs) - 6, words.roof(ceilings.macs), { anchor: "end", ...HALO }),
    label(x(0.1) + 8, y(ceilings.memory * 0.1) + 12, words.memory, { anchor: "start", ...HALO }),
    label(x(0.2) - 6, y(ceilings.cache * 0.2) - 4, words.cache, { anchor: "end", ...HALO }),
    ...data.options.kind.flatMap((kind) => drawPoints(points.filter(isOf(kind)), kind, x, y)),
    stroke(circle(here, y(reach * ceilings.macs), 7), "mark", 2.5),
    ...legend(data, BOTTOM + 48),
  );
}

// Filled, or hollow where a call wrote to memory that the system had to hand out first.
function drawPoints(points, kind, x, y) {
  const shapes = (fresh) =>
    points
      .filter((point) => point.fresh_memory === fresh)
      .map(({ intensity, rate }) => MARKERS[kind](x(intensity), y(rate)))
      .join("");
  return [fill(shapes(false), kind, { stroke: "var(--mbv2-ink)" }), stroke(shapes(true), kind, 2)];
}

function legend({ points, options }, y) {
  let x = LEFT - 30;
  const kinds = options.kind.flatMap((kind) => {
    const left = x;
    x += 26 + 6.2 * kind.length;
    const marker = fill(MARKERS[kind](left + 6, y - 4), kind, { stroke: "var(--mbv2-ink)" });
    return [marker, label(left + 15, y, kind, { anchor: "start" })];
  });
  const hollow = points.some((point) => point.fresh_memory);
  return [...kinds, ...(hollow ? [label(x, y, words.hollow, { anchor: "start" })] : [])];
}
