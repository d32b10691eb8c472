// The explorer of counting conventions: one network counted under any of them, next to the published numbers.

import { fill, label, picture, rectangle, stroke } from "./drawing.js";
import { ratio, whole } from "./format.js";

export const words = {
  title: "One network, many counts",
  try: "Flip switches until the count fits a published row, rounded or truncated. Then try the other two networks.",
  headline: (params, operations) => `${whole(params)} parameters, ${operations}`,
  sentence: (network, sources) =>
    `That is ${network} under this convention. ` +
    (sources.length ? `Both numbers fit ${sources.join(" and ")}.` : "No published row fits both numbers."),
  head: ["", "params", "operations"],
  count: "this count",
  operations: (number, flops) => `${number} ${flops ? "FLOPs" : "MACs"}`,
  published: (source) => `published: ${source}`,
  fits: (printed, fits) => (printed === null ? "not given" : `${printed}, ${fits ? "fits" : "differs"}`),
  panels: (flops) => ["parameters, in millions", words.operations("", flops).trim() + ", in millions"],
  pieces: { convolutions: "convolutions", classifier: "classifier", biases: "biases", norm: "batch norm" },
  alt: (network, panels) => `${network}. ${panels.join(". ")}.`,
  altPanel: ({ title, count: number, printed }) =>
    `Bars of ${title}: this count ${number}; ${printed.map(({ source, text }) => `${source}: ${text}`).join("; ")}`,
};

// What the two numbers are made of: [piece, size, whether it counts under this convention].
function piecesOf({ network, flops, batch_norm, biases, classifier }, { networks }) {
  const { convolutions, classifier: last } = networks[network];
  const each = flops ? 2 : 1;
  return {
    params: [
      ["convolutions", convolutions.weights, true],
      ["classifier", last.weights, classifier],
      ["biases", last.biases, biases && classifier],
      ["norm", convolutions.norm, batch_norm],
    ],
    operations: [
      ["convolutions", each * convolutions.macs, true],
      ["classifier", each * last.macs, classifier],
    ],
  };
}

// `fits`: for each published row, whether the params and the operations match its numbers.
export function count(settings, data) {
  const pieces = piecesOf(settings, data);
  const sum = (list) => list.reduce((total, [, size, counts]) => total + (counts ? size : 0), 0);
  const [params, operations] = [sum(pieces.params), sum(pieces.operations)];
  const fits = data.networks[settings.network].published.map(({ fitting }) => [
    fitting.params.includes(params),
    fitting.operations.includes(operations),
  ]);
  return { params, operations, fits };
}

export function numbers(settings, data) {
  const { params, operations } = count(settings, data);
  return { params, [settings.flops ? "FLOPs" : "MACs"]: operations };
}

export function describe(settings, data) {
  const { params, operations, fits } = count(settings, data);
  const { network, flops } = settings;
  const { published } = data.networks[network];
  const both = published.filter((_, row) => fits[row].every(Boolean)).map(({ source }) => source);
  const counted = words.operations(whole(operations), flops);
  return {
    headline: words.headline(params, counted),
    sentence: words.sentence(network, both),
    table: {
      head: words.head,
      rows: [
        [words.count, whole(params), counted],
        ...published.map((row, index) => [
          words.published(row.source),
          words.fits(row.params && `${row.params}M`, fits[index][0]),
          words.fits(words.operations(`${row.macs}M`, false), fits[index][1]),
        ]),
      ],
    },
    alt: words.alt(network, panels(settings, data).map(words.altPanel)),
  };
}

// --- The picture: this count and the published numbers as bars, a panel for each of the two numbers. ---

// Each is scaled to all that could be counted, so that a bar grows and shrinks with the switches.
function panels(settings, data) {
  const { params, operations, fits } = count(settings, data);
  const pieces = piecesOf(settings, data);
  const all = (list) => list.reduce((total, [, size]) => total + size, 0);
  const printed = (key, column) =>
    data.networks[settings.network].published.map((row, index) => ({
      source: row.source,
      value: Number(row[key]),
      text: words.fits(row[key], fits[index][column]),
    }));
  const [first, second] = words.panels(settings.flops);
  const [inMillions, operationsInMillions] = [ratio(params / 1e6, 2), whole(ratio(operations / 1e6, 1))];
  return [
    { title: first, pieces: pieces.params, all: all(pieces.params), count: inMillions, printed: printed("params", 0) },
    {
      title: second,
      pieces: pieces.operations,
      all: (settings.flops ? 1 : 2) * all(pieces.operations),
      count: operationsInMillions,
      printed: printed("macs", 1),
    },
  ];
}

const [LEFT, RIGHT, ROW, BAR] = [132, 332, 24, 17];

export function draw(settings, data) {
  const list = panels(settings, data);
  const height = 34 + ROW * (1 + list[0].printed.length);
  return picture(list.length * height - 10, ...list.flatMap((panel, index) => drawPanel(panel, index * height)));
}

function drawPanel({ title, pieces, all, count: number, printed }, top) {
  const scale = (RIGHT - LEFT) / Math.max(all, ...printed.map(({ value }) => 1e6 * value));
  const y = (row) => top + 22 + ROW * row;
  const row = (index, name, text) => [
    label(LEFT - 6, y(index) + 13, name, { anchor: "end" }),
    label(RIGHT + 6, y(index) + 13, text, { anchor: "start", bold: index === 0 }),
  ];
  const published = printed.flatMap(({ value }, index) =>
    value ? [rectangle(LEFT, y(index + 1), 1e6 * value * scale, BAR)] : [],
  );
  return [
    label(LEFT, top + 13, title, { anchor: "start", bold: true }),
    ...row(0, words.count, number),
    ...drawPieces(pieces, y(0), scale),
    fill(published.join(""), "panel", { stroke: "var(--mbv2-text)" }),
    ...printed.flatMap(({ source, text }, index) => row(index + 1, source.split(/[,']/)[0], text)),
  ];
}

const COLORS = { convolutions: "standard", classifier: "linear", biases: "grouped", norm: "grouped" };

// What counts comes first; what does not is only outlined.
function drawPieces(pieces, y, scale) {
  let x = LEFT;
  return pieces
    .toSorted(([, , first], [, , second]) => second - first)
    .flatMap(([piece, size, counts]) => {
      const [left, width, name] = [x, size * scale, words.pieces[piece]];
      x += width;
      const shape = rectangle(left, y, width, BAR);
      return [
        counts ? fill(shape, COLORS[piece], { stroke: "var(--mbv2-ink)" }) : stroke(shape, "faint", 1, DASHED),
        ...(width > 6 * name.length + 4
          ? [label(left + width / 2, y + 13, name, { name: counts ? "ink" : "text" })]
          : []),
      ];
    });
}

const DASHED = { "stroke-dasharray": "3 3" };
