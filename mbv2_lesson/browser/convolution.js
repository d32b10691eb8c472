// The explorer of one standard convolution.

import { standardConv } from "./counting.js";
import { cubes } from "./cubes.js";
import { WIDTH, arrow, group, label, picture } from "./drawing.js";
import { elementsOf, litConvolution, litCubes, names, products } from "./elements.js";
import { whole } from "./format.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { scaleOf, stack } from "./stacks.js";
import { latest, stepper } from "./stepper.js";
import { cost, costTable, describePlan, maps } from "./words.js";

export const words = {
  title: "Standard convolution",
  try: "Double the output channels, then the input channels. What happens to the parameters and to the MACs?",
  row: "this convolution",
  headline: cost,
  sentence: ({ input, output }) => `From ${maps(input)} to ${maps(output)}.`,
  kernels: (count, shape) => `${whole(count)} kernel${count === 1 ? "" : "s"} of ${shape}`,
  patch: "input patch",
  products: (number) => `= ${whole(number)} product${number > 1 ? "s" : ""}`,
  element: "→ one output element",
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

const [BOX, BOTTOM] = [[126, 4, 188, 112], 112]; // of the kernels; of the maps

const scene = latest((settings) => {
  const { plan } = count(settings);
  const [step] = plan.steps;
  const kernels = kernelsOf(step);
  const scale = scaleOf([step.input, step.output], 66, 44, step.padding);
  const perCell = depthPerCell([kernels]);
  const found = arranged(kernels, BOX, perCell);
  return {
    plan,
    step,
    kernels,
    into: stack(step.input, 5, BOTTOM, scale, true),
    out: stack(step.output, 334, BOTTOM, scale),
    cluster: drawKernels(found, BOX, found.cell, perCell),
    kernel: cubes(kernels, [152, 152, 126, 78], step.kind), // the one that makes the element, enlarged
  };
});

export const control = stepper(names.element);

export function sequence(settings) {
  const { step, into, out, cluster, kernel } = scene(settings);
  const lit = (element) => {
    const told = `${names.place(element)}: ${names.products(products(step))}`;
    return {
      nodes: [
        ...litConvolution(step, element, into, cluster, out),
        ...litCubes(kernel),
        label(215, 244, names.kernel(element)),
        label(WIDTH / 2, 262, told),
      ],
      told: `${told}.`,
    };
  };
  return elementsOf(step.output, { into, cluster, out }, lit);
}

export function draw(settings) {
  const { step, kernels, into, out, cluster, kernel } = scene(settings);
  const shape = captions.shape(kernels);
  const [first, second] = [BOTTOM + 16, BOTTOM + 30];
  const patch = cubes(kernels, [2, 152, 126, 78], "panel");
  return picture(
    268,
    ...[into, cluster, out, kernel].map(({ nodes }) => group(nodes)),
    ...[
      [step.input, 52],
      [step.output, WIDTH - 52],
    ].flatMap(([maps, x]) => [
      label(x, first, captions.maps(maps), { bold: true }),
      label(x, second, captions.size(maps)),
    ]),
    label(220, first, words.kernels(kernels.count, shape), { bold: true }),
    label(220, second, captions.weights(step)),
    group(patch.nodes),
    ...arrow(106, 122, 66),
    ...arrow(316, 331, 66),
    label(140, 198, "×", { size: 18 }),
    label(65, 244, words.patch),
    label(296, 182, shape, { anchor: "start", bold: true }),
    label(296, 198, words.products(step.weights / step.out_channels), { anchor: "start", bold: true }),
    label(296, 214, words.element, { anchor: "start" }),
  );
}
