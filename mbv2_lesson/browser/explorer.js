// The frame around every explorer: controls, a sentence, a picture, a table, and what happens when a control moves.

import { button, control } from "./controls.js";
import { copied, pythonCall } from "./copying.js";
import { planNumbers } from "./counting.js";
import { element, update } from "./drawing.js";
import { longest, widened } from "./room.js";
import { projected } from "./projector.js";
import { savePicture } from "./saving.js";
import { tableNodes } from "./table.js";
import { frame, labels } from "./words.js";

const QUIET = 300; // milliseconds from the last move until screen readers announce it

// Builds the explorer inside `el` and shows `settings`; Reset shows `first`. `data` is what Python passes once: the
// options of each setting, `call` (the name of the Python class and its other arguments) and what the explorer draws
// from. `onMoved(settings)` is called at the end of each move. Returns the functions that the outside world may call:
// show(settings), answer({settings, numbers}) and problem(words).
export function mount(el, explorer, { settings, first = settings, data, onMoved }) {
  let shown = settings;
  let answered = null;
  let [broken, outside] = ["", ""]; // an error here, and a message from Python or the page
  let timer = 0;
  let room; // for the longest words and numbers possible
  let seen = { words: "", rows: [] }; // the longest so far
  const parts = build(el, explorer);
  const controls = Object.entries(data.options).map(([name, options]) => {
    const onInput = (value) => display({ ...shown, [name]: value });
    return [name, control(labels[name], options, onInput, () => onMoved({ ...shown }))];
  });
  const scene = () => explorer.sequence(shown, data);
  const steps = explorer.control?.(parts.picture, scene, tellReader);
  if (explorer.pointed) parts.picture.addEventListener("click", point);
  parts.controls.append(...controls.map(([, { root }]) => root), ...(steps ? [steps.root] : []));

  function display(next) {
    shown = next;
    outside = "";
    update(parts.message, []);
    refresh();
  }
  function move(next) {
    display(next);
    onMoved({ ...shown });
  }
  function point(event) {
    const next = explorer.pointed(shown, data, parts.picture.firstChild, event);
    if (next) move({ ...shown, ...next });
  }
  function refresh() {
    for (const [name, { show }] of controls) show(shown[name]);
    broken = "";
    attempt(() => {
      room ??= longest((settings) => explorer.describe(settings, data), shown, data.options);
      const words = explorer.describe(shown, data);
      const { tag, attributes, children } = explorer.draw(shown, data);
      const lit = steps ? [element("g", {}, ...steps.refresh().nodes)] : [];
      const named = { ...attributes, role: "img", "aria-label": words.alt };
      update(parts.picture, [element(tag, named, ...children, ...lit)]);
      say(words);
    });
    tell();
  }
  function attempt(show) {
    try {
      show();
    } catch (error) {
      broken = frame.broken(String(error));
      reportError(error); // to the console
    }
  }
  function say(described) {
    const { headline, sentence, table } = described;
    [room, seen] = [widened(room, described), widened(seen, described)];
    update(parts.words, [element("span", {}, element("strong", {}, `${headline}.`), ` ${sentence}`)]);
    if (parts.words.dataset.room !== room.words) parts.words.dataset.room = room.words;
    update(parts.table, tableNodes(table, room.rows, seen.rows));
    tellReader(`${headline}. ${sentence}`);
  }
  function tellReader(words) {
    clearTimeout(timer);
    timer = setTimeout(() => (parts.status.textContent = words), QUIET);
  }
  function tell() {
    let problem = broken || outside;
    if (!problem) attempt(() => (problem = disagreement()));
    problem ||= broken;
    if (problem) parts.message.replaceChildren();
    parts.problem.textContent = problem;
    parts.problem.hidden = !problem;
  }
  // A message if Python's count for this setting differs from the one shown.
  function disagreement() {
    if (!answered || Object.keys(shown).some((name) => shown[name] !== answered.settings[name])) return "";
    const numbers = explorer.numbers?.(shown, data) ?? planNumbers(explorer.count(shown, data).plan);
    const wrong = Object.keys(answered.numbers).find((name) => answered.numbers[name] !== numbers[name]);
    return wrong ? frame.differs(wrong, answered.numbers[wrong], numbers[wrong]) : "";
  }

  const python = () => pythonCall(data.call, shown);
  parts.buttons.append(
    button(frame.reset, () => {
      steps?.reset();
      move({ ...first });
    }),
    button(frame.copy, async () => update(parts.message, await copied(python()))),
    button(frame.save, () => update(parts.message, [savePicture(parts.picture.firstChild, data.call.name)])),
    button(frame.project, async () => update(parts.message, await projected(el))),
  );
  el.firstChild.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && document.fullscreenElement === el) document.exitFullscreen();
  });
  refresh();
  return {
    show(next) {
      if (Object.keys(next).some((name) => next[name] !== shown[name])) display(next);
    },
    answer(next) {
      answered = next;
      tell();
    },
    problem(words) {
      outside = words;
      tell();
    },
  };
}

function build(el, explorer) {
  const make = (tag, className, attributes = {}) => {
    const node = document.createElement(tag);
    node.className = className;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const parts = {
    controls: make("div", "mbv2-controls"),
    words: make("p", "mbv2-words mbv2-room"),
    table: make("table", "mbv2-table"),
    picture: make("div", "mbv2-picture"),
    foot: make("div", "mbv2-foot"),
    buttons: make("div", "mbv2-buttons"),
    notes: make("div", "mbv2-notes"),
    message: make("p", "mbv2-message", { role: "status" }),
    problem: make("p", "mbv2-problem", { role: "alert" }),
    status: make("p", "mbv2-status", { role: "status" }), // for screen readers; the visible words change too often
  };
  const root = make("div", "mbv2-explorer", { role: "group", "aria-label": explorer.words.title });
  parts.notes.append(parts.message, parts.problem);
  parts.foot.append(parts.buttons, parts.notes);
  const { controls, words, picture, table, foot, status } = parts;
  root.append(controls, words, picture, table, foot, status);
  el.classList.add("mbv2");
  el.replaceChildren(root);
  return parts;
}
