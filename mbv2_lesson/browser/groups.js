// The explorer of groups: one convolution, from standard (groups = 1) to depthwise (groups = C_in).

import { standardConv } from "./counting.js";
import { cubes } from "./cubes.js";
import { WIDTH, arrow, fill, group, label, picture, rectangle, stroke } from "./drawing.js";
import { elementsOf, litConvolution, litCubes, names, patchOf, products } from "./elements.js";
import { times, whole } from "./format.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { scaleOf, stack } from "./stacks.js";
import { latest, stepper } from "./stepper.js";
import { costTable } from "./words.js";

export const words = {
  title: "Grouped convolution",
  try: "Go from one group to as many groups as input channels, and watch which input channels each output reads.",
  headline: ({ params }) => `${whole(params)} weights`,
  sentence: ({ groups, kind, in_channels }, { params }) =>
    `With groups = ${groups} (${kind}), each output channel reads ${whole(in_channels / groups)} of the ` +
    `${whole(in_channels)} input channels.${groups > 1 ? ` With groups = 1 there are ${whole(params)} weights.` : ""}`,
  row: ({ groups }) => `groups = ${groups}`,
  input: "input channel",
  output: "output channel",
  alt: ({ groups, kind, in_channels, out_channels, kernel_size }, kernels) =>
    `Kernels in rows, by group: ${captions.kernels(kernels)}. Below, a grid of ${whole(in_channels)} input ` +
    `by ${whole(out_channels)} output channels. With groups = ${groups} ` +
    `(${kind}), ${whole((in_channels / groups) * out_channels)} of ${whole(in_channels * out_channels)} cells are ` +
    `filled, each a ${times([kernel_size, kernel_size])} kernel.`,
};

export function count({ groups }, { in_channels, out_channels, kernel_size, size }) {
  const layer = { in_channels, out_channels, kernel_size, size };
  return { plan: standardConv({ ...layer, groups }), whole: standardConv(layer) };
}

export function describe(settings, data) {
  const { plan, whole: ungrouped } = count(settings, data);
  const [spec] = plan.steps;
  return {
    headline: words.headline(plan),
    sentence: words.sentence(spec, ungrouped),
    table: costTable([[words.row(spec), plan]]),
    alt: words.alt(spec, kernelsOf(spec)),
  };
}

const [BOX, BOTTOM] = [[124, 2, 190, 104], 106]; // of the kernels; of the maps
const GRID = [58, 184, 230, 112];

const scene = latest((settings, data) => {
  const [step] = count(settings, data).plan.steps;
  const kernels = kernelsOf(step);
  const scale = scaleOf([step.input, step.output], 62, 44, step.padding);
  const perCell = depthPerCell([kernels]);
  const places = arranged(kernels, BOX, perCell);
  return {
    step,
    kernels,
    into: stack(step.input, 5, BOTTOM, scale, true),
    out: stack(step.output, 335, BOTTOM, scale),
    cluster: drawKernels(places, BOX, places.cell, perCell),
    kernel: cubes(kernels, [308, 174, 126, 90], step.kind), // the one that makes the element, enlarged
  };
});

export const control = stepper(names.element);

export function sequence(settings, data) {
  const { step, into, out, cluster, kernel } = scene(settings, data);
  const lit = (element) => {
    const told = `${names.place(element)}: ${names.products(products(step))}`;
    const at = GRID[1] + GRID[3] + 20;
    return {
      nodes: [
        ...litConvolution(step, element, into, cluster, out),
        ...litCubes(kernel),
        label(371, 280, names.kernel(element)),
        stroke(readBy(step, element, ...GRID), "mark", 2.4, { class: "read" }),
        label(WIDTH / 2, at, told),
      ],
      told: `${told}.`,
    };
  };
  return elementsOf(step.output, { into, cluster, out }, lit);
}

export function draw(settings, data) {
  const { step, kernels, into, out, cluster, kernel } = scene(settings, data);
  const maps = [
    [step.input, 52],
    [step.output, WIDTH - 52],
  ];
  return picture(
    GRID[1] + GRID[3] + 26,
    ...[into, cluster, out, kernel].map(({ nodes }) => group(nodes)),
    ...arrow(106, 122, 60),
    ...arrow(317, 332, 60),
    ...maps.map(([shape, x]) => label(x, BOTTOM + 15, captions.maps(shape), { bold: true })),
    label(219, BOTTOM + 15, captions.kernels(kernels), { bold: true }),
    label(219, BOTTOM + 29, captions.weights(step)),
    ...grid(step, ...GRID),
  );
}

// How wide and how high a cell of the grid is.
function cellOf({ in_channels: rows, out_channels: columns }, width, height) {
  const cell = Math.min(width / columns, height / rows);
  const even = Math.max(rows / columns, columns / rows) <= 4; // otherwise square cells would leave only a thread
  return even ? [cell, cell] : [width / columns, height / rows];
}

// The cells of the channels that an output element reads.
function readBy(step, element, left, top, width, height) {
  const [wide, high] = cellOf(step, width, height);
  const { first, last } = patchOf(step, element);
  return rectangle(left + element.channel * wide, top + first * high, wide, (last + 1 - first) * high);
}

// Input channels down, output channels across; a cell is filled where the output reads the input.
function grid(step, left, top, width, height) {
  const { in_channels: rows, out_channels: columns, groups, kind } = step;
  const [wide, high] = cellOf(step, width, height);
  const [into, out] = [rows / groups, columns / groups]; // channels per group
  const single = Math.max(rows, columns) <= 64; // single cells can be seen; otherwise one rectangle per group
  const cells = [];
  for (let group = 0; group < groups; group++) {
    const [x, y] = [left + group * out * wide, top + group * into * high];
    if (!single) cells.push(rectangle(x, y, Math.max(out * wide, 0.3), Math.max(into * high, 0.3)));
    for (let row = 0; single && row < into; row++) {
      for (let column = 0; column < out; column++) cells.push(rectangle(x + column * wide, y + row * high, wide, high));
    }
  }
  const [center, middle] = [left + (columns * wide) / 2, top + (rows * high) / 2];
  return [
    fill(rectangle(left, top, columns * wide, rows * high), "panel", { stroke: "var(--mbv2-faint)" }),
    fill(cells.join(""), kind, { class: "cells", stroke: "var(--mbv2-ink)", "stroke-width": single ? 0.7 : 0.2 }),
    label(Math.max(center, left + 40), top - 20, words.output),
    label(12, middle, words.input, { transform: `rotate(-90 12 ${middle})` }),
    ...ticks(columns, columns * wide, 42).map((n) => label(left + (n - 0.5) * wide, top - 6, whole(n))),
    ...ticks(rows, rows * high, 14).map((n) =>
      label(left - 5, top + (n - 0.5) * high + 4, whole(n), { anchor: "end" }),
    ),
  ];
}

// The numbers of the first and the last channel and of some in between, `apart` or more on an axis of that length.
function ticks(channels, length, apart) {
  const step = length / channels;
  if (step * (channels - 1) < apart) return [channels];
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(apart / step)));
  const between = [];
  for (let n = every; (channels - n) * step >= apart; n += every) if ((n - 1) * step >= apart) between.push(n);
  return [1, ...between, channels];
}
