// A plan as a drawing: feature maps as blocks, each convolution on the arrow between them.

import { WIDTH, arrow, fill, label, line, picture, polygon, rectangle, stroke } from "./drawing.js";
import { short, times, whole } from "./format.js";

const SLANT = 0.45; // how far up the third direction goes per unit to the right
const ROOM = { 1: 126, 2: 90, 3: 56 }; // a block's, by the number of arrows beside it

// A block is as wide as the square root of its channels and as high as that of its maps, so that 4 and 4,096 fit.
function block([, channels, height, width], largest, left, room, middle) {
  const across = Math.max(4, (room - 28) * Math.sqrt(channels / largest[1]));
  const up = Math.max(4, 62 * Math.sqrt(height / largest[2]));
  const into = Math.max(3, 24 * Math.sqrt(width / largest[3]));
  const [x, y] = [left + (room - across - into) / 2, middle - (up + SLANT * into) / 2];
  const [top, side] = [y + SLANT * into, x + across]; // of the front face
  const cuts = [];
  if (across / channels > 2.5) {
    for (let cut = 1; cut < channels; cut++) {
      const at = x + (across * cut) / channels;
      cuts.push(line([at, top + up], [at, top], [at + into, y]));
    }
  }
  const edge = { stroke: "var(--mbv2-text)", "stroke-linejoin": "round" };
  const nodes = [
    fill(rectangle(x, top, across, up), "panel", edge),
    fill(polygon([x, top], [x + into, y], [side + into, y], [side, top]), "background", edge),
    fill(polygon([side, top + up], [side + into, y + up], [side + into, y], [side, top]), "faint", edge),
    stroke(cuts.join(""), "text", 0.5),
  ];
  return { nodes, top: [x + (across + into) / 2, y] };
}

function convolution(step, left, right, middle, below) {
  const center = (left + right) / 2;
  const half = Math.min(46, (right - left) / 2 - 1);
  const kernel = [times([step.kernel_size, step.kernel_size]), ...(step.stride > 1 ? [`stride ${step.stride}`] : [])];
  const inside = [...(half < 46 ? kernel : [kernel.join(", ")]), step.kind]; // in two lines where there is no room
  const after = step.batch_norm ? [`batch norm, ${step.activation ?? "linear"}`] : [];
  const numbers = [`${short(step.weights)} weights`, `${short(step.macs)} MACs`, ...after];
  return [
    ...arrow(left + 2, right - 2, middle),
    fill(rectangle(center - half, middle - 13 - 15 * inside.length, 2 * half, 6 + 15 * inside.length), step.kind, {
      stroke: "var(--mbv2-ink)",
    }),
    ...inside.toReversed().map((text, index) => label(center, middle - 13 - 15 * index, text, { name: "ink" })),
    ...numbers.map((text, index) => label(center, below + 14 * index, text)),
  ];
}

// `onShortcut` are the words on a shortcut, where a plan may have one.
export function drawPlan({ steps, input, output, hasShortcut }, onShortcut = "") {
  const shapes = [input, ...steps.map((step) => step.output)];
  const largest = shapes[0].map((_, axis) => Math.max(...shapes.map((shape) => shape[axis])));
  const room = ROOM[steps.length];
  const gap = (WIDTH - room * shapes.length) / steps.length;
  const middle = onShortcut ? 78 : 52;
  const blocks = shapes.map((shape, index) => block(shape, largest, index * (room + gap), room, middle));
  const labels = shapes.flatMap(([, channels, height, width], index) => {
    const center = Math.min(Math.max(index * (room + gap) + room / 2, 52), WIDTH - 52);
    const two = [`${whole(channels)} channels`, times([height, width])];
    const size = two[0].length > 13 ? 11 : 12; // "40,960 channels" would touch its neighbor
    return two.map((text, row) => label(center, middle + 54 + 14 * row, text, { bold: row === 0, size }));
  });
  const arrows = steps.flatMap((step, index) => {
    const left = index * (room + gap) + room;
    return convolution(step, left, left + gap, middle, middle + (steps.length === 1 ? 18 : 86));
  });
  const shortcut = hasShortcut ? drawShortcut(blocks[0].top, blocks.at(-1).top, onShortcut) : [];
  const height = middle + (onShortcut ? 120 : 74);
  return picture(height, ...blocks.flatMap((each) => each.nodes), ...arrows, ...labels, ...shortcut);
}

function drawShortcut([x0, y0], [x1, y1], text) {
  const y = 20;
  return [
    stroke(line([x0, y0 - 3], [x0, y], [x1, y], [x1, y1 - 8]), "mark", 2),
    fill(polygon([x1, y1 - 1], [x1 - 5, y1 - 10], [x1 + 5, y1 - 10]), "mark"),
    label((x0 + x1) / 2, y - 7, text),
  ];
}
