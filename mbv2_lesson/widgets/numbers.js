// Numbers in words. The live region stays in the page and only its content changes, or screen readers miss it.
function render({ model, el }) {
  el.classList.add("mbv2-numbers");
  const live = document.createElement("div");
  const table = document.createElement("div");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  live.setAttribute("aria-atomic", "true");
  el.append(live, table);
  function refresh() {
    el.style.minHeight = model.get("height");
    live.innerHTML = model.get("sentence");
    table.innerHTML = model.get("table");
  }
  model.on("change", refresh);
  refresh();
  return () => model.off("change", refresh);
}
export default { render };
