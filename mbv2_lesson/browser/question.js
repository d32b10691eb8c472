// A question: the reader chooses, commits, and only then learns whether that was right, and why.

import { element, update } from "./drawing.js";

export const words = {
  title: "Predict, then read why",
  try: "Choose an answer and commit to it. A guess is fine.",
  commit: "Commit",
  forget: "Forget my answer",
  first: "Choose an answer first, then commit to it. A guess is fine.",
  verdict: (letter, right) => `${letter}: ${right ? "✔ Right." : "✘ Not quite."}`,
};

// Like explorer.js's; the only setting is `commits`, the options that were committed to, in order.
export function mount(el, question, { settings, data, onMoved }) {
  const answers = decoded(data.answers);
  el.classList.add("mbv2");
  el.replaceChildren();
  update(el, [whole(data, answers)]);
  const form = el.querySelector("form");
  const [, forget] = form.querySelectorAll("button");
  const told = el.querySelector(".mbv2-feedback");
  let commits;

  function show(next) {
    commits = next.commits;
    const last = commits.at(-1);
    if (commits.length) form.elements.answer.value = last;
    else form.reset();
    forget.hidden = !commits.length;
    update(told, commits.length ? feedback(last, answers[last]) : []);
    keep(data.id, commits);
  }
  function move(next) {
    show({ commits: next });
    onMoved({ commits: next });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = form.elements.answer.value;
    if (chosen === "") update(told, [words.first]);
    else if (Number(chosen) !== commits.at(-1)) move([...commits, Number(chosen)]);
  });
  forget.addEventListener("click", () => {
    move([]);
    form.elements.answer[0].focus(); // the button is gone
  });
  const before = settings.commits.length ? [] : kept(data.id, answers.length);
  show(before.length ? { commits: before } : settings);
  if (before.length) queueMicrotask(() => onMoved({ commits: before })); // once whoever builds this is listening
  return { show, answer() {}, problem() {} }; // a question counts nothing
}

// Like keepKeys in controls.js: otherwise JupyterLab takes the arrow keys for itself.
const QUIET = { "data-lm-suppress-shortcuts": "true" };

// A form of its own, so that its radio buttons are one group whatever else is on the page.
function whole({ prompt, choices }, answers) {
  const choice = (text, index) =>
    element(
      "label",
      {},
      element("input", { type: "radio", name: "answer", value: index, ...QUIET }),
      element("span", {}, element("b", {}, `${letter(index)}.`), " ", ...marked(text)),
    );
  const buttons = [
    element("button", { type: "submit", ...QUIET }, words.commit),
    element("button", { type: "button", hidden: "", ...QUIET }, words.forget),
  ];
  return element(
    "form",
    { class: "mbv2-question" },
    element("fieldset", {}, element("legend", {}, ...marked(prompt)), ...choices.map(choice)),
    element("div", { class: "mbv2-buttons" }, ...buttons),
    element(
      "div",
      { class: "mbv2-room", "data-room": room(answers) },
      element("p", { class: "mbv2-feedback", role: "status" }),
    ),
  );
}

const letter = (index) => String.fromCharCode(65 + index);

const feedback = (index, { feedback, right }) => [
  element("b", {}, words.verdict(letter(index), right)),
  " ",
  ...marked(feedback),
];

// Text in which <i>...</i> emphasizes a word. Nothing else in it is read as HTML.
const marked = (text) => text.split(/<i>(.*?)<\/i>/).map((part, odd) => (odd % 2 ? element("i", {}, part) : part));

// Base64 of JSON, so that no text on the page gives the answer away before the reader commits.
function decoded(answers) {
  const bytes = Uint8Array.from(atob(answers), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// As long as the longest feedback, but without its letters and digits. CSS puts it, invisible, where the feedback will
// appear, which reserves the room at any width, so the page does not jump.
function room(answers) {
  const texts = answers.map((answer) => `A: ✘ Not quite. ${answer.feedback}`);
  const longest = texts.reduce((long, text) => (text.length > long.length ? text : long));
  return longest.replace(/\p{L}|\p{N}/gu, "n");
}

// --- What the browser keeps, so that an answer survives a reload ---

function keep(id, commits) {
  inStorage((storage) => {
    if (commits.length) storage.setItem(id, JSON.stringify(commits));
    else storage.removeItem(id);
  });
}

function kept(id, count) {
  const commits = inStorage((storage) => JSON.parse(storage.getItem(id)));
  const isOption = (index) => Number.isInteger(index) && index >= 0 && index < count;
  return Array.isArray(commits) && commits.every(isOption) ? commits : [];
}

function inStorage(use) {
  try {
    return use(localStorage);
  } catch {
    return null; // denied, as in a private window; a reload then forgets the answer
  }
}
