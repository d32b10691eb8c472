// Elements as plain objects, and the code that puts them on a page. Drawings consist of these alone.

const SVG = "http://www.w3.org/2000/svg";

// What draw() and describe() return. A child is an element or text, and text is never read as HTML.
export const element = (tag, attributes = {}, ...children) => ({ tag, attributes, children: children.flat() });

const made = new WeakMap(); // of a node: the element or the text that update() made it for

// Makes the children of `parent` match `wanted`, and leaves alone whatever matches already.
export function update(parent, wanted) {
  wanted.forEach((next, index) => {
    const old = parent.childNodes[index];
    const before = made.get(old);
    if (next === before) return;
    const same = before !== undefined && next.tag === before.tag; // a text has none
    const here = same ? old : replace(parent, old, fresh(parent, next));
    if (typeof next === "string") here.data = next;
    else {
      change(here, same ? before.attributes : {}, next.attributes);
      update(here, next.children);
    }
    made.set(here, next);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

function fresh({ namespaceURI }, { tag }) {
  if (!tag) return document.createTextNode("");
  return document.createElementNS(tag === "svg" ? SVG : namespaceURI, tag);
}

function replace(parent, old, next) {
  if (old) old.replaceWith(next);
  else parent.append(next);
  return next;
}

function change(node, before, attributes) {
  for (const name of Object.keys(before)) if (!(name in attributes)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== before[name]) node.setAttribute(name, value);
  }
}

// Nodes whose number changes, so that those behind them keep their places in the picture and are left as they are.
export const group = (nodes) => element("g", {}, ...nodes);

// --- Shapes. One unit is one pixel when the drawing is WIDTH pixels wide. ---

export const WIDTH = 440;
export const round = (number) => Math.round(number * 10) / 10;
const points = (list) => list.map(([x, y]) => `${round(x)} ${round(y)}`).join("L");
export const polygon = (...corners) => `M${points(corners)}Z`;
export const line = (...corners) => `M${points(corners)}`;
export const rectangle = (x, y, width, height) =>
  `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;

// A shape goes on from where it stands, such as "h3v3h-3Z"; this is the path of the same one in some places {x, y}.
export const placed = (places, shape) => places.map(({ x, y }) => `M${round(x)} ${round(y)}${shape}`).join("");

// Colors are the variables of style.css: text, background, panel, faint, mark, and one per kind of layer.
export const color = (name) => `var(--mbv2-${name})`;
export const fill = (d, name, more = {}) => element("path", { d, fill: color(name), ...more });
export const stroke = (d, name, width = 1, more = {}) =>
  element("path", { d, fill: "none", stroke: color(name), "stroke-width": width, "stroke-linejoin": "round", ...more });

export function label(x, y, text, { size = 12, anchor = "middle", name = "text", bold = false, ...more } = {}) {
  const weight = bold ? { "font-weight": 600 } : {};
  const place = { x: round(x), y: round(y), "font-size": size, "text-anchor": anchor, fill: color(name) };
  return element("text", { ...place, ...weight, ...more }, text);
}

export function picture(height, ...children) {
  return element("svg", { viewBox: `0 0 ${WIDTH} ${height}`, "font-family": "system-ui, sans-serif" }, ...children);
}

// A bar in the color of its kind, with hatching that shows the kind without color.
export const bar = (x, y, width, height, kind) => bars([[x, y, width, height]], kind);

// Many bars of one kind, each [x, y, width, height], in no more shapes than a single bar needs.
export function bars(places, kind, edge = 1) {
  const hatching = places.flatMap((place) => hatch(...place, kind)).join("");
  const outline = places.map((place) => rectangle(...place)).join("");
  const round = { "stroke-linecap": "round" };
  return [
    fill(outline, kind, { class: kind }),
    ...(hatching ? [stroke(hatching, "ink", kind === "pointwise" ? 2 : 1, round)] : []),
    stroke(outline, "ink", edge),
  ];
}

function hatch(x, y, width, height, kind) {
  const lines = [];
  const slopes = { depthwise: [1], linear: [-1], grouped: [1, -1] }[kind];
  if (slopes) {
    for (let start = x - height + 8; start < x + width; start += 8) {
      const [left, right] = [Math.max(start, x), Math.min(start + height, x + width)];
      const end = (slope) => (at) => [slope > 0 ? at : 2 * x + width - at, y + height - (at - start)];
      if (right > left) slopes.forEach((slope) => lines.push(line(...[left, right].map(end(slope)))));
    }
  } else if (kind === "other") {
    for (let down = y + height - 5; down > y; down -= 5) lines.push(line([x, down], [x + width, down]));
  } else if (kind === "pointwise") {
    for (let down = y + 5; down < y + height - 2; down += 7) {
      for (let across = x + 5; across < x + width - 2; across += 7) lines.push(`M${round(across)} ${round(down)}h0`);
    }
  }
  return lines;
}

export function arrow(left, right, y) {
  return [
    stroke(line([left, y], [right - 6, y]), "text", 1.4),
    fill(polygon([right, y], [right - 9, y - 4.5], [right - 9, y + 4.5]), "text"),
  ];
}
