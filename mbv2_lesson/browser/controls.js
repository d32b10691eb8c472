// Native controls with visible labels: a range over a list of options, or a checkbox for true and false.

import { whole } from "./format.js";

const inWords = (value) => (typeof value === "number" ? whole(value) : String(value));

// `onInput(value)` is called with each step of a move, `onChange()` at its end. Returns {root, show(value)}.
export function control(label, options, onInput, onChange) {
  const isSwitch = options.every((option) => typeof option === "boolean");
  const root = document.createElement("div");
  const caption = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const value = document.createElement("output");
  root.className = isSwitch ? "mbv2-switch" : "mbv2-slider";
  name.textContent = label;
  input.type = isSwitch ? "checkbox" : "range";
  value.setAttribute("aria-hidden", "true"); // the control itself says its value
  caption.append(...(isSwitch ? [input, name] : [name, input]));
  root.append(caption, ...(isSwitch ? [] : [value]));
  if (!isSwitch) Object.assign(input, { min: 0, max: options.length - 1, step: 1 });
  const show = (shown) => {
    if (isSwitch) input.checked = shown;
    else {
      input.value = options.indexOf(shown);
      value.textContent = inWords(shown);
      input.setAttribute("aria-valuetext", inWords(shown));
    }
  };
  input.addEventListener("input", () => onInput(isSwitch ? input.checked : options[input.value]));
  input.addEventListener("change", onChange);
  return { root, show };
}

export function button(label, onClick) {
  const root = document.createElement("button");
  root.type = "button";
  root.textContent = label;
  root.addEventListener("click", onClick);
  return root;
}
