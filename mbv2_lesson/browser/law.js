// The law 1/C_out + 1/k² as curves.

import { WIDTH, fill, label, line, stroke } from "./drawing.js";
import { whole } from "./format.js";

export const words = {
  equal: "as many as standard",
  axis: "output channels",
  kernel: (k) => `k = ${k}`,
};

// The law 1/C_out + 1/k² against C_out, a curve per kernel size; both axes are logarithmic.
export function law({ out_channels, kernel_size }, chosenShare, { out, kernels }, top) {
  const [left, right, bottom] = [34, WIDTH - 46, top + 42];
  const [first, last] = [out[0], out.at(-1)];
  const x = (channels) => left + ((right - left) * Math.log(channels / first)) / Math.log(last / first);
  const y = (share) => top + ((bottom - top) * Math.log(1.5 / share)) / Math.log(1.5 / 0.018);
  const share = (channels, k) => 1 / channels + 1 / k ** 2;
  const grid = [1, 0.1, 0.02];
  const across = out.filter((channels) => Number.isInteger(Math.log2(channels)));
  return [
    ...grid.map((value) =>
      stroke(line([left, y(value)], [right, y(value)]), value === 1 ? "text" : "faint", value === 1 ? 1.2 : 0.5),
    ),
    ...grid.map((value) => label(left - 6, y(value) + 4, String(value), { anchor: "end" })),
    label(right, y(1) + 13, words.equal, { anchor: "end" }),
    ...across.map((channels) => label(x(channels), bottom + 14, whole(channels))),
    label(left + 4, bottom - 4, words.axis, { anchor: "start" }),
    ...kernels.flatMap((k, index) => {
      const chosen = k === kernel_size;
      const curve = line(...out.map((channels) => [x(channels), y(share(channels, k))]));
      const end = y(share(last, k));
      const beside = Math.min(end + 4, bottom - 13 * (kernels.length - 1 - index)); // labels must not touch
      return [
        stroke(curve, chosen ? "mark" : "text", chosen ? 2.6 : 1.2),
        stroke(line([right, end], [right + 5, beside - 4]), "text", 0.7), // from the curve to its label
        label(right + 6, beside, words.kernel(k), { anchor: "start", bold: chosen }),
      ];
    }),
    fill(`M${x(out_channels).toFixed(1)} ${(y(chosenShare) - 6).toFixed(1)}l6 6l-6 6l-6 -6Z`, "mark", {
      stroke: "var(--mbv2-background)",
      class: "here",
    }),
  ];
}
