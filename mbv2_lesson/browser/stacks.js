// Feature maps as a stack of sheets, in the same projection as the kernels.

import { color, fill, rectangle, stroke } from "./drawing.js";
import { ACROSS, UP } from "./kernels.js";

// Lengths that all stacks of a picture share: of an element of a map, and from one map to the next. The largest map
// with its padding is `side` wide, the deepest stack `depth` deep.
export function scaleOf(shapes, side, depth, padding = 0) {
  const [channels, size] = [1, 2].map((axis) => Math.max(...shapes.map((shape) => shape[axis])));
  const rim = padding && Math.max(padding * (side / (size + 2 * padding)), 2.5); // so that it can be seen
  return { pixel: (side - 2 * rim) / size, layer: Math.min(8, depth / Math.max(1, channels - 1)), rim };
}

// The stack of a shape (N, C, H, W), its front map with the lower left corner at (left, bottom). sheet(number) is a
// map's place {x, y, side}. Where the maps are too many for the eye, as many are drawn as it can tell apart.
export function stack([, channels, size], left, bottom, { pixel, layer, rim }, padded = false) {
  const side = Math.max(2, size * pixel);
  const [x, y] = [left + (padded ? rim : 0), bottom - side - (padded ? rim : 0)];
  const sheet = (number) => ({ x: x + number * layer * ACROSS, y: y - number * layer * UP, side });
  const drawn = Math.min(channels, 1 + Math.floor(((channels - 1) * layer) / 2));
  const at = (index) => sheet(drawn > 1 ? (index * (channels - 1)) / (drawn - 1) : 0);
  const strips = Array.from({ length: drawn - 1 }, (_, index) => strip(at(index), at(index + 1)));
  const edge = { stroke: color("text"), "stroke-width": 0.5, "stroke-linejoin": "round" };
  const nodes = [
    fill(strips.join(""), "background", edge),
    fill(rectangle(x, y, side, side), "panel", edge),
    ...(padded && rim ? [frame(x - rim, y - rim, side + 2 * rim)] : []),
  ];
  return { nodes: nodes.filter(({ attributes }) => attributes.d), sheet, side, pixel: side / size, last: channels - 1 };
}

const frame = (x, y, side) => stroke(rectangle(x, y, side, side), "text", 0.8, { "stroke-dasharray": "2 2" });

// What of a square can be seen beside the one in front of it.
export function strip(front, behind) {
  const [right, down] = [behind.x + behind.side, behind.y + behind.side];
  const inner = front.x + front.side;
  const [a, b, c] = [`${r(behind.x)} ${r(behind.y)}H${r(right)}V${r(down)}`, `H${r(inner)}V${r(front.y)}`, r(behind.x)];
  return `M${a}${b}H${c}Z`;
}
const r = (number) => Math.round(number * 10) / 10;
