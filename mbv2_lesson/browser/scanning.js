// Everything about a kernel on an image that does not depend on its position: pixels, outputs, how numbers are shown.

import { bitmap, pixelsOf } from "./bitmap.js";
import { ratio, whole } from "./format.js";

const known = new WeakMap(); // by data

export function prepared(data) {
  if (!known.has(data)) known.set(data, prepare(data));
  return known.get(data);
}

function prepare(data) {
  const { low, high, size } = data.image;
  const pixels = pixelsOf(data.image);
  const weights = data.kernel.flat();
  const kernelSize = [data.kernel.length, data.kernel[0].length];
  const outputSize = size.map((length, axis) => length - kernelSize[axis] + 1);
  const at = (row, column) => {
    const patch = weights.map((_, index) => {
      const down = Math.floor(index / kernelSize[1]);
      return pixels[(row + down) * size[1] + column + (index % kernelSize[1])];
    });
    const products = patch.map((pixel, index) => pixel * weights[index]);
    return { patch, kernel: weights, products, sum: products.reduce((total, product) => total + product, 0) };
  };
  const output = [];
  for (let row = 0; row < outputSize[0]; row++) {
    for (let column = 0; column < outputSize[1]; column++) output.push(at(row, column).sum);
  }
  const exact = [...pixels, ...weights].every(Number.isInteger);
  const shown = {
    patch: { ...quantity([low, high], pixels.every(Number.isInteger)), gray: (value) => (value - low) / (high - low) },
    kernel: quantity(weights, weights.every(Number.isInteger)),
    products: quantity(
      weights.flatMap((weight) => [weight * low, weight * high]),
      exact,
    ),
    sum: quantity(output, exact),
  };
  const pictures = [bitmap(pixels.map(shown.patch.gray), size), bitmap(output.map(shown.sum.gray), outputSize)];
  return { size, kernelSize, outputSize, positions: output.length, at, shown, pictures };
}

// How a number is printed and what shade of gray it gets. It has room for the longest number anywhere, so that nothing
// shifts from one position to the next.
function quantity(examples, exact) {
  const [least, greatest] = examples.reduce(([a, b], each) => [Math.min(a, each), Math.max(b, each)], [0, 0]);
  const text = (value) => (exact ? whole(value) : ratio(value, 2));
  const limit = Math.max(-least, greatest) || 1;
  const room = Math.max(26, 6 + 7 * Math.max(text(least).length, text(greatest).length));
  return { text, room, gray: (value) => (1 + value / limit) / 2 };
}
