// Feature maps as a stack of sheets, in the same projection as the kernels.

import { color, fill, label, line, placed, rectangle, round, stroke } from "./drawing.js";
import { ACROSS, MANY, UP, captions, grid, numbers } from "./kernels.js";

// Lengths that all stacks of a picture share: the side of an element, and the way from one map to the next. The largest
// map with its padding is `side` wide, and the deepest stack `depth` deep.
export function scaleOf(shapes, side, depth, padding = 0) {
  const [channels, size] = [1, 2].map((axis) => Math.max(...shapes.map((shape) => shape[axis])));
  const rim = padding && Math.max(padding * (side / (size + 2 * padding)), 2.5); // so that it can be seen
  return { pixel: (side - 2 * rim) / size, layer: Math.min(8, depth / Math.max(1, channels - 1)), rim };
}

// The stack of a shape (N, C, H, W), its front map with the lower left corner at (left, bottom). sheet(number) is a
// map's place {x, y, side}. If there are too many maps for the eye, only as many are drawn as it can tell apart.
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

const square = ({ x, y, side }) => rectangle(x, y, side, side);

// The part of a square that the one in front of it leaves visible.
function strip(front, behind) {
  const [right, bottom] = [behind.x + behind.side, behind.y + behind.side];
  const [inner, top] = [front.x + front.side, front.y];
  if (inner < behind.x || top > bottom) return square(behind);
  const [x, y, ...ends] = [behind.x, behind.y, right, bottom, inner, top].map(round);
  return `M${x} ${y}H${ends[0]}V${ends[1]}H${ends[2]}V${ends[3]}H${x}Z`;
}

// A depthwise convolution's kernels, flat, in the order of the maps in the stack next to them, with threads to these.
// The box is [x, y, width, height]. Returns {nodes, at} as drawKernels does.
export function besideMaps(kernels, { sheet }, [left, top, width, height], cell) {
  const { count, kernel_size, kind } = kernels;
  const side = kernel_size * cell;
  const all = count <= MANY;
  const shown = all ? numbers(count) : [...numbers(8), ...numbers(8).map((n) => count - 8 + n)];
  const [right, up] = [width - side, height - side].map((free) => Math.min(free / (all ? count - 1 || 1 : 31), 7));
  const place = (_, index) => {
    const n = all ? index : index < 8 ? index : 16 + index;
    return { x: left + n * right, y: top + height - side - n * up, side };
  };
  const found = shown.map(place);
  const outline = found.map((each, index) => (index ? strip(found[index - 1], each) : square(each))).join("");
  const threads = (count > 16 ? [0, found.length - 1] : numbers(count)).map((index) => {
    const map = sheet(shown[index]);
    return line([map.x + map.side, map.y + map.side / 2], [found[index].x, found[index].y + side / 2]);
  });
  return {
    nodes: [
      stroke(threads.join(""), "faint", 0.5),
      fill(outline, kind, { class: "slice", stroke: color("ink"), "stroke-width": Math.min(0.6, right / 5) }),
      ...(cell >= 2.2 && kernel_size > 1 ? [stroke(placed([found[0]], grid(found[0], kernel_size)), "ink", 0.4)] : []),
      ...(all
        ? []
        : [label(left + width / 2, top + height / 2 + 4, `⋯ ${captions.more(count - shown.length, width)} ⋯`)]),
    ],
    at: (number) => found[shown.indexOf(number)],
    found,
    edge: Math.max(0.4, Math.min(1.8, right / 4)), // the widest line that leaves some of the slice visible
  };
}
