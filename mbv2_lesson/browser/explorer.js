// The frame around every explorer: controls, numbers in words, a picture, and what happens when a control moves.

import { button, control } from "./controls.js";
import { planNumbers } from "./counting.js";
import { element, update } from "./drawing.js";
import { savePicture } from "./saving.js";
import { frame, labels } from "./words.js";

const QUIET = 300; // milliseconds after the last move until a screen reader is told

// Builds the explorer inside `el` and shows `settings`. `data` is what Python passed once: options of each setting,
// `call` (the name of Python's class and its further arguments) and what the explorer draws from. `onMoved(settings)`
// is called at the end of each move. Returns what the world outside can tell the explorer:
// show(settings), answer({settings, numbers}) and problem(words).
export function mount(el, explorer, { settings, data, onMoved }) {
  const first = { ...settings };
  let shown = { ...settings };
  let answered = null;
  let outside = "";
  let timer = 0;
  const parts = build(el, explorer);
  const controls = Object.entries(data.options).map(([name, options]) => {
    const onInput = (value) => display({ ...shown, [name]: value });
    return [name, control(labels[name], options, onInput, () => onMoved({ ...shown }))];
  });
  parts.controls.append(...controls.map(([, { root }]) => root));

  function display(next) {
    shown = next;
    outside = "";
    refresh();
  }
  function refresh() {
    for (const [name, { show }] of controls) show(shown[name]);
    try {
      const words = explorer.describe(shown, data);
      const { tag, attributes, children } = explorer.draw(shown, data);
      update(parts.picture, [element(tag, { ...attributes, role: "img", "aria-label": words.alt }, ...children)]);
      say(words);
    } catch (error) {
      tell(frame.broken(String(error)));
      throw error;
    }
    tell(outside || disagreement());
  }
  function say({ headline, sentence, table }) {
    update(parts.words, [element("strong", {}, `${headline}.`), ` ${sentence}`]);
    update(parts.table, tableNodes(table));
    clearTimeout(timer);
    timer = setTimeout(() => (parts.status.textContent = `${headline}. ${sentence}`), QUIET);
  }
  function tell(problem) {
    parts.problem.textContent = problem;
    parts.problem.hidden = !problem;
  }
  // What Python counted for this setting, if it is not what is shown.
  function disagreement() {
    if (!answered || Object.keys(shown).some((name) => shown[name] !== answered.settings[name])) return "";
    const numbers = explorer.numbers?.(shown, data) ?? planNumbers(explorer.count(shown, data).plan);
    const wrong = Object.keys(answered.numbers).find((name) => answered.numbers[name] !== numbers[name]);
    return wrong ? frame.differs(wrong, answered.numbers[wrong], numbers[wrong]) : "";
  }

  const python = () => pythonCall(data.call, shown);
  parts.buttons.append(
    button(frame.reset, () => {
      display({ ...first });
      onMoved({ ...shown });
    }),
    button(frame.copy, async () => (parts.message.textContent = await copied(python()))),
    button(frame.save, () => (parts.message.textContent = savePicture(parts.picture.firstChild, data.call.name))),
  );
  refresh();
  return {
    show: display,
    answer(next) {
      answered = next;
      tell(outside || disagreement());
    },
    problem(words) {
      outside = words;
      tell(words || disagreement());
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
    words: make("p", "mbv2-words"),
    table: make("table", "mbv2-table"),
    picture: make("div", "mbv2-picture"),
    foot: make("div", "mbv2-foot"),
    buttons: make("div", "mbv2-buttons"),
    message: make("p", "mbv2-message", { role: "status" }),
    problem: make("p", "mbv2-problem", { role: "alert" }),
    status: make("p", "mbv2-status", { role: "status" }), // for screen readers; the visible words change too often
  };
  const root = make("div", "mbv2-explorer", { role: "group", "aria-label": explorer.words.title });
  parts.foot.append(parts.buttons, parts.message);
  const { controls, words, picture, table, problem, foot, status } = parts;
  root.append(controls, words, picture, table, problem, foot, status);
  el.classList.add("mbv2");
  el.replaceChildren(root);
  return parts;
}

function tableNodes({ head, rows }) {
  const cells = (tag, scope, texts) => texts.map((text) => element(tag, scope ? { scope } : {}, ...breakable(text)));
  const row = ([name, ...numbers]) => element("tr", {}, ...cells("th", "row", [name]), ...cells("td", "", numbers));
  const [corner, ...columns] = head;
  const top = [element(corner ? "th" : "td", corner ? { scope: "col" } : {}, corner), ...cells("th", "col", columns)];
  return [element("thead", {}, element("tr", {}, ...top)), element("tbody", {}, ...rows.map(row))];
}

// A long number may go on in the next line of a narrow table, after a comma or a cross.
const breakable = (text) => text.split(/(?<=[,×])/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));

function pythonCall({ name, fixed }, settings) {
  const literal = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value));
  const all = Object.entries({ ...fixed, ...settings });
  return `${name}(${all.map(([key, value]) => `${key}=${literal(value)}`).join(", ")})`;
}

async function copied(code) {
  try {
    await navigator.clipboard.writeText(code);
    return frame.copied(code);
  } catch {
    return frame.copyByHand(code); // a page within another, or without https, may not copy
  }
}
