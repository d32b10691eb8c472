// The explorer of one standard convolution.

import { standardConv } from "./counting.js";
import { drawPlan } from "./maps.js";
import { cost, costTable, describePlan, maps } from "./words.js";

export const words = {
  title: "Standard convolution",
  try: "Double the output channels, then the input channels: what happens to the parameters, and what to the MACs?",
  row: "this convolution",
  headline: cost,
  sentence: ({ input, output }) => `From ${maps(input)} to ${maps(output)}.`,
};

export const count = (settings) => ({ plan: standardConv(settings) });

export function describe(settings) {
  const { plan } = count(settings);
  return {
    headline: words.headline(plan),
    sentence: words.sentence(plan),
    table: costTable([[words.row, plan]]),
    alt: describePlan(words.title, plan),
  };
}

export const draw = (settings) => drawPlan(count(settings).plan);
