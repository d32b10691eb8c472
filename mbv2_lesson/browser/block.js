// The explorer of MobileNetV2's inverted residual block.

import { standardConv } from "./counting.js";
import { AFTER, HEIGHT, blockScene, drawBlock } from "./blocks.js";
import { label, picture } from "./drawing.js";
import { elementsOf, inside, litCubes, litElement, litKernels, litPatch } from "./elements.js";
import { names, patchOf, products } from "./elements.js";
import { times, whole } from "./format.js";
import { invertedResidual } from "./networks.js";
import { latest, stepper } from "./stepper.js";
import { cost, describePlan } from "./words.js";

export const words = {
  title: "The inverted residual block",
  try: "When does the block have a shortcut? Change the stride, then the output channels.",
  head: ["step", "output", "weights", "batch norm", "MACs"],
  total: "block",
  standard: "one standard 3×3",
  told: (place, each) => `${place}. Per element, each step takes: ${each.join(", ")}.`,
  headline: cost,
  sentence: (plan, { linear }) => `${linear ? "Linear" : "ReLU6"} at the end. ${words.shortcut(plan)}`,
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

const scene = latest((settings, data) => blockScene(count(settings, data).plan));

export const control = stepper(names.element);

export function sequence(settings, data) {
  const { plan, stacks, clusters, enlarged, columns } = scene(settings, data);
  const { steps } = plan;
  const [depthwise, project] = steps.slice(-2);
  const [before, into, out] = stacks.slice(-3);
  const lit = (element) => {
    const read = patchOf(depthwise, element); // from each map before the slices
    const patch = { ...read, first: 0, last: depthwise.in_channels - 1 };
    const within = inside({ ...patch, last: plan.input[1] - 1 }, plan.input);
    const nodes = [
      ...(steps.length === 3 ? litPatch(stacks[0], within) : []),
      ...litPatch(before, patch),
      ...litKernels(clusters.at(-2).found, clusters.at(-2).edge),
      ...litPatch(into, patchOf(project, element)),
      ...litKernels([clusters.at(-1).at(element.channel)]),
      ...litElement(out, element),
      ...litCubes(enlarged.at(-1)),
      label(columns.at(-1), AFTER + 26, names.kernel(element)),
      ...steps.map((step, index) => label(columns[index], AFTER + 13, names.products(products(step)))),
    ];
    const each = steps.map((step) => `${step.name} ${names.products(products(step))}`);
    return { nodes, told: words.told(names.place(element), each) };
  };
  return elementsOf(plan.output, { into, cluster: clusters.at(-1), out }, lit);
}

export const draw = (settings, data) => picture(HEIGHT + 26, ...drawBlock(scene(settings, data)));
