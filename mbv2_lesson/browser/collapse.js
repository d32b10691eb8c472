// The explorer of ReLU on few channels: a spiral through n units, and what the best linear layer recovers of it.

import { WIDTH, label, line, picture, stroke } from "./drawing.js";
import { ratio } from "./format.js";

export const words = {
  title: "A spiral through an activation",
  try: "How many units does it take to recover almost the whole spiral? Try several matrices.",
  head: ["with this matrix", "read-out error", "fewer than two active units"],
  percent: (share, digits) => `${ratio(100 * share, digits)}%`,
  headline: (error) => `Read-out error ${ratio(error)}`,
  sentence: ({ dimensions, activation }, lost, chance) =>
    `With n = ${dimensions} and ${words.activation(activation)}, ${words.percent(lost, 1)} of the points have fewer ` +
    "than two active units" +
    (activation === "ReLU" ? ` (Theorem 1: ${words.percent(chance, 2)} on average).` : "."),
  activation: (name) => (name === "none" ? "no activation" : name),
  before: "the curve",
  after: ({ dimensions, activation }) => `read from n = ${dimensions}, ${words.activation(activation)}`,
  start: "start",
  lost: "fewer than two active units",
  kept: "two or more, fainter along the curve",
  alt: ({ dimensions, activation }, error, lost) =>
    `Left: a spiral of points. Right: what the best linear layer recovers of it from ${dimensions} units, with ` +
    `${words.activation(activation)}: read-out error ${ratio(error)}. Crosses mark the ${words.percent(lost, 1)} of ` +
    `the points that have fewer than two active units.`,
};

const LIMITS = { none: [-Infinity, Infinity], ReLU: [0, Infinity], ReLU6: [0, 6] };

// What Python concluded with this matrix, by activation: the read-out error and the share of points that are lost.
function concluded({ dimensions, seed }, { errors, lost, spiral, options }) {
  const index = dimensions - options.dimensions[0];
  const found = (name) => ({ error: errors[name][seed][index], lost: lost[name][seed][index] / spiral.length });
  return Object.fromEntries(options.activation.map((name) => [name, found(name)]));
}

// Also which points have fewer than two active units, and where the best linear layer with a bias puts each point.
export function count(settings, data) {
  const { dimensions, seed, activation } = settings;
  const { spiral, matrices } = data;
  const [low, high] = LIMITS[activation];
  const inside = matrices[seed].slice(0, dimensions).map(([a, b]) => spiral.map(([x, y]) => a * x + b * y));
  const active = spiral.map((_, point) => inside.filter((unit) => unit[point] > low && unit[point] < high).length);
  const units = inside.map((unit) => unit.map((value) => Math.min(Math.max(value, low), high)));
  const basis = orthonormal([spiral.map(() => 1), ...units]);
  const missed = [0, 1].map((axis) =>
    besides(
      Array.from(spiral, (point) => point[axis]),
      basis,
    ),
  );
  const found = concluded(settings, data);
  return {
    concluded: found,
    error: found[activation].error,
    lost: active.map((number) => number < 2),
    readOut: spiral.map((point, index) => point.map((value, axis) => value - missed[axis][index])),
  };
}

function dot(a, b) {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
}

// The part of a column that lies outside the span of the basis.
function besides(column, basis) {
  const rest = [...column];
  for (const unit of basis) {
    const share = dot(rest, unit);
    for (let index = 0; index < rest.length; index++) rest[index] -= share * unit[index];
  }
  return rest;
}

// Gram-Schmidt: orthonormal columns that span the same space; a column that adds nothing is left out.
function orthonormal(columns) {
  const basis = [];
  for (const column of columns) {
    const rest = besides(besides(column, basis), basis); // the second time to remove what rounding left
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-9 * Math.sqrt(dot(column, column))) basis.push(rest.map((value) => value / length));
  }
  return basis;
}

export const numbers = (settings, data) => ({
  "points with fewer than two active units": count(settings, data).lost.filter(Boolean).length,
});

export function describe(settings, data) {
  const found = concluded(settings, data);
  const { error, lost } = found[settings.activation];
  const rows = Object.entries(found).map(([name, each]) => [name, ratio(each.error), words.percent(each.lost, 1)]);
  return {
    headline: words.headline(error),
    sentence: words.sentence(settings, lost, data.chance[settings.dimensions - data.options.dimensions[0]]),
    table: { head: words.head, rows },
    alt: words.alt(settings, error, lost),
  };
}

const SIDE = 214; // the width of both panels
const EXTENT = { x: [-5.3, 3.5], y: [-5.9, 4.2] }; // a read-out may reach beyond the curve
const SCALE = SIDE / (EXTENT.x[1] - EXTENT.x[0]);
const BOTTOM = 22 + SCALE * (EXTENT.y[1] - EXTENT.y[0]);
const SHADES = 5;

export function draw(settings, data) {
  const { lost, readOut } = count(settings, data);
  return picture(
    BOTTOM + 36,
    ...panel(2, words.before, data.spiral, lost),
    ...panel(WIDTH - SIDE - 2, words.after(settings), readOut, lost),
    ...legend(BOTTOM + 8),
  );
}

const cross = ([x, y]) => line([x - 3.5, y - 3.5], [x + 3.5, y + 3.5]) + line([x - 3.5, y + 3.5], [x + 3.5, y - 3.5]);
const dots = (points, shade) => {
  const strength = { "stroke-linecap": "round", "stroke-opacity": ratio(1 - (0.65 * shade) / (SHADES - 1), 2) };
  return stroke(points.map(([x, y]) => `M${ratio(x, 1)} ${ratio(y, 1)}h0`).join(""), "text", 5, strength);
};
const crosses = (points) => stroke(points.map(cross).join(""), "mark", 1.6, { class: "lost" });

// The points fade from the start of the curve to its end; lost points are crosses.
function panel(left, title, points, lost) {
  const places = points.map(([x, y]) => [left + (x - EXTENT.x[0]) * SCALE, 22 + (EXTENT.y[1] - y) * SCALE]);
  const shadeOf = (index) => Math.floor((SHADES * index) / points.length);
  const shades = Array.from({ length: SHADES }, (_, shade) =>
    dots(
      places.filter((_, index) => !lost[index] && shadeOf(index) === shade),
      shade,
    ),
  );
  return [
    label(left + SIDE / 2, 14, title, { bold: true }),
    stroke(line(...places), "faint", 0.7),
    ...shades,
    crosses(places.filter((_, index) => lost[index])),
  ];
}

function legend(y) {
  const samples = Array.from({ length: SHADES }, (_, shade) => dots([[10 + 9 * shade, y - 4]], shade));
  return [
    ...samples,
    label(60, y, words.kept, { anchor: "start" }),
    crosses([[28, y + 14]]),
    label(60, y + 18, words.lost, { anchor: "start" }),
  ];
}
