// One output element: its number, what it is made of, and how both light up in a picture. All functions are pure.

import { fill, line, placed, rectangle, stroke } from "./drawing.js";
import { whole } from "./format.js";
import { facesOf } from "./kernels.js";

export const names = {
  element: "output element",
  place: ({ channel, row, column }) => `Map ${whole(channel + 1)}, row ${whole(row + 1)}, column ${whole(column + 1)}`,
  kernel: ({ channel }) => `kernel ${whole(channel + 1)}`,
  products: (number) => `${whole(number)} product${number === 1 ? "" : "s"}`,
};

// Elements of (N, C, H, W) are numbered from 0, all channels at one place before the next place, so that each kernel in
// turn meets the same patch.
export function elementAt(number, [, channels, , width]) {
  const place = Math.floor(number / channels);
  return { channel: number % channels, row: Math.floor(place / width), column: place % width };
}

export const numberOf = ({ channel, row, column }, [, channels, , width]) =>
  (row * width + column) * channels + channel;

// What an output element of a convolution reads: channels first to last, and a patch that begins at row and column;
// these are negative in the padding.
export function patchOf(step, { channel, row, column }) {
  const { in_channels, out_channels, groups, kernel_size, stride, padding } = step;
  const [into, out] = [in_channels / groups, out_channels / groups];
  const first = Math.floor(channel / out) * into;
  const [top, left] = [row * stride - padding, column * stride - padding];
  return { first, last: first + into - 1, row: top, column: left, height: kernel_size, width: kernel_size };
}

export const products = ({ in_channels, groups, kernel_size }) => (in_channels / groups) * kernel_size ** 2;

// The part of a patch that is not padding, for maps of a given shape.
export function inside(patch, [, , height, width]) {
  const ends = [
    [patch.row, patch.height, height],
    [patch.column, patch.width, width],
  ].map(([from, length, all]) => [Math.max(0, from), Math.min(all, from + length)]);
  const [[top, bottom], [left, right]] = ends;
  return { ...patch, row: top, column: left, height: bottom - top, width: right - left };
}

// --- What lights up: outlines in the color of the mark ---

const SMALLEST = 5; // units; a smaller patch grows around its middle so that it can be seen

function place({ x, y }, { row, column, height, width }, pixel) {
  const [across, down] = [width, height].map((length) => Math.max(length * pixel, SMALLEST));
  const [left, top] = [x + (column + width / 2) * pixel - across / 2, y + (row + height / 2) * pixel - down / 2];
  return [left, top, across, down];
}

// The patch, through all maps of a stack that are read.
export function litPatch({ sheet, pixel }, { first, last, ...patch }) {
  const [front, back] = [first, last].map((number) => place(sheet(number), patch, pixel));
  const corners = ([x, y, width, height]) => [0, 1, 2, 3].map((n) => [x + width * (n % 2), y + height * (n > 1)]);
  const edges = corners(front).map((corner, index) => line(corner, corners(back)[index]));
  return [
    stroke(rectangle(...back) + edges.join(""), "mark", 0.8),
    stroke(rectangle(...front), "mark", 2, { class: "patch" }),
  ];
}

// An element in its map, whose edge lights up, too.
export function litElement({ sheet, pixel }, { channel, row, column }) {
  const { x, y, side } = sheet(channel);
  const here = place(sheet(channel), { row, column, height: 1, width: 1 }, pixel);
  return [stroke(rectangle(x, y, side, side), "mark", 1), fill(rectangle(...here), "mark", { class: "element" })];
}

// Outlines of the kernels that are drawn; one that is left out cannot light up.
export function litKernels(places, width = 1.8) {
  const drawn = places.filter((found) => found); // all of one size
  return drawn.length ? [stroke(placed(drawn, facesOf(drawn[0]).outline), "mark", width, { class: "lit" })] : [];
}

// Patch, kernel and element of one convolution.
export function litConvolution(step, element, into, cluster, out) {
  return [
    ...litPatch(into, patchOf(step, element)),
    ...litKernels([cluster.at(element.channel)]),
    ...litElement(out, element),
  ];
}

// The enlarged kernel, which stands for the one that makes the element even if that one is left out elsewhere. The
// mark has the background around it, because to some eyes it is close to the color of a kind.
export const litCubes = ({ outline }) => [
  stroke(outline, "background", 4),
  stroke(outline, "mark", 2, { class: "enlarged" }),
];

// What the stepper goes through: the elements of an output of shape (N, C, H, W). `drawn` holds the maps `into`, the
// kernels `cluster` and the maps `out` of the last convolution. lit(element) is {nodes, told}: what is drawn over the
// picture, and what is said about it.
export function elementsOf(shape, drawn, lit) {
  const [, channels, height, width] = shape;
  const third = (length) => Math.floor(length / 3);
  const first = { channel: third(channels), row: third(height), column: third(width) };
  return {
    count: channels * height * width,
    at: (number) => elementAt(number, shape),
    numberOf: (element) => numberOf(element, shape),
    kept: ({ channel, row, column } = first) => ({
      channel: Math.min(channel, channels - 1),
      row: Math.min(row, height - 1),
      column: Math.min(column, width - 1),
    }),
    name: names.place,
    pointed: (element, point) => pointed(shape, drawn, element, point),
    drawn,
    lit,
  };
}

// The element that a click at the point (x, y) chooses, if that lies in the front map or on a kernel.
function pointed(shape, { out, cluster }, element, [x, y]) {
  const { x: left, y: top, side } = out.sheet(0);
  const [column, row] = [x - left, y - top].map((at) => Math.floor(at / out.pixel));
  if (x >= left && y >= top && x < left + side && y < top + side) {
    return { ...element, row: Math.min(row, shape[2] - 1), column: Math.min(column, shape[3] - 1) };
  }
  const found = cluster.shown.find((number) => {
    const place = cluster.at(number);
    return x >= place.x && x <= place.x + place.side && y >= place.y && y <= place.y + place.side;
  });
  return found === undefined ? undefined : { ...element, channel: found };
}
