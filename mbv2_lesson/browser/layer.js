// One layer of a network: the maps that it reads, its kernels, the maps that it gives; or what it is, in words.

import { WIDTH, arrow, color, fill, label, rectangle } from "./drawing.js";
import { times, whole } from "./format.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { weightsOf } from "./layers.js";
import { besideMaps, scaleOf, stack } from "./stacks.js";

export const HIGH = 118; // of the drawing with its captions
const BOTTOM = 60; // of the maps
const ONE = { boxes: [[80, 2, 268, 58]], left: [4, 370], middle: [36, 400], captions: 13 };
const TWO = {
  boxes: [
    [66, 0, 86, 60],
    [244, 2, 104, 58],
  ],
  left: [4, 170, 370],
  middle: [36, 197, 400],
  captions: 41, // below those of the maps, which they would touch
};

// `forms` holds the steps of the layer as counted and, if possible, as separable; their kernels have one scale. `steps`
// are the ones drawn, from `top` down.
export function drawLayer(layer, forms, steps, top) {
  if (!layer.kernel_size) return inWords(layer, top);
  const { boxes, left, middle, captions: below } = steps.length === 1 ? ONE : TWO;
  const shapes = [steps[0].input, ...steps.map(({ output }) => output)].map((shape) => [1, ...shape.slice(-3)]);
  const kernels = forms.flat().map(kernelsOf);
  const perCell = depthPerCell(kernels);
  const room = forms.flatMap((form) => (form.length === 1 ? ONE : TWO).boxes);
  const cell = Math.min(...kernels.map((each, index) => arranged(each, room[index], perCell).cell));
  const even = shapes.every(([, , height, width]) => height === width); // others cannot be drawn as squares
  const scale = scaleOf(shapes, 40, 22);
  const stacks = shapes.map((shape, index) =>
    even ? stack(shape, left[index], top + BOTTOM, scale) : front(shape, left[index], top + BOTTOM, shapes),
  );
  const clusters = steps.map((step, index) => {
    const [x, y, ...size] = boxes[index];
    const [box, each] = [[x, top + y, ...size], kernelsOf(step)];
    const square = step.kernel_height === step.kernel_size;
    const beside = even && square && step.kind === "depthwise" && stacks[index];
    const every = step.out_channels / step.in_channels; // kernels per map
    const maps = { sheet: (number) => beside.sheet(Math.floor(number / every)) };
    return beside ? besideMaps(each, maps, box, cell) : drawKernels(arranged(each, box, perCell), box, cell, perCell);
  });
  const y = top + BOTTOM;
  return [
    ...stacks.flatMap(({ nodes }) => nodes),
    ...clusters.flatMap(({ nodes }) => nodes),
    ...(steps.length === 1 ? arrow(64, 78, y - 28) : arrow(226, 240, y - 28)),
    ...boxes.flatMap(([x, , width], index) => arrow(x + width + 2, left[index + 1] - 3, y - 28)),
    ...shapes.flatMap((shape, index) => [
      label(middle[index], y + 13, captions.maps(shape), { bold: true }),
      label(middle[index], y + 26, captions.size(shape)),
    ]),
    ...steps.flatMap((step, index) => {
      const x = boxes[index][0] + boxes[index][2] / 2;
      return [
        label(x, y + below, captions.kernels(kernelsOf(step)), { bold: true }),
        label(x, y + below + 13, captions.weights({ weights: weightsOf(step) })),
      ];
    }),
  ];
}

// One map that is not square, in front of the others.
function front([, , height, width], left, bottom, shapes) {
  const unit = 40 / Math.max(...shapes.flatMap((shape) => shape.slice(2)));
  const [wide, high] = [width, height].map((length) => Math.max(length * unit, 1));
  return { nodes: [fill(rectangle(left, bottom - high, wide, high), "panel", { stroke: color("text") })] };
}

// A box between the shapes of what goes in and comes out.
function inWords({ type, input, output }, top) {
  const y = top + 34;
  const ends = [
    [2, "start", input],
    [WIDTH - 2, "end", output],
  ].filter(([, , shape]) => shape.length);
  return [
    fill(rectangle(130, y - 22, 180, 36), "panel", { stroke: color("faint") }),
    label(WIDTH / 2, y, clipped(type, 25)),
    ...(ends.length === 2 ? [...arrow(112, 126, y - 4), ...arrow(314, 328, y - 4)] : []),
    ...ends.map(([x, anchor, shape]) => label(x, y, times(shape.map(whole)), { anchor })),
  ];
}

// The end of a name says more than its beginning.
export const clipped = (text, length) => (text.length > length ? `…${text.slice(1 - length)}` : text);
