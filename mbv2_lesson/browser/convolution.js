// The explorer of one standard convolution.

import { standardConv } from "./counting.js";
import { drawPlan } from "./maps.js";
import { costTable, describePlan, explorers } from "./words.js";

export const words = explorers.convolution;

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
