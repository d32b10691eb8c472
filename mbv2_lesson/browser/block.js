// The explorer of MobileNetV2's inverted residual block.

import { standardConv } from "./counting.js";
import { WIDTH, arrow, color, fill, label, line, picture, polygon, stroke } from "./drawing.js";
import { inside, litElement, litKernels, litPatch, names, patchOf, products } from "./elements.js";
import { times, whole } from "./format.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { besideMaps, scaleOf, stack } from "./stacks.js";
import { invertedResidual } from "./networks.js";
import { stepper } from "./stepper.js";
import { cost, describePlan } from "./words.js";

export const words = {
  title: "The inverted residual block",
  try: "When does the block have a shortcut? Change the stride, then the output channels.",
  head: ["step", "output", "weights", "batch norm", "MACs"],
  total: "block",
  standard: "one standard 3×3",
  onShortcut: "shortcut: the input is added",
  told: (place, each) => `${place}. Products for each element that a step makes: ${each.join(", ")}.`,
  linear: "linear",
  norm: "batch norm",
  headline: cost,
  sentence: (plan, { linear }) => `${linear ? "Linear" : "ReLU6"} at the end. ${words.shortcut(plan)}`,
  shortcut: ({ hasShortcut, noShortcutBecause }) =>
    hasShortcut ? "Shortcut: the input is added to the output." : `No shortcut: ${noShortcutBecause}.`,
};

export function count(settings, { reasons }) {
  const { in_channels, out_channels, stride, size } = settings;
  return {
    plan: invertedResidual(settings, reasons),
    standard: standardConv({ in_channels, out_channels, stride, size }),
  };
}

export function describe(settings, data) {
  const { plan, standard } = count(settings, data);
  const row = (name, shape, { weights, norm, macs }) => [name, shape, whole(weights), whole(norm), whole(macs)];
  return {
    headline: words.headline(plan),
    sentence: words.sentence(plan, settings),
    table: {
      head: words.head,
      rows: [
        ...plan.steps.map((step) => row(step.name, times(step.output.slice(1)), step)),
        row(words.total, "", plan),
        row(words.standard, "", standard),
      ],
    },
    alt: `${describePlan(words.title, plan)} ${words.shortcut(plan)}`,
  };
}

const [SIDE, DEPTH, TOP, BOTTOM] = [38, 22, 24, 94]; // of the largest map and the deepest stack; of the row
const STACK = SIDE + 18; // the width that a stack needs at most
const BEFORE = [14, 26]; // of the arrow to the next maps, and to the last, with the sign of the addition on it

// The plan from left to right: maps, kernels, maps, and so on.
function scene(settings, data) {
  const { plan } = count(settings, data);
  const { steps, input } = plan;
  const shapes = [input, ...steps.map(({ output }) => output)];
  const gap = (WIDTH - 6 - STACK * shapes.length) / steps.length;
  const scale = scaleOf(shapes, SIDE, DEPTH, 1);
  const stacks = shapes.map((shape, index) =>
    stack(shape, 4 + index * (STACK + gap), BOTTOM, scale, index === shapes.length - 3),
  );
  const kernels = steps.map(kernelsOf);
  const perCell = depthPerCell(kernels, 1.3);
  const boxes = steps.map((_, index) => {
    const arrowRoom = BEFORE[index === steps.length - 1 ? 1 : 0];
    return [STACK + index * (STACK + gap), TOP, gap - arrowRoom - 2, BOTTOM - TOP];
  });
  const places = kernels.map((each, index) => arranged(each, boxes[index], perCell));
  const cell = Math.min(...places.map((each) => each.cell));
  const clusters = steps.map(({ kind }, index) =>
    kind === "depthwise"
      ? besideMaps(kernels[index], stacks[index], boxes[index], cell)
      : drawKernels(places[index], boxes[index], cell, perCell),
  );
  return { plan, shapes, stacks, kernels, boxes, clusters };
}

