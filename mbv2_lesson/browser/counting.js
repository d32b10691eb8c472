// The counting rules of mbv2_lesson/plans. These and those in networks.js are the only rules written twice; tests make
// sure that both versions agree.
// Settings are named like Python's arguments. Shapes are (N, C, H, W) with N = 1; one MAC is one multiplication and one
// addition.

// The size of the output along one direction: floor((n + 2p - k) / s) + 1.
const lengthAfter = (length, { kernel_size, stride, padding }) =>
  Math.floor((length + 2 * padding - kernel_size) / stride) + 1;

function kindOf({ in_channels, kernel_size, groups }) {
  if (groups === in_channels && groups > 1) return "depthwise";
  if (groups > 1) return "grouped";
  return kernel_size === 1 ? "pointwise" : "standard";
}

// One layer as a plan lists it. `layer` holds the arguments of a convolution, and batch_norm and activation after it.
function step(name, layer, size) {
  const { kernel_size } = layer;
  const spec = { stride: 1, padding: Math.floor(kernel_size / 2), groups: 1, ...layer };
  const weights = spec.out_channels * (spec.in_channels / spec.groups) * kernel_size ** 2;
  const outputSize = size.map((length) => lengthAfter(length, spec));
  return {
    name,
    ...spec,
    kind: kindOf(spec),
    input: [1, spec.in_channels, ...size],
    output: [1, spec.out_channels, ...outputSize],
    weights,
    biases: 0,
    norm: spec.batch_norm ? 2 * spec.out_channels : 0,
    macs: weights * outputSize[0] * outputSize[1],
    activations: spec.out_channels * outputSize[0] * outputSize[1],
  };
}

// Steps, each of which takes the size that the previous one gives, and their totals.
export function plan(size, layers) {
  const steps = [];
  for (const [name, layer] of layers) {
    steps.push(step(name, layer, steps.length ? steps.at(-1).output.slice(2) : [size, size]));
  }
  return { steps, input: steps[0].input, output: steps.at(-1).output, ...costOf(steps) };
}

export function costOf(steps) {
  const sum = (key) => steps.reduce((total, each) => total + each[key], 0);
  const [weights, biases, norm] = ["weights", "biases", "norm"].map(sum);
  const [macs, activations] = ["macs", "activations"].map(sum);
  return { weights, biases, norm, macs, activations, params: weights + biases + norm, flops: 2 * macs };
}

export function standardConv({ size, ...layer }) {
  return plan(size, [["conv", { kernel_size: 3, ...layer }]]);
}

export function depthwiseSeparable({ in_channels, out_channels, kernel_size, stride, size, depth_multiplier = 1 }) {
  const between = in_channels * depth_multiplier;
  const depthwise = { in_channels, out_channels: between, kernel_size, stride, groups: in_channels };
  const pointwise = { in_channels: between, out_channels, kernel_size: 1 };
  return plan(size, [
    ["depthwise", depthwise],
    ["pointwise", pointwise],
  ]);
}

// A plan's counts under the names that Python gives them, for comparison.
export function planNumbers({ params, macs, flops, steps }) {
  const each = steps.flatMap((step) => [
    [`${step.name} weights`, step.weights],
    [`${step.name} MACs`, step.macs],
  ]);
  return { params, MACs: macs, FLOPs: flops, ...Object.fromEntries(each) };
}
