// The words that all explorers share. Each explorer's own words are in its file, in the table of strings at the top.

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
  row: "row",
  column: "column",
  depth_multiplier: "depth multiplier M",
  kernel: "kernels",
  dimensions: "units n",
  seed: "random matrix no.",
  activation: "activation",
  width_mult: "width multiplier",
  resolution: "resolution",
  network: "network",
  metric: "what is shown",
  layer: "chosen layer",
  separable: "make convolutions separable",
  flops: "count FLOPs, two per MAC",
  batch_norm: "count batch norm's params",
  biases: "count biases",
  classifier: "count the classifier",
  kind: "kind",
  channels: "channels",
  batch: "images at a time",
};

export const frame = {
  reset: "Reset",
  copy: "Copy as Python",
  copied: "Copied:",
  copyByHand: "The browser does not allow copying. Select this:",
  save: "Save picture",
  saved: (name) => `Saved as ${name}.`,
  project: "Full screen",
  noProjector: "This page is not allowed to fill the screen. Open it in its own window.",
  broken: (error) => `The explorer could not show this setting. ${error}`,
  differs: (name, python, browser) =>
    `Python counts ${whole(python)} for ${name}; this page counts ${whole(browser)}. One is wrong; please report it.`,
  notAllowed: (name, value, allowed) => `${name} must be one of ${allowed.join(", ")}, got ${value}.`,
  noSetting: (name, names) => `There is no setting ${name}; the settings are ${names.join(", ")}.`,
};

export const maps = ([, channels, height, width]) => `${whole(channels)} channels of ${times([height, width])}`;
export const cost = ({ params, macs }) => `${whole(params)} parameters, ${whole(macs)} MACs`;

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
  return `${title}. From ${maps(plan.input)}, ${steps.join("; ")}. In total, ${cost(plan)}.`;
}
