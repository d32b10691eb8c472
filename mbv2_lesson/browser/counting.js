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
    biases: 0,
    norm: spec.batch_norm ? 2 * spec.out_channels : 0,
    macs: weights * outputSize[0] * outputSize[1],
    activations: spec.out_channels * outputSize[0] * outputSize[1],
  };
}

// Steps that each take the size that the one before gives, and their sums.
function plan(size, layers) {
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

// `reasons` holds the sentences of mbv2_lesson/plans/blocks.py for a block that has no shortcut.
export function invertedResidual(settings, reasons) {
  const against = [];
  if (settings.stride !== 1) against.push(reasons.stride);
  if (settings.in_channels !== settings.out_channels) against.push(reasons.channels);
  const filled = against.map((words) => words.replace(/\{(\w+)\}/g, (_, name) => settings[name]));
  const made = plan(settings.size, blockLayers(settings));
  return { ...made, hasShortcut: !against.length, noShortcutBecause: filled.join(" and ") };
}

function blockLayers({ in_channels, out_channels, expand_ratio, stride, linear = true, always_expand = false }) {
  const hidden = in_channels * expand_ratio;
  const relu6 = { batch_norm: true, activation: "ReLU6" };
  const layers = [
    ["depthwise", { in_channels: hidden, out_channels: hidden, kernel_size: 3, stride, groups: hidden, ...relu6 }],
    ["project", { in_channels: hidden, out_channels, kernel_size: 1, ...relu6, activation: linear ? null : "ReLU6" }],
  ];
  if (always_expand || expand_ratio !== 1) {
    layers.unshift(["expand", { in_channels, out_channels: hidden, kernel_size: 1, ...relu6 }]);
  }
  return layers;
}

// `channels` rounded to the nearest multiple of 8, at least one, and up if that loses over 10%.
function makeDivisible(channels) {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded >= 0.9 * channels ? rounded : rounded + 8;
}

// MobileNetV2, `parts` that are plans, from its `table`: rows of expansion ratio t, output channels c, number of blocks
// n, stride s of the first of them.
export function mobilenetV2({ width_mult, resolution }, table) {
  const relu6 = { batch_norm: true, activation: "ReLU6" };
  let channels = makeDivisible(32 * width_mult);
  const stem = { in_channels: 3, out_channels: channels, kernel_size: 3, stride: 2, ...relu6 };
  const parts = [{ name: "stem", ...plan(resolution, [["stem", stem]]) }];
  const size = () => parts.at(-1).output[2];
  for (const [expand_ratio, c, n, s] of table) {
    const out_channels = makeDivisible(c * width_mult);
    for (let index = 0; index < n; index++) {
      const block = { in_channels: channels, out_channels, expand_ratio, stride: index ? 1 : s };
      parts.push({ name: `block ${parts.length}`, ...plan(size(), blockLayers(block)) });
      channels = out_channels;
    }
  }
  const features = makeDivisible(1280 * Math.max(1, width_mult));
  const head = { in_channels: channels, out_channels: features, kernel_size: 1, ...relu6 };
  parts.push({ name: "head", ...plan(size(), [["head", head]]) });
  for (const last of poolAndClassifier(parts.at(-1).output))
    parts.push({ name: last.name, steps: [last], ...costOf([last]) });
  const full = (part) => (step) => ({ ...step, name: `${part.name} ${step.name}` });
  const steps = parts.flatMap((part) => (part.steps.length > 1 ? part.steps.map(full(part)) : part.steps));
  return { parts, steps, input: parts[0].input, ...costOf(steps) };
}

// The mean of each channel, and a linear layer with a bias for 1,000 classes.
function poolAndClassifier(input) {
  const none = { weights: 0, biases: 0, norm: 0, macs: 0, activations: 0 };
  const [pooled, output] = [input.slice(0, 2), [1, 1000]];
  const weights = 1000 * pooled[1];
  const classifier = { weights, biases: 1000, norm: 0, macs: weights, activations: 1000 };
  return [
    { ...none, name: "pool", kind: "pool", input, output: pooled },
    { ...classifier, name: "classifier", kind: "linear", input: pooled, output },
  ];
}

// A plan's whole numbers under the names that Python gives them, to be compared.
export function planNumbers({ params, macs, flops, steps }) {
  const each = steps.flatMap((step) => [
    [`${step.name} weights`, step.weights],
    [`${step.name} MACs`, step.macs],
  ]);
  return { params, MACs: macs, FLOPs: flops, ...Object.fromEntries(each) };
}
