// Numbers in words. The live region stays in the page and only its content changes, or screen readers miss it.
const GONE =
  '<div class="mbv2-problem">The kernel behind these controls is gone, so they stand still. ' +
  "To bring them back, run the notebook again: Run menu, Run All Cells.</div>";
function render({ model, el }) {
  el.classList.add("mbv2-numbers");
  const live = document.createElement("div");
  const table = document.createElement("div");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  live.setAttribute("aria-atomic", "true");
  el.append(live, table);
  let gone = el.classList.contains("jupyter-widgets-disconnected"); // so ipywidgets marks what no kernel hears
  let [tallest, width] = [0, 0];
  function refresh() {
    live.innerHTML = (gone ? GONE : "") + model.get("sentence");
    table.innerHTML = model.get("table");
    // What is kept free fits a wide page. On a narrow one more words wrap; there the place may grow but never shrinks.
    if (el.offsetWidth !== width) [tallest, width] = [0, el.offsetWidth];
    tallest = Math.max(tallest, live.offsetHeight + table.offsetHeight);
    el.style.minHeight = `max(${model.get("height")}, ${tallest}px)`;
  }
  // JupyterLab disconnects its widgets when the kernel restarts, but not when it is shut down or changed.
  const manager = model.widget_manager;
  manager.kernel?.disposed?.connect(manager.disconnect, manager); // another front end may have none
  function orphan() {
    gone = true;
    refresh();
  }
  model.on("comm_live_update", orphan);
  model.on("change", refresh);
  refresh();
  return () => {
    model.off("change", refresh);
    model.off("comm_live_update", orphan);
  };
}
export default { render };
