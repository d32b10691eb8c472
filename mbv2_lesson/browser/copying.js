// The current setting as Python code.

import { element } from "./drawing.js";
import { frame } from "./words.js";

export function pythonCall({ name, fixed, variables }, settings) {
  const literal = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value));
  const printed = Object.entries({ ...fixed, ...settings }).map(([key, value]) => `${key}=${literal(value)}`);
  return `${name}(${[...variables.map((key) => `${key}=${key}`), ...printed].join(", ")})`;
}

export async function copied(code) {
  try {
    await navigator.clipboard.writeText(code);
    return [frame.copied, " ", element("code", {}, code)];
  } catch {
    return [frame.copyByHand, " ", element("code", {}, code)]; // a page inside another, or without https, may not copy
  }
}
