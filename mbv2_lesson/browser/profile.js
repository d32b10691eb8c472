// A bar per part of a network, divided by kind of layer.

import { costOf } from "./counting.js";
import { WIDTH, bars, label, line, stroke } from "./drawing.js";

export const BAR = 15; // how wide a bar is

// The middle of each bar: stem, blocks, head, classifier.
export function places(blocks) {
  const ofBlocks = Array.from({ length: blocks }, (_, index) => 45 + (286 * index) / (blocks - 1));
  return [16, ...ofBlocks, 362, 414];
}

// Stacked bars of several kinds, a path or two per kind.
export function stacks(parts, kinds, key, middles, bottom, scale) {
  const tops = parts.map(() => bottom);
  return kinds.flatMap((kind) => {
    const rectangles = parts.flatMap(({ steps }, index) => {
      const found = steps.filter((step) => step.kind === kind);
      const height = found.length && costOf(found)[key] * scale;
      tops[index] -= height;
      return height ? [[middles[index] - BAR / 2, tops[index], BAR, height]] : [];
    });
    return bars(rectangles, kind, 0.6);
  });
}

export function names(parts, middles, y) {
  return parts.map(({ name }, index) =>
    index === parts.length - 1
      ? label(WIDTH - 1, y, name, { anchor: "end" })
      : label(middles[index], y, name.replace("block ", "")),
  );
}

export function legend(kinds, y, reference) {
  let x = 0;
  const entries = kinds.flatMap((kind) => {
    const left = x;
    x += 30 + 6.2 * kind.length;
    return [...bars([[left, y - 11, 16, 12]], kind, 0.6), label(left + 20, y, kind, { anchor: "start" })];
  });
  const mark = stroke(line([x, y - 4], [x + 16, y - 4]), "text", 2);
  return [...entries, mark, label(x + 20, y, reference, { anchor: "start" })];
}
