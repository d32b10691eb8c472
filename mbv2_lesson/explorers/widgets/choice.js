// One choice out of several, as a native group of radio buttons with its question as the group's name, and a button.
let groups = 0;
function render({ model, el }) {
  el.classList.add("mbv2-choice");
  const group = `mbv2-choice-${++groups}`;
  const fieldset = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.innerHTML = model.get("prompt");
  fieldset.append(legend);
  model.get("options").forEach((text, index) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const words = document.createElement("span");
    input.type = "radio";
    input.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the arrow keys for itself
    input.name = group;
    input.addEventListener("change", () => {
      model.set("index", index);
      model.save_changes();
    });
    words.innerHTML = text;
    label.append(input, words);
    fieldset.append(label);
  });
  const commit = document.createElement("button");
  commit.type = "button";
  commit.className = "jupyter-button widget-button";
  commit.textContent = "Commit";
  commit.title = "Commit to the chosen answer";
  // The answer travels with the click: a change of the model may wait for the kernel, and a click would overtake it.
  commit.addEventListener("click", () => {
    model.send({ commit: [...fieldset.querySelectorAll("input")].findIndex((input) => input.checked) });
  });
  el.append(fieldset, commit);
  let gone = el.classList.contains("jupyter-widgets-disconnected"); // so ipywidgets marks what no kernel hears
  function refresh() {
    commit.disabled = gone;
    fieldset.querySelectorAll("input").forEach((input, index) => {
      input.disabled = gone;
      input.checked = index === model.get("index");
    });
  }
  function orphan() {
    gone = true;
    refresh();
  }
  model.on("comm_live_update", orphan);
  model.on("change:index", refresh);
  refresh();
  return () => {
    model.off("change:index", refresh);
    model.off("comm_live_update", orphan);
  };
}
export default { render };
