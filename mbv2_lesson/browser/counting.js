// The counting rules of mbv2_lesson/plans, the only rules written twice; the tests hold both equal.
// Settings have the names that Python's arguments have. Shapes are (N, C, H, W) with N = 1; one MAC is one
// multiplication and one addition.

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
    norm: spec.batch_norm ? 2 * spec.out_channels : 0,
    macs: weights * outputSize[0] * outputSize[1],
  };
}

// Steps that each take the size that the one before gives, and their sums.
function plan(size, layers) {
  const steps = [];
  for (const [name, layer] of layers) {
    steps.push(step(name, layer, steps.length ? steps.at(-1).output.slice(2) : [size, size]));
  }
  const sum = (key) => steps.reduce((total, each) => total + each[key], 0);
  const cost = { weights: sum("weights"), norm: sum("norm"), macs: sum("macs") };
  return {
    steps,
    input: steps[0].input,
    output: steps.at(-1).output,
    ...cost,
    params: cost.weights + cost.norm,
    flops: 2 * cost.macs,
  };
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

// `reasons` holds the sentences of mbv2_lesson/plans/blocks.py for a block that has no shortcut.
export function invertedResidual(settings, reasons) {
  const { in_channels, out_channels, expand_ratio, stride, size, linear, always_expand } = settings;
  const hidden = in_channels * expand_ratio;
  const relu6 = { batch_norm: true, activation: "ReLU6" };
  const layers = [
    ["depthwise", { in_channels: hidden, out_channels: hidden, kernel_size: 3, stride, groups: hidden, ...relu6 }],
    ["project", { in_channels: hidden, out_channels, kernel_size: 1, ...relu6, activation: linear ? null : "ReLU6" }],
  ];
  if (always_expand || expand_ratio !== 1) {
    layers.unshift(["expand", { in_channels, out_channels: hidden, kernel_size: 1, ...relu6 }]);
  }
  const against = [];
  if (stride !== 1) against.push(reasons.stride);
  if (in_channels !== out_channels) against.push(reasons.channels);
  const filled = against.map((words) => words.replace(/\{(\w+)\}/g, (_, name) => settings[name]));
  return { ...plan(size, layers), hasShortcut: !against.length, noShortcutBecause: filled.join(" and ") };
}

// A plan's whole numbers under the names that Python gives them, to be compared.
export function planNumbers({ params, macs, flops, steps }) {
  const each = steps.flatMap((step) => [
    [`${step.name} weights`, step.weights],
    [`${step.name} MACs`, step.macs],
  ]);
  return { params, MACs: macs, FLOPs: flops, ...Object.fromEntries(each) };
}
