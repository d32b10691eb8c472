// The control with which a reader goes through what a picture can show: a slider, previous, next, and play.

import { button } from "./controls.js";
import { update } from "./drawing.js";
import { pointIn } from "./pointing.js";

const PACE = 700; // milliseconds per step

export const words = {
  back: (label) => `Previous ${label}`,
  on: (label) => `Next ${label}`,
  play: "Play",
  pause: "Pause",
  signs: { back: "‹", on: "›", play: "▶", pause: "⏸" },
};

// As `make`, which is not called again with the arguments of the call before: draw() and sequence() share a scene.
export function latest(make) {
  let [given, result] = [[]];
  return (...next) => {
    if (next.some((each, index) => each !== given[index])) [result, given] = [make(...next), next];
    return result;
  };
}

// Returns a function that builds the control for things called `label`. `picture` holds the SVG; `scene()` returns what
// the explorer's sequence() gives for the current setting, such as elementsOf() in elements.js. `tell(words)` is for
// screen readers. It returns {root, refresh(), reset()}: refresh() returns {nodes, told} of the current setting, whose
// nodes belong in the group at the end of the picture; call reset before it is drawn as at the beginning.
export const stepper = (label) => (picture, scene, tell) => {
  let at; // such as an output element; until the reader chooses one, the scene does
  let timer = 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const root = document.createElement("div");
  const caption = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "range", min: 1, step: 1 });
  input.dataset.lmSuppressShortcuts = "true";
  root.className = "mbv2-slider mbv2-element";
  caption.append(Object.assign(document.createElement("span"), { textContent: label }), input);

  function move(next, quiet = false) {
    at = next;
    const { nodes, told } = refresh();
    update(picture.firstChild.lastChild, nodes);
    if (!quiet) tell(told);
  }
  function refresh() {
    const { count, kept, numberOf, name, lit } = scene();
    const here = kept(at);
    input.max = count;
    input.value = numberOf(here) + 1;
    input.setAttribute("aria-valuetext", name(here));
    return lit(here);
  }
  function step(by, quiet) {
    const { count, kept, numberOf, at: thing } = scene();
    move(thing((numberOf(kept(at)) + by + count) % count), quiet);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    name(play, words.play, words.signs.play);
  }
  function reset() {
    stop();
    at = undefined;
  }
  const by = (steps) => () => {
    stop();
    step(steps);
  };
  const play = button("", () => {
    if (timer) return stop();
    timer = setInterval(() => (root.isConnected && !still.matches ? step(1, true) : stop()), PACE);
    name(play, words.pause, words.signs.pause);
  });
  const [back, on] = [button("", by(-1)), button("", by(1))];
  name(back, words.back(label), words.signs.back);
  name(on, words.on(label), words.signs.on);
  name(play, words.play, words.signs.play);
  play.className = "mbv2-play"; // hidden if the reader wants no motion
  input.addEventListener("input", () => {
    stop();
    move(scene().at(input.value - 1));
  });
  picture.addEventListener("click", (event) => {
    const { kept, pointed } = scene();
    const next = pointed(kept(at), pointIn(picture.firstChild, event));
    if (next === undefined) return;
    stop();
    move(next);
  });
  root.append(caption, back, play, on);
  return { root, refresh, reset };
};

function name(control, label, sign) {
  control.textContent = sign;
  control.title = label;
  control.setAttribute("aria-label", label);
}
