// Numbers in words. The live region stays in the page and only its content changes, or screen readers miss it.
function render({ model, el }) {
  el.classList.add("mbv2-numbers");
  const live = document.createElement("div");
  const table = document.createElement("div");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  live.setAttribute("aria-atomic", "true");
  el.append(live, table);
  let [tallest, width] = [0, 0];
  function refresh() {
    live.innerHTML = model.get("sentence");
    table.innerHTML = model.get("table");
    // What is kept free fits a wide page. On a narrow one more words wrap; there the place may grow but never shrinks.
    if (el.offsetWidth !== width) [tallest, width] = [0, el.offsetWidth];
    tallest = Math.max(tallest, live.offsetHeight + table.offsetHeight);
    el.style.minHeight = `max(${model.get("height")}, ${tallest}px)`;
  }
  model.on("change", refresh);
  refresh();
  return () => model.off("change", refresh);
}
export default { render };
