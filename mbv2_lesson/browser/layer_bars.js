// A bar per layer of a network, in the colors of its kind.

import { WIDTH, bars, fill, label, line, polygon, rectangle, stroke } from "./drawing.js";

const [LEFT, HEIGHT, ROW] = [2, 104, 18]; // of the first bar; of the highest; of a line of the legend
const room = (count) => (WIDTH - 2 * LEFT) / count; // for a bar and the gap next to it

export const words = {
  before: "as counted",
};

// `before` and `shown` are networks, `key` says which cost is shown, `chosen` is a layer's number. Returns {nodes,
// bottom, middle}, the last two of the mark below the chosen bar.
export function profile({ layers: before }, { layers: shown, kinds: costs }, key, chosen, title) {
  const kinds = costs.map(([name]) => name);
  const changed = before.some((layer, index) => layer[key] !== shown[index][key]);
  const [entries, top] = legend([...kinds, ...(changed ? [words.before] : [])], 18);
  const bottom = top + 8 + HEIGHT;
  const highest = Math.max(...before.map((layer) => layer[key]), ...shown.map((layer) => layer[key]));
  const scale = highest && HEIGHT / highest;
  const each = room(shown.length);
  const width = each < 3 ? each : Math.min(0.8 * each, 40);
  const left = (index) => LEFT + (index + 0.5) * each - width / 2;
  const bases = shown.map(() => bottom);
  const stacks = kinds.flatMap((kind) => {
    const places = shown.flatMap(({ steps }, index) =>
      steps.flatMap((step) => {
        const height = step.kind === kind ? step[key] * scale : 0;
        bases[index] -= height;
        return height ? [[left(index), bases[index], width, height]] : [];
      }),
    );
    return places.length ? bars(places, kind, Math.min(0.6, width / 5)) : [];
  });
  const marks = before.flatMap((layer, index) => {
    if (layer[key] === shown[index][key]) return [];
    const y = bottom - layer[key] * scale;
    return [line([left(index) - 1, y], [left(index) + width + 1, y])];
  });
  const middle = left(chosen) + width / 2;
  const tip = Math.min(Math.max(middle, 6), WIDTH - 6);
  const column = Math.max(width + 4, 5);
  return {
    nodes: [
      label(0, 12, title, { anchor: "start", bold: true }),
      ...entries,
      fill(rectangle(Math.max(0, middle - column / 2), top + 4, column, HEIGHT + 4), "panel"),
      ...stacks,
      stroke(line([0, bottom], [WIDTH, bottom]), "faint"),
      ...(marks.length ? [stroke(marks.join(""), "text", 2)] : []),
      fill(polygon([middle, bottom + 2], [tip - 6, bottom + 11], [tip + 6, bottom + 11]), "mark"),
    ],
    bottom: bottom + 12,
    middle,
  };
}

// The number of the layer whose bar is at a point of the picture.
export function barAt([x, y], count, bottom) {
  const index = Math.floor((x - LEFT) / room(count));
  return y < bottom && index >= 0 && index < count ? index : undefined;
}

// In as many lines as it needs; [nodes, bottom].
function legend(names, top) {
  let [x, y] = [0, top];
  const entries = names.flatMap((kind) => {
    const width = 32 + 6.4 * kind.length;
    if (x + width > WIDTH) [x, y] = [0, y + ROW];
    const left = x;
    x += width;
    const sign =
      kind === words.before
        ? [stroke(line([left, y + 7], [left + 16, y + 7]), "text", 2)]
        : bars([[left + 1, y + 1, 16, 12]], kind, 0.6);
    return [...sign, label(left + 22, y + 11, kind, { anchor: "start" })];
  });
  return [entries, y + ROW];
}
