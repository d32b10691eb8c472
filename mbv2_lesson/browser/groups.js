// The explorer of groups: one convolution, from standard (groups = 1) to depthwise (groups = C_in).

import { standardConv } from "./counting.js";
import { WIDTH, fill, picture, rectangle, label } from "./drawing.js";
import { times, whole } from "./format.js";
import { costTable } from "./words.js";

export const words = {
  title: "A convolution in groups",
  try: "Move from one group to as many as there are input channels, and watch which input channels each output reads.",
  headline: ({ params }) => `${whole(params)} weights`,
  sentence: ({ groups, kind, in_channels }, { params }) =>
    `With groups = ${groups} (${kind}), each output channel reads ${whole(in_channels / groups)} of the ` +
    `${whole(in_channels)} input channels. With groups = 1 there are ${whole(params)} weights.`,
  row: ({ groups }) => `groups = ${groups}`,
  input: "input channel",
  output: "output channel",
  alt: ({ groups, kind, in_channels, out_channels, kernel_size }) =>
    `Grid of ${whole(in_channels)} input by ${whole(out_channels)} output channels. With groups = ${groups} ` +
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
    alt: words.alt(spec),
  };
}

// A grid: input channels down, output channels across; a cell is filled where the output reads the input.
export function draw(settings, data) {
  const [spec] = count(settings, data).plan.steps;
  const { in_channels: rows, out_channels: columns, groups, kind } = spec;
  const [left, top, right, height] = [46, 40, 6, 190];
  const cell = Math.min((WIDTH - left - right) / columns, height / rows);
  const even = Math.max(rows / columns, columns / rows) <= 4; // else square cells would leave a thread
  const wide = even ? cell : (WIDTH - left - right) / columns;
  const high = even ? cell : height / rows;
  const [into, out] = [rows / groups, columns / groups]; // channels per group
  const single = Math.max(rows, columns) <= 64; // single cells can be seen, else one rectangle per group
  const cells = [];
  for (let group = 0; group < groups; group++) {
    const [x, y] = [left + group * out * wide, top + group * into * high];
    if (!single) cells.push(rectangle(x, y, Math.max(out * wide, 0.3), Math.max(into * high, 0.3)));
    for (let row = 0; single && row < into; row++) {
      for (let column = 0; column < out; column++) cells.push(rectangle(x + column * wide, y + row * high, wide, high));
    }
  }
  const bottom = top + rows * high;
  return picture(
    bottom + 8,
    fill(rectangle(left, top, columns * wide, rows * high), "panel", { stroke: "var(--mbv2-faint)" }),
    fill(cells.join(""), kind, { class: "cells", stroke: "var(--mbv2-ink)", "stroke-width": single ? 0.7 : 0.2 }),
    label(left + (columns * wide) / 2, 14, words.output),
    label(12, top + (rows * high) / 2, words.input, { transform: `rotate(-90 12 ${top + (rows * high) / 2})` }),
    ...ticks(columns).map((n) => label(left + (n - 0.5) * wide, top - 6, whole(n))),
    ...ticks(rows).map((n) => label(left - 5, top + (n - 0.5) * high + 4, whole(n), { anchor: "end" })),
  );
}

function ticks(channels) {
  if (channels <= 4) return Array.from({ length: channels }, (_, index) => index + 1);
  const every = Math.max(4, Math.floor(channels / 8));
  const between = [];
  for (let n = every; n < channels - Math.floor(every / 2); n += every) between.push(n);
  return [1, ...between, channels];
}
