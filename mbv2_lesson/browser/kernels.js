// Kernels in oblique projection: as many as there are, each as deep as the channels that it reads.

import { fill, label, placed, round, stroke } from "./drawing.js";
import { short, times, whole } from "./format.js";

export const ACROSS = 0.8; // where a unit of depth goes: to the right,
export const UP = 0.45; // and up
export const MANY = 64; // kernels at most; otherwise the first and the last ones
const [GAP, APART, LINE] = [3, 5, 14]; // between kernels, more between groups, and for a line of text
const SHADES = { top: 0.18, side: 0.34 }; // how strongly the text's color covers that of the kind

export const captions = {
  more: (count, room) => (room < 100 ? whole(count) : `${whole(count)} more`),
  maps: ([, channels]) => counted(channels, "map"),
  size: ([, , ...size]) => times(size.map(whole)),
  shape: ({ kernel_height, kernel_size, depth }) => times([kernel_height, kernel_size, whole(depth)]),
  kernels: (kernels) => `${whole(kernels.count)} of ${captions.shape(kernels)}`,
  weights: ({ weights }) => counted(weights, "weight"),
};
const counted = (number, thing) => `${short(number)} ${thing}${number === 1 ? "" : "s"}`;

// The class of a kernel in a drawing, by what it looks like.
const classOf = ({ kernel_height, kernel_size, depth }) =>
  depth === 1 ? "slice" : kernel_height * kernel_size === 1 ? "rod" : "block";

// What is drawn of a convolution's weights: `count` kernels of kernel_height x kernel_size x depth in `groups`.
export const kernelsOf = ({ kind, kernel_size, kernel_height = kernel_size, in_channels, out_channels, groups }) => ({
  kind,
  kernel_height,
  kernel_size,
  count: out_channels,
  depth: in_channels / groups,
  groups,
});

// How deep a channel is, relative to the side of a cell in front: the same for all kernels of a picture. The deepest
// kernel is at most `times` as deep as the largest is wide.
export function depthPerCell(kernels, times = 2.4) {
  const [size, depth] = ["kernel_size", "depth"].map((name) => Math.max(...kernels.map((each) => each[name])));
  return Math.min(0.4, (times * size) / depth);
}

// Where the kernels of one convolution go in a box [x, y, width, height], in rows by group, with the largest cells that
// fit. `shown` holds the numbers of the kernels that are drawn.
export function arranged(kernels, [, , width, height], perCell) {
  const { count, groups, kernel_height, kernel_size, depth } = kernels;
  const [wide, high] = [kernel_size + depth * perCell * ACROSS, kernel_height + depth * perCell * UP]; // in cells
  const few = count <= MANY;
  let best = { worth: 0 };
  for (let columns = 1; columns <= (few ? count : 8); columns++) {
    const drawn = few ? count : 2 * columns;
    const { last, place } = inRows(drawn, few ? count / groups : drawn, columns);
    const free = [width - last[0] * GAP - last[2] * APART, height - last[1] * GAP - last[3] * APART - (few ? 0 : LINE)];
    const cell = Math.min(free[0] / ((last[0] + 1) * wide), free[1] / ((last[1] + 1) * high), 11);
    const worth = few ? cell * (count % columns ? 0.7 : 1) : columns * Math.min(cell, 2); // full rows, and many of them
    if (worth > best.worth) best = { worth, cell, columns, drawn, place };
  }
  const { cell, columns, drawn, place } = best;
  const shown = numbers(drawn).map((n) => (few || n < columns ? n : count - drawn + n));
  return { cell, shown, places: numbers(drawn).map(place), few, kernels };
}

export const numbers = (count) => Array.from({ length: count }, (_, index) => index);

