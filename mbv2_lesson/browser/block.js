// The explorer of MobileNetV2's inverted residual block.

import { invertedResidual, standardConv } from "./counting.js";
import { times, whole } from "./format.js";
import { drawPlan } from "./maps.js";
import { describePlan, explorers } from "./words.js";

export const words = explorers.block;

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
