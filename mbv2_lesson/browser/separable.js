// The explorer of the saving: a standard convolution beside its depthwise separable form.

import { depthwiseSeparable, standardConv } from "./counting.js";
import { WIDTH, bar, fill, line, picture, stroke, label } from "./drawing.js";
import { ratio, short, whole } from "./format.js";
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
  weights: (number) => `${number} weights`,
  equal: "as many as standard",
  axis: "output channels",
  kernel: (k) => `k = ${k}`,
  alt: ({ out_channels, kernel_size }, { params }, standard, share) =>
    `Bars: standard ${whole(standard.params)} weights, separable ${whole(params)}. Below, the law 1/C_out + 1/k² ` +
    `falls with the output channels, a curve per kernel size; the mark stands at ${whole(out_channels)} output ` +
    `channels on the curve of k = ${kernel_size}: ${ratio(share)}.`,
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
    alt: words.alt(settings, plan, standard, share),
  };
}

export function draw(settings, { options }) {
  const { plan, standard, share } = count(settings);
  const places = { out: options.out_channels, kernels: options.kernel_size };
  return picture(300, ...bars(plan, standard), ...law(settings, share, places));
}

function bars(plan, standard) {
  const [left, right] = [68, 116];
  const scale = (WIDTH - left - right) / Math.max(standard.params, plan.params);
  return [standard, plan].flatMap(({ steps, params }, row) => {
    const y = 6 + 32 * row;
    let x = left;
    const parts = steps.flatMap(({ kind, weights }) => {
      const width = weights * scale;
      x += width;
      return bar(x - width, y, width, 24, kind);
    });
    const title = label(left - 6, y + 16, [words.standard, words.separable][row], { anchor: "end" });
    return [title, ...parts, label(x + 6, y + 16, words.weights(short(params)), { anchor: "start", bold: true })];
  });
}

// The law 1/C_out + 1/k² against C_out, a curve per kernel size; both axes are logarithmic.
function law({ out_channels, kernel_size }, chosenShare, { out, kernels }) {
  const [left, right, top, bottom] = [46, WIDTH - 46, 92, 262];
  const [first, last] = [out[0], out.at(-1)];
  const x = (channels) => left + ((right - left) * Math.log(channels / first)) / Math.log(last / first);
  const y = (share) => top + ((bottom - top) * Math.log(1.5 / share)) / Math.log(1.5 / 0.018);
  const share = (channels, k) => 1 / channels + 1 / k ** 2;
  const grid = [1, 0.5, 0.2, 0.1, 0.05, 0.02];
  const across = out.filter((channels) => Number.isInteger(Math.log2(channels)));
  return [
    ...grid.map((value) =>
      stroke(line([left, y(value)], [right, y(value)]), value === 1 ? "text" : "faint", value === 1 ? 1.2 : 0.5),
    ),
    ...grid.map((value) => label(left - 6, y(value) + 4, String(value), { anchor: "end" })),
    label(right, y(1) - 5, words.equal, { anchor: "end" }),
    ...across.map((channels) => label(x(channels), bottom + 14, whole(channels))),
    label((left + right) / 2, bottom + 31, words.axis),
    ...kernels.flatMap((k) => {
      const chosen = k === kernel_size;
      const curve = line(...out.map((channels) => [x(channels), y(share(channels, k))]));
      const name = label(right + 6, y(share(last, k)) + 4, words.kernel(k), {
        anchor: "start",
        bold: chosen,
      });
      return [stroke(curve, chosen ? "mark" : "text", chosen ? 2.6 : 1.2), name];
    }),
    fill(`M${x(out_channels).toFixed(1)} ${(y(chosenShare) - 6).toFixed(1)}l6 6l-6 6l-6 -6Z`, "mark", {
      stroke: "var(--mbv2-background)",
      class: "here",
    }),
  ];
}
