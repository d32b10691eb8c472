// The explorer of MobileNetV2's inverted residual block.

import { standardConv } from "./counting.js";
import { times, whole } from "./format.js";
import { drawPlan } from "./maps.js";
import { invertedResidual } from "./networks.js";
import { cost, describePlan, maps } from "./words.js";

export const words = {
  title: "The inverted residual block",
  try: "When does the block have a shortcut? Change the stride, then the output channels.",
  head: ["step", "output", "weights", "batch norm", "MACs"],
  total: "block",
  standard: "one standard 3×3",
  onShortcut: "shortcut: input + output",
  headline: cost,
  sentence: (plan, { linear }) =>
    `From ${maps(plan.input)} to ${maps(plan.output)}, with ${linear ? "a linear end" : "ReLU6 at the end"}. ` +
    words.shortcut(plan),
  shortcut: ({ hasShortcut, noShortcutBecause }) =>
    hasShortcut ? "Shortcut: the input is added to the output." : `No shortcut: ${noShortcutBecause}.`,
};

export function count(settings, { reasons }) {
  const { in_channels, out_channels, stride, size } = settings;
  return {
    plan: invertedResidual(settings, reasons),
    standard: standardConv({ in_channels, out_channels, stride, size }),
  };
}

export function describe(settings, data) {
  const { plan, standard } = count(settings, data);
  const row = (name, shape, { weights, norm, macs }) => [name, shape, whole(weights), whole(norm), whole(macs)];
  return {
    headline: words.headline(plan),
    sentence: words.sentence(plan, settings),
    table: {
      head: words.head,
      rows: [
        ...plan.steps.map((step) => row(step.name, times(step.output.slice(1)), step)),
        row(words.total, "", plan),
        row(words.standard, "", standard),
      ],
    },
    alt: `${describePlan(words.title, plan)} ${words.shortcut(plan)}`,
  };
}

export const draw = (settings, data) => drawPlan(count(settings, data).plan, words.onShortcut);
