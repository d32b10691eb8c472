// Native controls with visible labels: a range over a list of numbers, a menu of names, a checkbox for true and false.

import { whole } from "./format.js";

// `onInput(value)` is called at each step of a move, `onChange()` at its end. Returns {root, show(value)}.
export function control(label, options, onInput, onChange) {
  const kind = { number: slider, string: menu, boolean: checkbox }[typeof options[0]];
  const root = document.createElement("div");
  const { input, read, show, after = [] } = kind(options);
  const caption = document.createElement("label");
  const name = Object.assign(document.createElement("span"), { textContent: label });
  root.className = `mbv2-${kind.name}`;
  caption.append(...(kind === checkbox ? [input, name] : [name, input]));
  root.append(caption, ...after);
  keepKeys(input);
  input.addEventListener("input", () => onInput(read()));
  input.addEventListener("change", onChange);
  return { root, show };
}

function slider(options) {
  const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: options.length - 1 });
  const output = document.createElement("output");
  output.setAttribute("aria-hidden", "true"); // the slider itself announces its value
  let shown;
  const show = (value) => {
    if (value === shown) return;
    shown = value;
    input.value = options.indexOf(value);
    output.textContent = whole(value);
    input.setAttribute("aria-valuetext", whole(value));
  };
  return { input, read: () => options[input.value], show, after: [output] };
}

function menu(options) {
  const input = document.createElement("select");
  input.append(...options.map((option) => new Option(option, option)));
  return { input, read: () => input.value, show: (value) => (input.value = value) };
}

function checkbox() {
  const input = Object.assign(document.createElement("input"), { type: "checkbox" });
  return { input, read: () => input.checked, show: (value) => (input.checked = value) };
}

export function button(label, onClick) {
  const root = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  root.addEventListener("click", onClick);
  keepKeys(root);
  return root;
}

// Otherwise JupyterLab takes arrows and letters for itself. It asks the focused element first; an ancestor is too late.
function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
}
