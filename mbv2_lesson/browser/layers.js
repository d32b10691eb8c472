// The layers of any network as Python counted them, and what they cost when convolutions are made separable.

import { costOf } from "./counting.js";

const COST = ["weights", "biases", "norm", "macs", "activations"];
const product = (numbers) => numbers.reduce((all, number) => all * number, 1);

const KINDS = ["standard", "depthwise", "pointwise", "grouped", "linear", "other"];
const known = new WeakMap(); // there may be hundreds of layers, and the words for all of them are needed at once

export const weightsOf = ({ kernel_size, kernel_height, in_channels, out_channels, groups }) =>
  kernel_height * kernel_size * (in_channels / groups) * out_channels;

// `before`, `after` and `shown` are {layers, kinds, ...costs}: the network as counted, with separable convolutions,
// and the one of these that is shown. A layer is {name, type, kind, input, output, steps, ...costs}, its `steps` itself
// or a depthwise and a pointwise convolution. `kinds` are [name, costs]; all have the same names.
export function networkOf({ separable, depth_multiplier }, data) {
  const networks = known.get(data) ?? [];
  known.set(data, networks);
  networks[depth_multiplier] ??= networksOf(data.layers.map(read), depth_multiplier);
  const { before, after } = networks[depth_multiplier];
  return { before, after, shown: separable ? after : before };
}

function networksOf(before, depth_multiplier) {
  const after = before.map((layer) => (layer.replaceable ? separated(layer, depth_multiplier) : layer));
  const steps = [before, after].map((layers) => layers.flatMap((layer) => layer.steps));
  const kinds = KINDS.filter((name) => steps.flat().some(({ kind }) => kind === name));
  const network = (layers, all) => ({
    layers,
    kinds: kinds.map((name) => [name, costOf(all.filter(({ kind }) => kind === name))]),
    ...costOf(layers),
  });
  return { before: network(before, steps[0]), after: network(after, steps[1]) };
}

function read([name, type, kind, input, output, numbers, kernels, left]) {
  const cost = costOf([Object.fromEntries(COST.map((key, index) => [key, numbers[index]]))]);
  const layer = { name, type, kind, input, output, left, ...cost };
  if (!kernels) return { ...layer, steps: [layer] };
  const [in_channels, out_channels, kernel_height, kernel_size, groups] = kernels;
  const step = { ...layer, in_channels, out_channels, kernel_height, kernel_size, groups };
  return { ...step, replaceable: !left, steps: [step] };
}

// Python's rule is that of Layer.separable(). A layer without weights of its own shares those of an earlier one.
function separated(layer, depth_multiplier) {
  const { in_channels, out_channels, kernel_height, kernel_size, input, output, weights, biases } = layer;
  const between = in_channels * Math.min(depth_multiplier, kernel_height * kernel_size, out_channels);
  const positions = product(output) / out_channels; // of all inputs together
  const step = (kind, spec, shape, more) => {
    const each = weightsOf(spec);
    const cost = { weights: weights && each, biases: 0, norm: 0, macs: each * positions, ...more };
    return { kind, ...spec, ...shape, ...costOf([{ ...cost, activations: spec.out_channels * positions }]) };
  };
  const middle = [...output];
  middle[middle.length - 3] = between;
  const depthwise = { in_channels, out_channels: between, kernel_height, kernel_size, groups: in_channels };
  const pointwise = { in_channels: between, out_channels, kernel_height: 1, kernel_size: 1, groups: 1 };
  const steps = [
    step("depthwise", depthwise, { input, output: middle }, {}),
    step("pointwise", pointwise, { input: middle, output }, { biases }),
  ];
  return { ...layer, ...costOf(steps), steps };
}
