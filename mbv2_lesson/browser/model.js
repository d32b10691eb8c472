// The explorer of any counted network: where its cost lies, a layer's kernels, and what separable ones would save.

import { costOf } from "./counting.js";
import { WIDTH, label, picture } from "./drawing.js";
import { percent, ratio, short, times, whole } from "./format.js";
import { captions, kernelsOf } from "./kernels.js";
import { HIGH, clipped, drawLayer } from "./layer.js";
import { networkOf, weightsOf } from "./layers.js";
import { barAt, profile } from "./layer_bars.js";
import { pointIn } from "./pointing.js";
import { cost } from "./words.js";

export const words = {
  title: "The profile of a network",
  try: "Which layer has the most MACs, and which the most parameters? Then make the convolutions separable.",
  headline: cost,
  place: ({ name, type }, number, count) => `Layer ${number} of ${count}, “${name}”${type && ` (${type})`}:`,
  convolution: ({ kind, input, output }, kernels) =>
    `a ${kind} convolution, kernels: ${captions.kernels(kernels)}, from ${times(input)} to ${times(output)}.`,
  between: ({ input, output }) => `from ${times(input)} to ${times(output)}.`,
  outside: "parameters that belong to no layer.",
  share: (number, total, metric) => `${whole(number)} of ${whole(total)} ${metric}, ${percent(number / total)}.`,
  nothing: (metric) => `The network has no ${metric}.`,
  separable: (multiplier, asked, numbers, pays) =>
    `Separable with M = ${multiplier}${multiplier < asked ? " (a higher M would add nothing)" : ""}: ` +
    `${numbers.slice(0, 2).map(whole).join(" + ")} weights instead of ${whole(numbers[2])}` +
    `${pays ? "" : ", which does not pay"}.`,
  shared: "Its weights were counted at an earlier call.",
  left: (reason) => `It is not made separable: ${reason}.`,
  none: "No convolution of this network can be made separable.",
  head: ["", "params", "MACs", "activations"],
  layer: "this layer",
  before: "as counted",
  after: "made separable",
  ratio: "made separable / as counted",
  panel: (metric, total, instead) =>
    `${metric}: ${short(total)}${instead === total ? "" : `, as counted ${short(instead)}`}`,
  highest: (name, share) => (share ? `the highest is ${name}, ${share}` : "none has a height"),
  alt: (panel, count, highest, layer) =>
    `A bar per layer, ${whole(count)} in all. ${panel}; ${highest}. Below: ${layer}.`,
  altLayer: ({ name, type }, steps) => [name, ...(steps ? steps.map(captions.kernels) : [type])].join(", "),
};

const KEYS = { params: "params", MACs: "macs", activations: "activations" };

// What is compared with Python's.
export function count(settings, data) {
  const { before, after, shown } = networkOf(settings, data);
  const layers = shown.layers.map(({ steps }) => Object.fromEntries(steps.map((step) => [step.kind, costOf([step])])));
  return { before: costOf([before]), after: costOf([after]), kinds: Object.fromEntries(shown.kinds), layers };
}

const numberOf = ({ layer }, { options }) => options.layer.indexOf(layer);

export function numbers(settings, data) {
  const { layers, params, macs, activations } = networkOf(settings, data).shown;
  const layer = layers[numberOf(settings, data)];
  return { params, MACs: macs, activations, "MACs of the layer": layer.macs, "weights of the layer": layer.weights };
}

export function describe(settings, data) {
  const { metric } = settings;
  const { before, after, shown } = networkOf(settings, data);
  const [index, key] = [numberOf(settings, data), KEYS[metric]];
  const [layer, was] = [shown.layers[index], before.layers[index]];
  const highest = shown.layers.reduce((best, each) => (each[key] > best[key] ? each : best));
  const keys = Object.values(KEYS);
  const row = (name, costs) => [name, ...keys.map((each) => whole(costs[each]))];
  const ratios = keys.map((each) => (before[each] ? ratio(after[each] / before[each]) : ""));
  const any = before.layers.some(({ replaceable }) => replaceable);
  const sentence = [
    words.place(layer, index + 1, shown.layers.length),
    what(was),
    shown[key] ? words.share(layer[key], shown[key], metric) : words.nothing(metric),
    ...(was.kernel_size && !was.weights ? [words.shared] : []),
    ...(layer.steps.length > 1 ? [instead(layer, was, settings)] : []),
    ...(settings.separable && was.left ? [words.left(was.left)] : []),
    ...(any ? [] : [words.none]),
  ];
  return {
    headline: words.headline(shown),
    sentence: sentence.join(" "),
    table: {
      head: words.head,
      rows: [
        row(words.layer, layer),
        ...shown.kinds.map(([name, costs]) => row(name, costs)),
        row(words.before, before),
        ...(any ? [row(words.after, after), [words.ratio, ...ratios]] : []),
      ],
    },
    alt: words.alt(
      words.panel(metric, shown[key], before[key]),
      shown.layers.length,
      words.highest(highest.name, shown[key] && percent(highest[key] / shown[key])),
      words.altLayer(was, was.kernel_size && layer.steps.map(kernelsOf)),
    ),
  };
}

function what(layer) {
  if (layer.kernel_size) return words.convolution(layer, kernelsOf(layer));
  return layer.input.length && layer.output.length ? words.between(layer) : words.outside;
}

function instead({ steps, macs }, was, { depth_multiplier }) {
  const multiplier = steps[0].out_channels / was.in_channels;
  return words.separable(multiplier, depth_multiplier, [...steps, was].map(weightsOf), macs < was.macs);
}

function bars(settings, data) {
  const { before, shown } = networkOf(settings, data);
  const [key, number] = [KEYS[settings.metric], numberOf(settings, data)];
  return profile(before, shown, key, number, words.panel(settings.metric, shown[key], before[key]));
}

export function draw(settings, data) {
  const { before, after, shown } = networkOf(settings, data);
  const [was, then, now] = [before, after, shown].map(({ layers }) => layers[numberOf(settings, data)]);
  const { nodes, bottom, middle } = bars(settings, data);
  const name = clipped(settings.layer, 50);
  const half = (7.8 * name.length) / 2;
  return picture(
    bottom + 28 + HIGH,
    ...nodes,
    label(Math.min(Math.max(middle, half), WIDTH - half), bottom + 13, name, { bold: true }),
    ...drawLayer(was, was.replaceable ? [was.steps, then.steps] : [was.steps], now.steps, bottom + 26),
  );
}

// A click on a bar chooses its layer.
export const pointed = (settings, data, svg, event) => layerAt(settings, data, pointIn(svg, event));

export function layerAt(settings, data, point) {
  const names = data.options.layer;
  const index = barAt(point, names.length, bars(settings, data).bottom);
  return index === undefined ? undefined : { layer: names[index] };
}
