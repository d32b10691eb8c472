// The explorer of one output element: a kernel on a small gray image, the products, and their sum.

import { bitmap, image } from "./bitmap.js";
import { WIDTH, fill, label, line, picture, rectangle, stroke } from "./drawing.js";
import { times, whole } from "./format.js";
import { prepared } from "./scanning.js";

export const words = {
  title: "A kernel slides over an image",
  try: "Find a position where the sum is far from zero. What is in the patch there?",
  head: ["", "outputs", "MACs", "sum"],
  all: "whole image",
  place: ({ row, column }) => `row ${row}, column ${column}`,
  headline: (products, sum) => `${whole(products)} products add up to ${sum}`,
  sentence: (place, positions, macs) =>
    `That is the output at ${place}, counted from 0. All ${whole(positions)} positions take ${whole(macs)} MACs.`,
  input: (size) => `input, ${times(size)}`,
  output: (size) => `output, ${times(size)}`,
  patch: "patch",
  kernel: "kernel",
  products: "products",
  sum: "sum",
  alt: (place, size, sum) =>
    `A gray image with a frame around the patch that the ${times(size)} kernel covers at ${place}. Below, patch ` +
    `times kernel gives the products; their sum, ${sum}, is the output there, framed in the image of all outputs.`,
  list: (products) => ` The products, row by row: ${products.join(", ")}.`,
};

export function count({ row, column }, data) {
  const { at, positions, kernelSize } = prepared(data);
  return { ...at(row, column), positions, macs: positions * kernelSize[0] * kernelSize[1] };
}

export function numbers(settings, data) {
  const { products, positions, macs } = count(settings, data);
  return { products: products.length, positions, MACs: macs };
}

export function describe(settings, data) {
  const { products, positions, macs, sum } = count(settings, data);
  const { shown, kernelSize } = prepared(data);
  const [place, total] = [words.place(settings), shown.sum.text(sum)];
  const list = readable(kernelSize) ? words.list(products.map(shown.products.text)) : "";
  const rows = [
    [place, "1", whole(products.length), total],
    [words.all, whole(positions), whole(macs), ""],
  ];
  return {
    headline: words.headline(products.length, total),
    sentence: words.sentence(place, positions, macs),
    table: { head: words.head, rows },
    alt: words.alt(place, kernelSize, total) + list,
  };
}

const [SIDE, LEFT, TOP] = [208, 4, 18]; // of the pictures
const [CELL, SIGN, TITLE] = [22, 20, 18]; // in the grids: height of a cell, width of a sign, height of a title
const readable = (kernelSize) => Math.max(...kernelSize) <= 5; // otherwise gray squares

export function draw(settings, data) {
  const { size, kernelSize, outputSize, pictures } = prepared(data);
  const pixel = Math.min(SIDE / size[0], SIDE / size[1]);
  const place = [settings.row, settings.column];
  const input = map(words.input(size), pictures[0], size, LEFT, pixel, place, kernelSize);
  const output = map(words.output(outputSize), pictures[1], outputSize, WIDTH - SIDE - LEFT, pixel, place, [1, 1]);
  const below = sum(settings, data, TOP + size[0] * pixel + 10);
  return picture(below.bottom + 4, ...input, ...output, ...below.nodes);
}

// An image with its pixel grid and a frame around some pixels.
function map(title, href, [rows, columns], left, pixel, [row, column], [height, width]) {
  const frame = (by) =>
    rectangle(left + column * pixel - by, TOP + row * pixel - by, width * pixel + 2 * by, height * pixel + 2 * by);
  return [
    label(left, 12, title, { anchor: "start", bold: true }),
    image(href, left, TOP, columns * pixel, rows * pixel),
    ...(pixel >= 4 ? [grid(left, TOP, rows, columns, pixel, pixel, { "stroke-opacity": 0.5 })] : []),
    stroke(frame(1.75), "background", 3.5), // outside the pixels, so that it covers none of them
    stroke(frame(1.5), "mark", 2),
  ];
}

function grid(left, top, rows, columns, wide, high, more) {
  const [right, bottom] = [left + columns * wide, top + rows * high];
  const lines = [];
  for (let y = 0; y <= rows; y++) lines.push(line([left, top + y * high], [right, top + y * high]));
  for (let x = 0; x <= columns; x++) lines.push(line([left + x * wide, top], [left + x * wide, bottom]));
  return stroke(lines.join(""), "faint", 0.5, more);
}

// patch × kernel = products → sum, in as many lines as it takes.
function sum(settings, data, top) {
  const { shown, kernelSize } = prepared(data);
  const counted = count(settings, data);
  const [rows, columns] = kernelSize;
  const square = Math.min(CELL, 96 / Math.max(rows, columns));
  const high = readable(kernelSize) ? CELL : square;
  let [x, y] = [LEFT, top];
  const nodes = ["patch", "kernel", "products", "sum"].flatMap((name, index) => {
    const { text, gray, room } = shown[name];
    const wide = readable(kernelSize) ? room : square;
    const width = name === "sum" ? 1.3 * room : columns * wide;
    if (x + width > WIDTH - LEFT) [x, y] = [LEFT, y + TITLE + rows * high + 8];
    const [left, middle] = [x, y + TITLE + (rows * high) / 2];
    x += width + SIGN;
    const title = label(left + width / 2, y + 12, words[name], { bold: true });
    if (name === "sum")
      return [title, label(left + width / 2, middle + 5, text(counted.sum), { size: 16, bold: true })];
    const sign = label(left + width + SIGN / 2, middle + 5, ["×", "=", "→"][index], { size: 15 });
    return [title, sign, ...cells(left, y + TITLE, kernelSize, wide, high, counted[name], text, gray)];
  });
  return { nodes, bottom: y + TITLE + rows * high };
}

function cells(left, top, [rows, columns], wide, high, values, text, gray) {
  const box = [left, top, columns * wide, rows * high];
  if (!readable([rows, columns])) return [image(bitmap(values.map(gray), [rows, columns]), ...box)];
  const texts = values.map((value, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return label(left + (column + 0.5) * wide, top + (row + 0.5) * high + 4, text(value));
  });
  return [fill(rectangle(...box), "panel"), grid(left, top, rows, columns, wide, high), ...texts];
}
