// What can be read from a drawing, the tree that an explorer's draw() returns.

const BROKEN = /NaN|undefined|Infinity|null|\[object/;
const NUMBER = /[^\s,]+/g;
const LETTER = 0.55; // the width of an average character, per font size: rather too little than too much

function* elements(node) {
  yield node;
  for (const child of node.children) if (typeof child !== "string") yield* elements(child);
}

// The corners of each part of a path that is drawn in one go.
export function subpaths(d) {
  const found = [];
  let [x, y, here] = [0, 0];
  for (const [, command, text] of d.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
    const numbers = text.match(NUMBER)?.map(Number) ?? [];
    const relative = command >= "a";
    switch (command.toLowerCase()) {
      case "h":
        here.push([(x = (relative ? x : 0) + numbers[0]), y]);
        break;
      case "v":
        here.push([x, (y = (relative ? y : 0) + numbers[0])]);
        break;
      case "z":
        [x, y] = here[0];
        break;
      case "m":
      case "l":
        for (let index = 0; index < numbers.length; index += 2) {
          // After the first pair each further one is relative to the one before.
          x = (relative ? x : 0) + numbers[index];
          y = (relative ? y : 0) + numbers[index + 1];
          if (index === 0 && (command === "m" || command === "M")) found.push((here = []));
          here.push([x, y]);
        }
        break;
      default:
        throw new Error(`no rule for ${command} in the path ${d}`);
    }
  }
  return found;
}

export function box(corners) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of corners) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return [left, top, right, bottom];
}

// Boxes of what is drawn with one of these classes, a box per part of a path, in the order of the drawing.
export const boxes = (drawing, ...classes) => corners(drawing, ...classes).map(box);

function textBox({ x, y, "font-size": size, "text-anchor": anchor, transform }, text) {
  const length = LETTER * size * text.length;
  const before = { start: 0, middle: length / 2, end: length }[anchor];
  if (transform) return [x, y - length / 2, x, y + length / 2]; // only a turned label in the middle of its axis
  return [x - before, y - size, x - before + length, y];
}

function boxesOf({ tag, attributes, children }) {
  if (tag === "path") return subpaths(attributes.d).map(box);
  if (tag === "text") return [textBox(attributes, children.join(""))];
  if (tag === "rect" || tag === "image") {
    const { x, y, width, height } = attributes;
    return [[x, y, x + width, y + height]];
  }
  if (tag === "circle") {
    const { cx, cy, r } = attributes;
    return [[cx - r, cy - r, cx + r, cy + r]];
  }
  if (tag === "svg" || tag === "g") return [];
  throw new Error(`no rule for the element ${tag}`);
}

// What is wrong with a drawing, in words.
export function faults(drawing) {
  const all = [...elements(drawing)];
  const found = [];
  const [, width, height] = /^0 0 ([\d.]+) ([\d.]+)$/.exec(drawing.attributes.viewBox) ?? [];
  if (drawing.tag !== "svg" || !(height > 0)) found.push(`the root is ${drawing.tag}, ${drawing.attributes.viewBox}`);
  if (all.filter(({ tag }) => tag === "svg").length !== 1) found.push("an svg within the svg");
  for (const { tag, attributes, children } of all) {
    for (const value of [...Object.values(attributes), ...children.filter((child) => typeof child === "string")]) {
      if (BROKEN.test(String(value))) found.push(`${tag}: ${value}`);
    }
    for (const [left, top, right, bottom] of boxesOf({ tag, attributes, children })) {
      const inside = left >= -0.06 && top >= -0.06 && right <= Number(width) + 0.06 && bottom <= Number(height) + 0.06;
      if (!inside) found.push(`${tag} ${attributes.class ?? ""} ${children.join("")} at ${[left, top, right, bottom]}`);
    }
  }
  return found;
}

// What is wrong with the words of describe(), in words.
export function faultsInWords({ headline, sentence, table, alt }) {
  const found = [headline, sentence, alt, ...table.head, ...table.rows.flat()].filter((text) => BROKEN.test(text));
  if (!/^\S.*[^.!?\s]$/.test(headline)) found.push(`headline: ${headline}`);
  for (const text of [sentence, alt]) if (!/^[A-Z].*\.$/.test(text)) found.push(`no sentence: ${text}`);
  if (table.rows.some((row) => row.length !== table.head.length)) found.push(`table: ${JSON.stringify(table)}`);
  return found;
}

// The corners of the same.
export function corners(drawing, ...classes) {
  const wanted = [...elements(drawing)].filter(({ attributes }) => classes.includes(attributes.class));
  return wanted.flatMap(({ attributes }) => subpaths(attributes.d));
}

// Texts that touch another, by their estimated widths.
export function touching(drawing) {
  const texts = [...elements(drawing)].filter(({ tag, attributes }) => tag === "text" && !attributes.transform);
  const placed = texts.map(({ attributes, children }) => [children.join(""), textBox(attributes, children.join(""))]);
  const touch = ([, a], [, b]) => a[2] >= b[0] && b[2] >= a[0] && a[3] >= b[1] + 1 && b[3] >= a[1] + 1;
  const pairs = placed.flatMap((text, index) => placed.slice(index + 1).map((other) => [text, other]));
  return pairs.filter((pair) => touch(...pair)).map((pair) => pair.map(([words]) => words));
}
