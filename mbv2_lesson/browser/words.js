// Every word that an explorer shows or says stands here, once.

import { ratio, times, whole } from "./format.js";

export const labels = {
  in_channels: "input channels",
  out_channels: "output channels",
  kernel_size: "kernel size k",
  stride: "stride",
  padding: "padding",
  size: "input height, width",
  groups: "groups",
  expand_ratio: "expansion ratio t",
  linear: "linear end (off: ReLU6)",
  always_expand: "expand even at ratio 1",
};

export const frame = {
  reset: "Reset",
  copy: "Copy as Python",
  copied: (code) => `Copied: ${code}`,
  copyByHand: (code) => `The browser does not allow copying. Select this: ${code}`,
  save: "Save picture",
  saved: (name) => `Saved as ${name}.`,
  broken: (error) => `The explorer could not show this setting. ${error}`,
  differs: (name, python, browser) =>
    `Python counts ${whole(python)} for ${name}, this page ${whole(browser)}. One of them is wrong; please report it.`,
  notAllowed: (name, value, allowed) => `${name} must be one of ${allowed.join(", ")}, got ${value}.`,
  noSetting: (name, names) => `There is no setting ${name}; the settings are ${names.join(", ")}.`,
  credit: "From the lesson How does MobileNetV2 work, and why is it cheap? Text and figures: CC BY 4.0.",
};

const maps = ([, channels, height, width]) => `${whole(channels)} channels of ${times([height, width])}`;
const cost = ({ params, macs }) => `${whole(params)} parameters, ${whole(macs)} MACs`;

export function costTable(rows, ratioName) {
  const numbers = ({ params, macs, flops }) => [params, macs, flops];
  const table = rows.map(([name, plan]) => [name, ...numbers(plan).map(whole)]);
  if (ratioName) {
    const [first, second] = rows.map(([, plan]) => numbers(plan));
    table.push([ratioName, ...second.map((number, index) => ratio(number / first[index]))]);
  }
  return { head: ["", "params", "MACs", "FLOPs = 2 × MACs"], rows: table };
}

export function describePlan(title, plan) {
  const steps = plan.steps.map(
    ({ kind, kernel_size, output }) =>
      `a ${times([kernel_size, kernel_size])} ${kind} convolution gives ${maps(output)}`,
  );
  return `${title}. From ${maps(plan.input)}, ${steps.join("; ")}. Together ${cost(plan)}.`;
}

export const explorers = {
  convolution: {
    title: "Standard convolution",
    try: "Double the output channels, then the input channels: what happens to the parameters, and what to the MACs?",
    row: "this convolution",
    headline: cost,
    sentence: ({ input, output }) => `From ${maps(input)} to ${maps(output)}.`,
  },
  groups: {
    title: "A convolution in groups",
    try: "Move from one group to as many as there are input channels, and watch which input channels each output reads.",
    headline: ({ params }) => `${whole(params)} weights`,
    sentence: ({ groups, kind, in_channels }, { params }) =>
      `With groups = ${groups} (${kind}), each output channel reads ${whole(in_channels / groups)} of the ` +
      `${whole(in_channels)} input channels. With groups = 1 there are ${whole(params)} weights.`,
    row: ({ groups }) => `groups = ${groups}`,
    input: "input channel",
    output: "output channel",
    alt: ({ groups, kind, in_channels, out_channels, kernel_size }) =>
      `Grid of ${whole(in_channels)} input by ${whole(out_channels)} output channels. With groups = ${groups} ` +
      `(${kind}), ${whole((in_channels / groups) * out_channels)} of ${whole(in_channels * out_channels)} cells are ` +
      `filled, each a ${times([kernel_size, kernel_size])} kernel.`,
  },
  separable: {
    title: "Standard and depthwise separable convolution",
    try: "Can you find a setting in which the separable form costs more than the standard one?",
    standard: "standard",
    separable: "separable",
    ratio: "separable / standard",
    headline: ({ params }, standard, share) => {
      const change = share < 1 ? `${ratio(1 / share, 1)}x fewer` : `${ratio(share)}x as many`;
      return `${whole(params)} weights instead of ${whole(standard.params)}: ${change}`;
    },
    sentence: ({ out_channels, kernel_size }, share) =>
      `Separable over standard: 1/${whole(out_channels)} + 1/${kernel_size ** 2} = ${ratio(share)}.`,
    weights: (number) => `${number} weights`,
    equal: "as many as standard",
    axis: "output channels",
    kernel: (k) => `k = ${k}`,
    alt: ({ out_channels, kernel_size }, { params }, standard, share) =>
      `Bars: standard ${whole(standard.params)} weights, separable ${whole(params)}. Below, the law 1/C_out + 1/k² ` +
      `falls with the output channels, a curve per kernel size; the mark stands at ${whole(out_channels)} output ` +
      `channels on the curve of k = ${kernel_size}: ${ratio(share)}.`,
  },
  block: {
    title: "The inverted residual block",
    try: "When does the block have a shortcut? Change the stride, then the output channels.",
    head: ["step", "output", "weights", "batch norm", "MACs"],
    total: "block",
    standard: "one standard 3×3",
    onShortcut: "shortcut: input + output",
    headline: cost,
    sentence: (plan, { linear }) =>
      `From ${maps(plan.input)} to ${maps(plan.output)}, with ${linear ? "a linear end" : "ReLU6 at the end"}. ` +
      explorers.block.shortcut(plan),
    shortcut: ({ hasShortcut, noShortcutBecause }) =>
      hasShortcut ? "Shortcut: the input is added to the output." : `No shortcut: ${noShortcutBecause}.`,
  },
};
