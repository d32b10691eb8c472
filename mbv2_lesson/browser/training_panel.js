// The progress of a training run in the kernel, and a button that stops it.

import { element, update } from "./drawing.js";

export const words = {
  title: "Training",
  label: "trained",
  stop: "Stop",
  waiting: () => "Not started.",
  training: ({ done, total, last, now }) =>
    [`${done} of ${total} trained.`, last && `Finished: ${last}.`, now && `Now: ${now}.`].filter(Boolean).join(" "),
  stopped: ({ done, total }) => `Stopped: ${done} of ${total} trained.`,
  done: ({ done, total }) => `Done: ${done} of ${total} trained.`,
  failed: ({ problem }) => `Training failed. ${problem}`,
  gone: () => "The kernel is gone, so nothing is training and there is nothing to stop. To train, run this cell again.",
};

// Shows Python's traits; a click on the button sends {"stop": true}.
export function render({ model, el }) {
  const names = ["state", "done", "total", "last", "now", "problem"];
  let gone = el.classList.contains("jupyter-widgets-disconnected"); // ipywidgets' mark for what no kernel hears
  el.classList.add("mbv2");
  el.replaceChildren();
  el.addEventListener("click", ({ target }) => target.closest("button") && model.send({ stop: true }));

  function refresh() {
    const told = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const runs = ["waiting", "training"].includes(told.state);
    update(el, [panel(told, runs && gone ? "gone" : told.state, runs && !gone)]);
  }
  // JupyterLab disconnects its widgets when the kernel restarts, but not when it is shut down or changed.
  const manager = model.widget_manager;
  manager?.kernel?.disposed?.connect(manager.disconnect, manager); // another front end may have none
  model.on("comm_live_update", () => {
    gone = true;
    refresh();
  });
  model.on("change", refresh);
  refresh();
}

function panel(told, state, runs) {
  const bar = element("progress", { max: told.total, value: told.done });
  const idle = runs ? {} : { disabled: "" };
  // Like keepKeys in controls.js: otherwise JupyterLab takes keys for itself.
  const stop = element("button", { type: "button", "data-lm-suppress-shortcuts": "true", ...idle }, words.stop);
  const status = element("p", { role: "status" }, words[state](told));
  return element(
    "div",
    { class: "mbv2-training", role: "group", "aria-label": words.title },
    element("div", { class: "mbv2-buttons" }, element("label", {}, `${words.label} `, bar), stop),
    status,
  );
}
