// Images of gray squares: the pixels that Python passed, and a single image of any number of squares.

import { element } from "./drawing.js";

const HEADER = 54;
const PALETTE = 4 * 256;

// Python passes gray levels as 16-bit integers, low byte first, in base64.
export function pixelsOf({ low, high, levels }) {
  const bytes = atob(levels);
  return Array.from({ length: bytes.length / 2 }, (_, index) => {
    const level = bytes.charCodeAt(2 * index) + 256 * bytes.charCodeAt(2 * index + 1);
    return low + ((high - low) * level) / 65535;
  });
}

// `grays` from 0 to 1, row by row. BMP is the one format that needs neither compression nor a checksum.
export function bitmap(grays, [height, width]) {
  const row = 4 * Math.ceil(width / 4); // the bytes of a row are a multiple of four
  const bytes = new Uint8Array(HEADER + PALETTE + row * height);
  const header = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]); // "BM"
  const fields = { 2: bytes.length, 10: HEADER + PALETTE, 14: 40, 18: width, 22: -height, 46: 256 };
  for (const [place, value] of Object.entries(fields)) header.setInt32(Number(place), value, true);
  header.setInt16(26, 1, true); // planes
  header.setInt16(28, 8, true); // bits per pixel
  for (let gray = 0; gray < 256; gray++) bytes.fill(gray, HEADER + 4 * gray, HEADER + 4 * gray + 3);
  grays.forEach((gray, index) => {
    const place = row * Math.floor(index / width) + (index % width);
    bytes[HEADER + PALETTE + place] = Math.round(255 * gray);
  });
  return `data:image/bmp;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

export function image(href, x, y, width, height) {
  const sharp = { preserveAspectRatio: "none", "image-rendering": "pixelated" };
  return element("image", { href, x, y, width, height, ...sharp });
}
