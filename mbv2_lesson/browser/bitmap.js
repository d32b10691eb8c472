// Pictures of gray squares: the pixels that Python passed, and one image of however many squares there are.

import { element } from "./drawing.js";

const HEADER = 54;
const PALETTE = 4 * 256;

// Python passes whole gray levels of 16 bits, the low byte first, in base64.
export function pixelsOf({ low, high, levels }) {
  const bytes = atob(levels);
  return Array.from({ length: bytes.length / 2 }, (_, index) => {
    const level = bytes.charCodeAt(2 * index) + 256 * bytes.charCodeAt(2 * index + 1);
    return low + ((high - low) * level) / 65535;
  });
}

// `greys` from 0 to 1, row by row. BMP is the one format that needs neither compression nor a checksum.
export function bitmap(greys, [height, width]) {
  const row = 4 * Math.ceil(width / 4); // a row ends on a multiple of four bytes
  const bytes = new Uint8Array(HEADER + PALETTE + row * height);
  const header = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]); // "BM"
  const fields = { 2: bytes.length, 10: HEADER + PALETTE, 14: 40, 18: width, 22: -height, 46: 256 };
  for (const [place, value] of Object.entries(fields)) header.setInt32(Number(place), value, true);
  header.setInt16(26, 1, true); // planes
  header.setInt16(28, 8, true); // bits per pixel
  for (let grey = 0; grey < 256; grey++) bytes.fill(grey, HEADER + 4 * grey, HEADER + 4 * grey + 3);
  greys.forEach((grey, index) => {
    const place = row * Math.floor(index / width) + (index % width);
    bytes[HEADER + PALETTE + place] = Math.round(255 * grey);
  });
  return `data:image/bmp;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

export function image(href, x, y, width, height) {
  const sharp = { preserveAspectRatio: "none", "image-rendering": "pixelated" };
  return element("image", { href, x, y, width, height, ...sharp });
}
