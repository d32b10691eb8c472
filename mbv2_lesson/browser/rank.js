// The explorer of rank: how close a separable form with depth multiplier M comes to a standard kernel, at what cost.

import { depthwiseSeparable, standardConv } from "./counting.js";
import { WIDTH, bar, element, fill, label, line, picture, polygon, rectangle, stroke } from "./drawing.js";
import { ratio, short, whole } from "./format.js";
import { costTable } from "./words.js";

export const words = {
  title: "Kernel rank and the depth multiplier",
  try: "For which kernels is a small M enough? From which M on does the separable form have more weights?",
  standard: "standard",
  separable: "separable",
  share: "separable / standard",
  fit: (error) => (error === 0 ? "Exact" : `Relative error ${ratio(error, 2)}`),
  headline: (error, { params }) => `${words.fit(error)}, with ${whole(params)} weights`,
  sentence: ({ depth_multiplier, kernel }, { params }, standard) =>
    `M = ${depth_multiplier}, kernels: ${kernel}. That is ${ratio((100 * params) / standard.params, 1)}% of the ` +
    `${whole(standard.params)} weights of the standard convolution.`,
  errors: "relative error of the kernel",
  weights: "weights",
  limit: ({ params }) => `standard: ${short(params)}`,
  axis: "depth multiplier M",
  alt: ({ depth_multiplier, kernel }, error, { params }, standard) =>
    `Left: the relative error of the kernel falls as the depth multiplier M grows, with a curve per kind of kernel. ` +
    `Right: the weights rise with M. Marked: M = ${depth_multiplier}, kernels: ${kernel}, ` +
    `${words.fit(error).toLowerCase()}, ${whole(params)} weights; the standard convolution has ` +
    `${whole(standard.params)}.`,
};

const planOf = (depth_multiplier, { in_channels, out_channels, kernel_size, size }) =>
  depthwiseSeparable({ in_channels, out_channels, kernel_size, size, stride: 1, depth_multiplier });

export function count({ depth_multiplier, kernel }, data) {
  const { in_channels, out_channels, kernel_size, size, errors } = data;
  return {
    plan: planOf(depth_multiplier, data),
    standard: standardConv({ in_channels, out_channels, kernel_size, size }),
    error: errors[kernel][depth_multiplier - 1],
  };
}

export function describe(settings, data) {
  const { plan, standard, error } = count(settings, data);
  const rows = [
    [words.standard, standard],
    [words.separable, plan],
  ];
  return {
    headline: words.headline(error, plan),
    sentence: words.sentence(settings, plan, standard),
    table: costTable(rows, words.share),
    alt: words.alt(settings, error, plan, standard),
  };
}

const [TOP, BOTTOM] = [26, 190];
const HALVES = [
  [30, 212],
  [240, WIDTH - 6],
];
const HALO = { stroke: "var(--mbv2-background)", "stroke-width": 4, "paint-order": "stroke" }; // over bars and lines
const RING = { class: "here", fill: "none", stroke: "var(--mbv2-mark)", "stroke-width": 2.4 };
// Points and dashes for the curve of each kind of kernel, so that nobody needs color to tell them apart.
const CURVES = [
  { dash: "none", point: (x, y) => polygon([x - 4.5, y], [x, y - 4.5], [x + 4.5, y], [x, y + 4.5]) },
  { dash: "7 4", point: (x, y) => rectangle(x - 3.5, y - 3.5, 7, 7) },
  { dash: "2 4", point: (x, y) => polygon([x, y - 5], [x + 5, y + 4], [x - 5, y + 4]) },
];

export function draw(settings, data) {
  return picture(BOTTOM + 88, ...errorChart(settings, data), ...weightChart(settings, data));
}