// Kernels in rows of so many, each group on its own; or several groups stand in a row. place(index) and `last` are
// [column, row, gaps between groups before it, the same above it], the one of a kernel, the other the largest of each.
function inRows(count, perGroup, columns) {
  const rows = Math.ceil(perGroup / columns); // of a group
  const across = Math.max(1, Math.floor(columns / perGroup)); // groups in a row
  const above = (group) => (rows > 1 ? Math.floor(group / across) : 0);
  const place = (index) => {
    const [group, within] = [Math.floor(index / perGroup), index % perGroup];
    const column = (group % across) * perGroup + (within % columns);
    return [column, Math.floor(group / across) * rows + Math.floor(within / columns), group % across, above(group)];
  };
  const groups = count / perGroup;
  const [wide, high] = [Math.min(across, groups), Math.ceil(groups / across)]; // in groups
  const last = [(wide - 1) * perGroup + Math.min(columns, perGroup) - 1, high * rows - 1, wide - 1, above(groups - 1)];
  return { place, last };
}

// The kernels, in the middle of their box. `cell` is the side of a cell. Returns {nodes, at}: at(number) is the place
// {x, y, side, depth} of that kernel's front face, or undefined if it is left out.
export function drawKernels({ shown, places, few, kernels }, [left, top, width, height], cell, perCell) {
  const [side, tall] = [kernels.kernel_size * cell, kernels.kernel_height * cell];
  const depth = kernels.depth * perCell * cell;
  const [wide, high] = [side + depth * ACROSS + GAP, tall + depth * UP + GAP];
  const sits = places.map(([column, row, before, above]) => [
    column * wide + before * APART,
    row * high + above * APART + (row && !few ? LINE : 0),
  ]);
  const [right, bottom] = [0, 1].map((axis) => Math.max(...sits.map((place) => place[axis])));
  const x0 = left + (width - right - wide + GAP) / 2;
  const y0 = top + (height - bottom - high + GAP) / 2 + depth * UP;
  const found = sits.map(([x, y]) => ({ x: x0 + x, y: y0 + y, side, height: tall, depth }));
  const more = few
    ? []
    : [label(left + width / 2, y0 + tall + 12, `⋯ ${captions.more(kernels.count - shown.length, width)} ⋯`)];
  const at = (number) => found[shown.indexOf(number)];
  return { nodes: [...prisms(found, kernels, cell), ...more], at, shown, found };
}

// Blocks, slices or rods in no more paths than a single one: outlines in the kind's color, two shades, lines.
function prisms(places, kernels, cell) {
  const { kind, kernel_size, kernel_height } = kernels;
  const faces = facesOf(places[0]); // alike for all
  const many = cell >= 2.2 && kernel_size * kernel_height > 1;
  const cells = many ? placed(places, grid(places[0], kernel_size, kernel_height)) : "";
  return [
    ...shaded(places, faces, kind, classOf(kernels)),
    ...(cells ? [stroke(cells, "ink", 0.4)] : []),
    stroke(placed(places, faces.outline + faces.edges), "ink", Math.min(0.8, cell / 6)),
  ];
}

// Solids in the color of a kind, without lines.
export const shaded = (places, faces, kind, name) => [
  fill(placed(places, faces.outline), kind, { class: name }),
  fill(placed(places, faces.top), "text", { "fill-opacity": SHADES.top }),
  fill(placed(places, faces.right), "text", { "fill-opacity": SHADES.side }),
];

// Shapes, for placed().
export function facesOf({ side, depth = 0, height = side }) {
  const [s, h, dx, dy] = [side, height, depth * ACROSS, depth * UP].map(round);
  return {
    outline: `l${dx} ${-dy}h${s}v${h}l${-dx} ${dy}h${-s}Z`,
    top: `l${dx} ${-dy}h${s}l${-dx} ${dy}Z`,
    right: `m${s} 0l${dx} ${-dy}v${h}l${-dx} ${dy}Z`,
    edges: `h${s}v${h}m0 ${-h}l${dx} ${-dy}`,
  };
}

export function grid({ side, height = side }, columns, rows = columns) {
  const [s, h] = [side, height].map(round);
  const inner = (count, length) => numbers(count - 1).map((index) => round(((index + 1) * length) / count));
  return [
    ...inner(columns, side).map((d) => `m${d} 0v${h}m${-d} ${-h}`),
    ...inner(rows, height).map((d) => `m0 ${d}h${s}m${-s} ${-d}`),
  ].join("");
}
