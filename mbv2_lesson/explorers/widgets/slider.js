// A native range input: it has an accessible name, takes the keyboard and touch, and says its value in words.
function render({ model, el }) {
  el.classList.add("mbv2-slider");
  const label = document.createElement("label");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const output = document.createElement("output");
  input.type = "range";
  input.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the arrow keys for itself
  input.min = 0;
  input.step = 1;
  output.setAttribute("aria-hidden", "true"); // the slider itself says its value
  label.append(name, input);
  el.append(label, output);

  let gone = el.classList.contains("jupyter-widgets-disconnected"); // so ipywidgets marks what no kernel hears
  function refresh() {
    input.disabled = gone;
    const options = model.get("options");
    const value = model.get("value");
    name.textContent = model.get("description");
    input.max = options.length - 1;
    // The reader's thumb is ahead of the kernel while it is dragged; an echo of an older value must not pull it back.
    if (!input.matches(":active")) input.value = options.indexOf(value);
    const shown = String(options[input.value]);
    output.textContent = shown;
    input.setAttribute("aria-valuetext", shown);
  }
  input.addEventListener("input", () => {
    model.set("value", model.get("options")[input.value]);
    model.save_changes();
    refresh();
  });
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
