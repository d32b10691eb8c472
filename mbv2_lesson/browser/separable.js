// The explorer of the savings: a standard convolution next to its depthwise separable form.

import { depthwiseSeparable, standardConv } from "./counting.js";
import { cubes } from "./cubes.js";
import { arrow, group, label, picture } from "./drawing.js";
import { elementsOf, litConvolution, litCubes, litKernels, litPatch } from "./elements.js";
import { names, patchOf, products } from "./elements.js";
import { ratio, whole } from "./format.js";
import { arranged, captions, depthPerCell, drawKernels, kernelsOf } from "./kernels.js";
import { law } from "./law.js";
import { besideMaps, scaleOf, stack } from "./stacks.js";
import { latest, stepper } from "./stepper.js";
import { costTable } from "./words.js";

export const words = {
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
  slices: (each, maps) => [`${whole(each)} for each`, `of ${captions.maps(maps)},`, "shared by", "all outputs"],
  rod: (then) => `then ${whole(then)}`,
  told: (place, standard, separable) => `${place}. Standard: ${standard}. Separable: ${separable.join(", ")}.`,
  alt: ({ out_channels, kernel_size }, { params }, standard, share, kernels) =>
    `At the top, the standard kernels, ${captions.kernels(kernels[0])}: ${whole(standard.params)} weights. Below, ` +
    `the separable form: ${captions.kernels(kernels[1])}, each next to its own map, then ` +
    `${captions.kernels(kernels[2])}: ${whole(params)} weights. At the bottom, the law 1/C_out + 1/k² falls as the ` +
    `output channels grow, with a curve per kernel size; the mark is at ${whole(out_channels)} output ` +
    `channels on the curve for k = ${kernel_size}: ${ratio(share)}.`,
};

export function count(settings) {
  const [standard, plan] = [standardConv(settings), depthwiseSeparable(settings)];
  return { plan, standard, share: plan.params / standard.params };
}

export function describe(settings) {
  const { plan, standard, share } = count(settings);
  return {
    headline: words.headline(plan, standard, share),
    sentence: words.sentence(settings, share),
    table: costTable(
      [
        [words.standard, standard],
        [words.separable, plan],
      ],
      words.ratio,
    ),
    alt: words.alt(settings, plan, standard, share, [...standard.steps, ...plan.steps].map(kernelsOf)),
  };
}

const [ABOVE, BELOW, LAW] = [60, 150, 243]; // where the maps are; top of the law
const ENLARGED = [2, 182, 312]; // where one kernel of each step is,
const TEXTS = [82, 218, 368]; // and the words about it
const BOXES = [
  [80, 2, 268, 58],
  [66, 90, 86, 60],
  [242, 92, 108, 58],
]; // of the kernels: standard, depthwise and pointwise

const scene = latest((settings) => {
  const { plan, standard } = count(settings);
  const steps = [...standard.steps, ...plan.steps];
  const [whole, slices, rods] = steps.map(kernelsOf);
  const shapes = steps.flatMap(({ input, output }) => [input, output]);
  const scale = scaleOf(shapes, 40, 22, steps[0].padding);
  const perCell = depthPerCell([whole, slices, rods]);
  const places = [arranged(whole, BOXES[0], perCell), arranged(rods, BOXES[2], perCell)];
  const cell = Math.min(...places.map((each) => each.cell), 40 / slices.kernel_size);
  const [into, mid, out] = [steps[0].input, steps[1].output, steps[0].output];
  const below = stack(into, 4, BELOW, scale, true);
  const box = (index) => [ENLARGED[index], 182, [76, 32, 52][index], 52];
  const longest = cubes(whole, box(0), whole.kind, 12).cell; // of a cube, the same in all three
  return {
    stacks: [
      stack(into, 4, ABOVE, scale, true),
      stack(out, 370, ABOVE, scale),
      below,
      stack(mid, 170, BELOW, scale),
      stack(out, 370, BELOW, scale),
    ],
    clusters: [
      drawKernels(places[0], BOXES[0], cell, perCell),
      besideMaps(slices, below, BOXES[1], cell),
      drawKernels(places[1], BOXES[2], cell, perCell),
    ],
    kernels: [whole, slices, rods],
    enlarged: [whole, slices, rods].map((each, index) => cubes(each, box(index), each.kind, longest)),
    steps,
  };
});

export const control = stepper(names.element);

export function sequence(settings) {
  const { stacks, clusters, enlarged, steps } = scene(settings);
  const [standard, depthwise, pointwise] = steps;
  const [into, out, below, mid, last] = stacks;
  const lit = (element) => {
    const [number, each, then] = steps.map(products);
    const slices = words.slices(each, depthwise.output);
    const block = [names.kernel(element), ...names.products(number).split(" ")]; // 200,704 products fill two lines
    const texts = [
      ...block.map((text, index) => [TEXTS[0], 199 + 13 * index, text]),
      ...slices.map((text, index) => [TEXTS[1], 192 + 13 * index, text]),
      [TEXTS[2], 212, words.rod(then)],
    ];
    const nodes = [
      ...litConvolution(standard, element, into, clusters[0], out),
      ...litPatch(below, patchOf(standard, element)), // of all slices together
      ...litKernels(clusters[1].found, clusters[1].edge),
      ...litConvolution(pointwise, element, mid, clusters[2], last),
      ...[0, 2].flatMap((index) => litCubes(enlarged[index])),
      ...texts.map(([x, y, text]) => label(x, y, text, { anchor: "start" })),
    ];
    const told = words.told(names.place(element), names.products(number), [slices.join(" "), words.rod(then)]);
    return { nodes, told };
  };
  return elementsOf(standard.output, { into: mid, cluster: clusters[2], out: last }, lit);
}

export function draw(settings, { options }) {
  const { stacks, clusters, kernels, enlarged, steps } = scene(settings);
  const places = { out: options.out_channels, kernels: options.kernel_size };
  const [many, few] = [ABOVE + 13, BELOW + 13];
  const { input: into, output: out } = steps[0];
  return picture(
    LAW + 61,
    ...[...stacks, ...clusters, ...enlarged].map(({ nodes }) => group(nodes)),
    ...arrow(64, 78, 32),
    ...arrow(352, 366, 32),
    ...arrow(153, 167, 122),
    ...arrow(228, 241, 122),
    ...arrow(352, 366, 122),
    ...[
      [36, many, into],
      [400, many, out],
      [400, few, out],
    ].map(([x, y, shape]) => label(x, y, captions.maps(shape))),
    ...[
      [214, many],
      [106, few],
      [294, few],
    ].flatMap(([x, y], index) => [
      label(x, y, captions.kernels(kernels[index])),
      label(x, y + 13, captions.weights(steps[index]), { bold: true }),
    ]),
    label(204, few + 13, "+", { bold: true }),
    ...law(settings, count(settings).share, places, LAW),
  );
}