// The title above a half, the values of M below it, and the lines of its legend: [sample(x, y), words, bold].
function half(index, title, options, at, legend) {
  const [left, right] = HALVES[index];
  const shown = options.filter((m) => options.length < 10 || m === 1 || m % 7 === 0);
  return [
    label(left, 14, title, { anchor: "start", bold: true }),
    stroke(line([left, BOTTOM], [right, BOTTOM]), "text"),
    ...shown.map((m) => label(at(m), BOTTOM + 15, whole(m))),
    label((left + right) / 2, BOTTOM + 31, words.axis),
    ...legend.flatMap(([sample, text, bold = false], row) => {
      const y = BOTTOM + 50 + 16 * row;
      return [...sample(left, y - 4), label(left + 44, y, text, { anchor: "start", bold })];
    }),
  ];
}

function errorChart(settings, data) {
  const { depth_multiplier, kernel } = settings;
  const { options, errors } = data;
  const [left, right] = HALVES[0];
  const all = options.depth_multiplier;
  const { error } = count(settings, data);
  const x = (m) => left + 10 + ((right - left - 20) * (m - 1)) / (all.length - 1);
  const y = (error) => BOTTOM - (BOTTOM - TOP) * error;
  const styles = options.kernel.map((name, index) => {
    const { dash, point } = CURVES[index];
    const [color, width] = name === kernel ? ["mark", 2.4] : ["text", 1.2];
    const drawn = (corners) => [
      stroke(line(...corners), color, width, { "stroke-dasharray": dash }),
      fill(corners.map((corner) => point(...corner)).join(""), color),
    ];
    return { name, drawn };
  });
  const sample = (drawn) => (at, middle) =>
    drawn([
      [at, middle],
      [at + 16, middle],
      [at + 32, middle],
    ]);
  return [
    ...[0, 0.5, 1].map((value) => label(left - 5, y(value) + 4, ratio(value, 1), { anchor: "end" })),
    stroke([0.5, 1].map((value) => line([left, y(value)], [right, y(value)])).join(""), "faint", 0.5),
    ...styles.flatMap(({ name, drawn }) => drawn(all.map((m) => [x(m), y(errors[name][m - 1])]))),
    element("circle", { cx: x(depth_multiplier), cy: y(error), r: 8, ...RING }),
    ...half(
      0,
      words.errors,
      all,
      x,
      styles.map(({ name, drawn }) => [sample(drawn), name, name === kernel]),
    ),
  ];
}

function weightChart({ depth_multiplier, kernel }, data) {
  const [left, right] = HALVES[1];
  const all = data.options.depth_multiplier;
  const plans = all.map((m) => count({ depth_multiplier: m, kernel }, data).plan);
  const { plan, standard } = count({ depth_multiplier, kernel }, data);
  const wide = (right - left) / all.length;
  const scale = (BOTTOM - TOP - 16) / Math.max(standard.params, plans.at(-1).params);
  const y = (weights) => BOTTOM - weights * scale;
  const bars = plans.flatMap(({ steps: [depthwise, pointwise], params }, index) => [
    ...bar(left + index * wide, y(depthwise.weights), wide, depthwise.weights * scale, "depthwise"),
    ...bar(left + index * wide, y(params), wide, pointwise.weights * scale, "pointwise"),
  ]);
  const chosen = left + (depth_multiplier - 1) * wide;
  const limit = (from, to, height) =>
    stroke(line([from, height], [to, height]), "text", 1.4, { "stroke-dasharray": "6 4" });
  const box = (kind) => (at, middle) => bar(at, middle - 7, 32, 13, kind);
  const place = Math.min(Math.max(chosen + wide / 2, left + 24), right - 24);
  return [
    ...bars,
    stroke(rectangle(chosen, y(plan.params), wide, plan.params * scale), "mark", 2.8, { class: "here" }),
    limit(left, right, y(standard.params)),
    label(place, y(plan.params) - 6, short(plan.params), { bold: true, ...HALO }),
    ...half(1, words.weights, all, (m) => left + (m - 0.5) * wide, [
      [box("pointwise"), "pointwise"],
      [box("depthwise"), "depthwise"],
      [(at, middle) => [limit(at, at + 32, middle)], words.limit(standard)],
    ]),
  ];
}
