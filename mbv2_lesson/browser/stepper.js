// The control with which a reader goes through the output elements: a range, a step back or on, and play.

import { button } from "./controls.js";
import { elementAt, names, numberOf, pointed } from "./elements.js";
import { pointIn, update } from "./drawing.js";

const PACE = 700; // milliseconds per element

export const words = {
  label: "output element",
  back: "Previous element",
  on: "Next element",
  play: "Play",
  pause: "Pause",
  signs: { back: "‹", on: "›", play: "▶", pause: "⏸" },
};

// `picture` is where the SVG stands, `scene()` what the explorer's elements() gives for the setting that is shown.
// `tell(words)` is for screen readers. Returns {root, refresh()}; call refresh when a picture has been drawn.
export function stepper(picture, scene, tell) {
  let at; // {channel, row, column}
  let timer = 0;
  const root = document.createElement("div");
  const caption = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "range", min: 1, step: 1 });
  input.dataset.lmSuppressShortcuts = "true";
  root.className = "mbv2-slider mbv2-element";
  caption.append(Object.assign(document.createElement("span"), { textContent: words.label }), input);

  function move(next, quiet = false) {
    at = next;
    const told = refresh();
    if (!quiet) tell(told);
  }
  function refresh() {
    const { shape, lit } = scene();
    const [, channels, height, width] = shape;
    const third = (length) => Math.floor(length / 3);
    at ??= { channel: third(channels), row: third(height), column: third(width) };
    at = {
      channel: Math.min(at.channel, channels - 1),
      row: Math.min(at.row, height - 1),
      column: Math.min(at.column, width - 1),
    };
    input.max = channels * height * width;
    input.value = numberOf(at, shape) + 1;
    input.setAttribute("aria-valuetext", names.place(at));
    const { nodes, told } = lit(at);
    const svg = picture.firstChild;
    if (svg.lastChild.localName !== "g") svg.append(document.createElementNS(svg.namespaceURI, "g"));
    update(svg.lastChild, nodes);
    return told;
  }
  function step(by, quiet) {
    const { shape } = scene();
    const count = shape[1] * shape[2] * shape[3];
    move(elementAt((numberOf(at, shape) + by + count) % count, shape), quiet);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    name(play, words.play, words.signs.play);
  }
  const by = (steps) => () => {
    stop();
    step(steps);
  };
  const play = button("", () => {
    if (timer) return stop();
    timer = setInterval(() => (root.isConnected ? step(1, true) : stop()), PACE);
    name(play, words.pause, words.signs.pause);
  });
  const [back, on] = [button("", by(-1)), button("", by(1))];
  name(back, words.back, words.signs.back);
  name(on, words.on, words.signs.on);
  name(play, words.play, words.signs.play);
  play.className = "mbv2-play"; // not shown where the reader wants no motion
  input.addEventListener("input", () => {
    stop();
    move(elementAt(input.value - 1, scene().shape));
  });
  picture.addEventListener("click", (event) => {
    const next = pointed(scene(), at, pointIn(picture.firstChild, event));
    if (!next) return;
    stop();
    move(next);
  });
  root.append(caption, back, play, on);
  return { root, refresh };
}

function name(control, label, sign) {
  control.textContent = sign;
  control.title = label;
  control.setAttribute("aria-label", label);
}
