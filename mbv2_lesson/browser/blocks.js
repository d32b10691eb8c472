// An inverted residual block as a picture: thin, thick, thin, with the kernels between the maps.

import { cubes } from "./cubes.js";
import { WIDTH, arrow, color, fill, group, label, line, polygon, stroke } from "./drawing.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { besideMaps, scaleOf, stack } from "./stacks.js";

export const words = {
  onShortcut: "shortcut: the input is added",
  after: ({ norm, activation }) => [...(norm ? ["batch norm"] : []), activation ?? "linear"].join(", "),
};

const [SIDE, DEPTH, TOP, BOTTOM] = [38, 22, 24, 94]; // of the largest map and the deepest stack; of the row
const STACK = SIDE + 18; // the most width that a stack needs
const BEFORE = [14, 26]; // of the arrow to the next maps, and to the last, which has the plus sign on it
const ENLARGED = [BOTTOM + 46, 36]; // one kernel of each step: top and height
export const AFTER = BOTTOM + 96; // where the words for what follows each convolution are, below the top
export const HEIGHT = AFTER + 5;

// The plan from left to right: maps, kernels, maps, and so on; one kernel of each step is enlarged.
export function blockScene(plan, top = 0) {
  const { steps, input } = plan;
  const shapes = [input, ...steps.map(({ output }) => output)];
  const gap = (WIDTH - 6 - STACK * shapes.length) / steps.length;
  const apart = STACK + gap;
  const scale = scaleOf(shapes, SIDE, DEPTH, 1);
  const stacks = shapes.map((shape, index) =>
    stack(shape, 4 + index * apart, top + BOTTOM, scale, index === shapes.length - 3),
  );
  const kernels = steps.map(kernelsOf);
  const perCell = depthPerCell(kernels, 1.3);
  const boxes = steps.map((_, index) => {
    const arrowRoom = BEFORE[index === steps.length - 1 ? 1 : 0];
    return [STACK + index * apart, top + TOP, gap - arrowRoom - 2, BOTTOM - TOP];
  });
  const places = kernels.map((each, index) => arranged(each, boxes[index], perCell));
  const cell = Math.min(...places.map((each) => each.cell));
  const clusters = steps.map(({ kind }, index) =>
    kind === "depthwise"
      ? besideMaps(kernels[index], stacks[index], boxes[index], cell)
      : drawKernels(places[index], boxes[index], cell, perCell),
  );
  const columns = boxes.map(([left]) => left + gap / 2); // the middles of what is below the kernels
  const enlarged = kernels.map((each, index) => {
    const [y, height] = [top + ENLARGED[0], ENLARGED[1]];
    return cubes(each, [columns[index] - 56, y, 112, height], each.kind, 9);
  });
  return { plan, top, apart, shapes, stacks, kernels, boxes, clusters, columns, enlarged };
}

export function drawBlock({ plan, top, apart, shapes, stacks, kernels, boxes, clusters, columns, enlarged }) {
  const middle = top + (TOP + BOTTOM) / 2 + 6;
  const labels = shapes.flatMap((shape, index) => {
    const x = Math.min(Math.max(STACK / 2 + index * apart, 42), WIDTH - 42);
    const y = top + BOTTOM;
    return [label(x, y + 13, captions.maps(shape), { bold: true }), label(x, y + 26, captions.size(shape))];
  });
  const steps = plan.steps.flatMap((step, index) => {
    const [left, , width] = boxes[index];
    return [
      ...arrow(left + width, 2 + (index + 1) * apart, middle),
      label(columns[index], top + BOTTOM + 42, captions.kernels(kernels[index])),
      label(columns[index], top + AFTER, words.after(step)),
    ];
  });
  return [
    ...[...stacks, ...clusters, ...enlarged].map(({ nodes }) => group(nodes)),
    ...steps,
    ...labels,
    ...(plan.hasShortcut ? shortcut(stacks[0], boxes.at(-1), top, middle) : []),
  ];
}

// From the input to a plus sign on the last arrow.
function shortcut({ sheet, side }, [left, , width], top, y) {
  const [from, to] = [sheet(0).x + side / 2, left + width + 8];
  return [
    stroke(line([from, sheet(0).y - 2], [from, top + 17], [to, top + 17], [to, y - 12]), "mark", 2),
    fill(polygon([to, y - 6], [to - 5, y - 14], [to + 5, y - 14]), "mark"),
    fill(circle(to, y, 6), "background", { stroke: color("mark"), "stroke-width": 1.6 }),
    stroke(line([to - 3.5, y], [to + 3.5, y]) + line([to, y - 3.5], [to, y + 3.5]), "mark", 1.6),
    label((from + to) / 2, top + 12, words.onShortcut),
  ];
}

// With twelve corners, since paths here have no arcs.
function circle(x, y, r) {
  const angles = Array.from({ length: 12 }, (_, index) => (index * Math.PI) / 6);
  return polygon(...angles.map((angle) => [x + r * Math.cos(angle), y + r * Math.sin(angle)]));
}
