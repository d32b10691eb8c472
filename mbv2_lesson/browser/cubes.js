// One kernel enlarged, or the patch that it covers, in cubes that can be counted.

import { line, placed, stroke } from "./drawing.js";
import { ACROSS, UP, facesOf, shaded } from "./kernels.js";

const [IN_FRONT, BEHIND] = [9, 3]; // layers that are drawn of a kernel that is a few layers deeper than both together

// kernel_size x kernel_size x depth cubes, sides at most `longest`, in the middle of a box [x, y, width, height].
// Returns {nodes, outline, cell}; `cell` is the side of a cube.
export function cubes({ kernel_size, depth }, [x, y, width, height], name, longest = 14) {
  const all = depth <= IN_FRONT + BEHIND + 4;
  const layers = all ? depth : IN_FRONT + BEHIND + 3; // and room for a gap of three
  const deep = 0.5; // a cube, foreshortened
  const [wide, high] = [ACROSS, UP].map((part) => kernel_size + layers * deep * part); // in cells
  const cell = Math.min(longest, width / wide, height / high);
  const [left, top] = [x + (width - wide * cell) / 2, y + (height + high * cell) / 2 - kernel_size * cell];
  const place = (layer, number) => ({
    x: left + layer * deep * cell * ACROSS,
    y: top - layer * deep * cell * UP,
    side: kernel_size * cell,
    depth: number * deep * cell,
  });
  const edge = name === "panel" ? "text" : "ink"; // the panel is dark when the page is
  const parts = all
    ? [[0, depth]]
    : [
        [IN_FRONT + 3, BEHIND],
        [0, IN_FRONT],
      ];
  const nodes = parts.flatMap(([first, number]) => {
    const here = place(first, number);
    const faces = facesOf(here);
    return [
      ...shaded([here], faces, name, "cubes"),
      stroke(lines(here, kernel_size, number), edge, 0.5),
      stroke(placed([here], faces.outline + faces.edges), edge, 0.9),
    ];
  });
  const dots = all
    ? []
    : [stroke(gap(place(IN_FRONT, 3)), "text", 2.2, { "stroke-dasharray": "0 4.2", "stroke-linecap": "round" })];
  const outlines = parts.map(([first, number]) =>
    placed([place(first, number)], facesOf(place(first, number)).outline),
  );
  return { nodes: [...nodes, ...dots], outline: outlines.join(""), cell };
}

// From the middle of the front part's right side to that of the one behind.
const gap = ({ x, y, side, depth }) =>
  line([x + side, y + side / 2], [x + side + depth * ACROSS, y + side / 2 - depth * UP]);

// The edges of the cubes on the three faces that can be seen.
function lines({ x, y, side, depth }, size, layers) {
  const [dx, dy] = [depth * ACROSS, depth * UP];
  const [right, bottom] = [x + side, y + side];
  const found = [];
  for (let n = 1; n < size; n++) {
    const d = (n * side) / size;
    found.push(line([x, y + d], [right, y + d], [right + dx, y + d - dy]));
    found.push(line([x + d, bottom], [x + d, y], [x + d + dx, y - dy]));
  }
  for (let n = 1; n < layers; n++) {
    const [a, b] = [(n * dx) / layers, (n * dy) / layers];
    found.push(line([x + a, y - b], [right + a, y - b], [right + a, bottom - b]));
  }
  return found.join("");
}
