// The explorer of MobileNetV2 at any width and resolution: where its cost lies, and what is published about it.

import { HEIGHT, blockScene, drawBlock } from "./blocks.js";
import { planNumbers } from "./counting.js";
import { WIDTH, label, line, picture, rectangle, stroke } from "./drawing.js";
import { percent, short, whole } from "./format.js";
import { mobilenetV2 } from "./networks.js";
import { BAR, legend, names, places, stacks } from "./profile.js";
import { latest, stepper } from "./stepper.js";
import { cost, describePlan } from "./words.js";

const width = (width_mult) => (Number.isInteger(width_mult) ? width_mult.toFixed(1) : String(width_mult));

export const words = {
  title: "MobileNetV2 at any width and resolution",
  try: "Can you find two settings with nearly the same MACs but very different params?",
  headline: cost,
  sentence: ({ width_mult, resolution }, accuracy) =>
    `MobileNetV2 at width ${width(width_mult)} for ${resolution}×${resolution} pixels. ${accuracy}`,
  accuracy: (rows) =>
    `Published top-1 accuracy: ${rows.map(({ top1, source }) => `${top1}% (${source})`).join(" and ")}.`,
  noAccuracy: (sources) => `No accuracy is published for this setting in ${sources.join(" or ")}.`,
  head: ["", "computed", "of 1.0 at 224", "published"],
  none: "none",
  rows: { params: "params", macs: "MACs", flops: "FLOPs = 2 × MACs", activations: "activations" },
  top1: "top-1 accuracy",
  millions: (printed) => `${printed}M`,
  percent: (printed) => `${printed}%`,
  panel: (name, total, { name: part, largest }) => `${name}: ${short(total)}, largest part: ${part}, ${short(largest)}`,
  reference: "1.0 at 224",
  alt: ({ width_mult, resolution }, panels) =>
    `MobileNetV2 at width ${width(width_mult)} for ${resolution}×${resolution} pixels, a bar per part from stem to ` +
    `classifier, divided by kind of layer: ${panels.join("; ")}. Lines show width 1.0 at 224 pixels. Below them are ` +
    `the kernels of one block.`,
  step: "block",
  block: (part) => `${part.name}: ${cost(part)}`,
  altPanel: (name, total, { name: part, largest }) => `${whole(total)} ${name}, ${whole(largest)} of them in ${part}`,
};

const PANELS = ["params", "macs", "activations"];
const FULL = { width_mult: 1, resolution: 224 };

const fullSize = latest((table) => mobilenetV2(FULL, table));

export const count = latest((settings, { table }) => ({ plan: mobilenetV2(settings, table), full: fullSize(table) }));

export function numbers(settings, data) {
  const { plan } = count(settings, data);
  return { ...planNumbers(plan), activations: plan.activations };
}

export function describe(settings, data) {
  const { plan, full } = count(settings, data);
  const rows = data.published.filter((row) => Object.entries(settings).every(([name, value]) => row[name] === value));
  const sources = [...new Set(data.published.map(({ source }) => source))];
  const accuracy = rows.length ? words.accuracy(rows) : words.noAccuracy(sources);
  const printed = (key, print) => rows.flatMap((row) => (row[key] ? [print(row[key])] : [])).join("; ");
  return {
    headline: words.headline(plan),
    sentence: words.sentence(settings, accuracy),
    table: {
      head: words.head,
      rows: [
        ...Object.entries(words.rows).map(([key, name]) => [
          name,
          whole(plan[key]),
          percent(plan[key] / full[key]),
          printed(key, words.millions),
        ]),
        [words.top1, "", "", printed("top1", words.percent) || words.none],
      ],
    },
    alt: words.alt(
      settings,
      PANELS.map((key) => words.altPanel(words.rows[key], plan[key], largest(plan, key))),
    ),
  };
}

const largest = ({ parts }, key) => {
  const part = parts.reduce((best, each) => (each[key] > best[key] ? each : best));
  return { name: part.name, largest: part[key] };
};

// --- The picture: a panel per number, a bar per part, divided by kind of layer. ---

const [HIGH, APART] = [48, 72]; // of a panel, and from one to the next
const BELOW = PANELS.length * APART; // the names of the parts go here, and the block below them

const scene = latest((settings, data) => {
  const { plan, full } = count(settings, data);
  const [parts, reference] = [plan, full].map((network) => network.parts.filter(({ macs }) => macs));
  const panels = PANELS.map((key, row) => {
    const most = Math.max(...[...parts, ...reference].map((part) => part[key]));
    return { key, bottom: APART * (row + 1) - 6, scale: HIGH / most };
  });
  return { plan, parts, reference, panels, middles: places(parts.length - 3) };
});

export function draw(settings, data) {
  const { plan, parts, reference, panels, middles } = scene(settings, data);
  const kinds = [...new Set(parts.flatMap(({ steps }) => steps.map(({ kind }) => kind)))];
  const drawn = panels.flatMap(({ key, bottom, scale }) => {
    const marks = reference.map((part, index) => {
      const [x, y] = [middles[index], bottom - part[key] * scale];
      return line([x - BAR / 2 - 1, y], [x + BAR / 2 + 1, y]);
    });
    return [
      label(0, bottom - HIGH - 6, words.panel(words.rows[key], plan[key], largest(plan, key)), { anchor: "start" }),
      ...stacks(parts, kinds, key, middles, bottom, scale),
      stroke(line([0, bottom], [WIDTH, bottom]), "faint"),
      stroke(marks.join(""), "text", 2),
    ];
  });
  return picture(
    BELOW + 56 + HEIGHT,
    ...drawn,
    ...names(parts, middles, BELOW + 8),
    ...legend(kinds, BELOW + 32, words.reference),
  );
}

// --- One block of the network, drawn with its kernels ---

export const control = stepper(words.step);

// What the stepper goes through: the blocks, numbered from 0.
export function sequence(settings, data) {
  const { parts, panels, middles } = scene(settings, data);
  const lit = (number) => {
    const [part, middle] = [parts[number + 1], middles[number + 1]];
    const outlines = panels.map(({ key, bottom, scale }) => {
      const height = Math.max(4, part[key] * scale + 2);
      return rectangle(middle - BAR / 2 - 1, bottom - height + 1, BAR + 2, height);
    });
    const nodes = [
      stroke(outlines.join("") + rectangle(middle - 9, BELOW - 4, 18, 16), "mark", 2, { class: "chosen" }),
      label(0, BELOW + 52, words.block(part), { anchor: "start", bold: true }),
      ...drawBlock(blockScene(part, BELOW + 56)),
    ];
    return { nodes, told: describePlan(part.name.replace("b", "B"), part) };
  };
  const blocks = parts.length - 3;
  return {
    count: blocks,
    at: (number) => number,
    numberOf: (number) => number,
    kept: (number = 2) => number,
    name: (number) => parts[number + 1].name,
    pointed: (_, [x, y]) => {
      const found = middles.findIndex((middle) => Math.abs(x - middle) <= 9) - 1;
      return y < BELOW + 12 && found >= 0 && found < blocks ? found : undefined;
    },
    lit,
  };
}
