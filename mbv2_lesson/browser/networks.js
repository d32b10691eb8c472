// The counting rules for what is built from several convolutions: a block, a network.

import { costOf, plan } from "./counting.js";

// `reasons` holds the sentences of mbv2_lesson/plans/blocks.py for a block without a shortcut.
export function invertedResidual(settings, reasons) {
  const against = [];
  if (settings.stride !== 1) against.push(reasons.stride);
  if (settings.in_channels !== settings.out_channels) against.push(reasons.channels);
  const filled = against.map((words) => words.replace(/\{(\w+)\}/g, (_, name) => settings[name]));
  const made = plan(settings.size, blockLayers(settings));
  return { ...made, hasShortcut: hasShortcut(settings), noShortcutBecause: filled.join(" and ") };
}

const hasShortcut = ({ in_channels, out_channels, stride }) => stride === 1 && in_channels === out_channels;

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
// n, stride s of the first one.
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
      const made = plan(size(), blockLayers(block));
      parts.push({ name: `block ${parts.length}`, ...made, hasShortcut: hasShortcut(block) });
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