export const control = stepper;

export function elements(settings, data) {
  const { plan, stacks, boxes, clusters } = scene(settings, data);
  const { steps } = plan;
  const [depthwise, project] = steps.slice(-2);
  const lit = (element) => {
    const read = patchOf(depthwise, element); // of each map before the slices
    const patch = { ...read, first: 0, last: depthwise.in_channels - 1 };
    const before = inside({ ...patch, last: plan.input[1] - 1 }, plan.input);
    const nodes = [
      ...(steps.length === 3 ? litPatch(stacks[0], before) : []),
      ...litPatch(stacks.at(-3), patch),
      ...litKernels(clusters.at(-2).found, clusters.at(-2).edge),
      ...litPatch(stacks.at(-2), patchOf(project, element)),
      ...litKernels([clusters.at(-1).at(element.channel)]),
      ...litElement(stacks.at(-1), element),
      ...steps.map((step, index) => label(columnOf(boxes, index), BOTTOM + 81, names.products(products(step)))),
    ];
    const each = steps.map((step) => `${step.name} ${names.products(products(step))}`);
    return { nodes, told: words.told(names.place(element), each) };
  };
  return { shape: plan.output, out: stacks.at(-1), cluster: clusters.at(-1), lit };
}

export function draw(settings, data) {
  const { plan, shapes, stacks, kernels, boxes, clusters } = scene(settings, data);
  const [middle, apart] = [(TOP + BOTTOM) / 2 + 6, boxes[1][0] - boxes[0][0]];
  const labels = shapes.flatMap((shape, index) => {
    const x = Math.min(Math.max(STACK / 2 + index * apart, 42), WIDTH - 42);
    return [label(x, BOTTOM + 13, captions.maps(shape), { bold: true }), label(x, BOTTOM + 26, captions.size(shape))];
  });
  const steps = plan.steps.flatMap((step, index) => {
    const [left, , width] = boxes[index];
    const next = 2 + (index + 1) * apart;
    const texts = [captions.kernels(kernels[index]), words.norm, step.activation ?? words.linear];
    return [
      ...arrow(left + width, next, middle),
      ...texts.map((text, row) => label(columnOf(boxes, index), BOTTOM + 42 + 13 * row, text)),
    ];
  });
  const shortcut = plan.hasShortcut ? drawShortcut(stacks[0], boxes.at(-1), middle) : [];
  return picture(
    BOTTOM + 87,
    ...stacks.flatMap(({ nodes }) => nodes),
    ...clusters.flatMap(({ nodes }) => nodes),
    ...steps,
    ...labels,
    ...shortcut,
  );
}

// The middle of the labels below a step's kernels.
const columnOf = (boxes, index) => boxes[index][0] + (boxes[1][0] - boxes[0][0] - STACK) / 2;

// From the input to a plus sign on the last arrow.
function drawShortcut({ sheet, side }, [left, , width], y) {
  const [from, to] = [sheet(0).x + side / 2, left + width + 8];
  return [
    stroke(line([from, sheet(0).y - 2], [from, 17], [to, 17], [to, y - 12]), "mark", 2),
    fill(polygon([to, y - 6], [to - 5, y - 14], [to + 5, y - 14]), "mark"),
    fill(circle(to, y, 6), "background", { stroke: color("mark"), "stroke-width": 1.6 }),
    stroke(line([to - 3.5, y], [to + 3.5, y]) + line([to, y - 3.5], [to, y + 3.5]), "mark", 1.6),
    label((from + to) / 2, 12, words.onShortcut),
  ];
}

// Of twelve corners, as paths here have no arcs.
function circle(x, y, r) {
  const angles = Array.from({ length: 12 }, (_, index) => (index * Math.PI) / 6);
  return polygon(...angles.map((angle) => [x + r * Math.cos(angle), y + r * Math.sin(angle)]));
}
