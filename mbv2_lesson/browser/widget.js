// An explorer or a question as an anywidget: Python's traits are its settings; `mount` builds it.

export function render(mount, explorer, { model, el }) {
  const data = model.get("data");
  const names = Object.keys(data.options);
  const settings = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  let host; // the model that anywidget wraps; it comes with each of its events
  const view = mount(el, explorer, { settings: settings(), first: data.first, data, onMoved });

  function onMoved(moved) {
    for (const name of names) model.set(name, moved[name]);
    // JupyterLab disposes of the comm of a kernel that is gone, restarted or changed. The explorer goes on without it;
    // sending would be an error.
    if (!host?.comm?.jsServicesComm?.isDisposed) model.save_changes();
  }
  for (const name of names) {
    model.on(`change:${name}`, (from) => {
      host = from;
      view.show(settings());
    });
  }
  model.on("change:counted", () => view.answer(model.get("counted")));
  model.on("change:problem", () => view.problem(model.get("problem")));
  view.answer(model.get("counted"));
  view.problem(model.get("problem"));
  return () => el.replaceChildren(); // JupyterLab keeps the element of a cell's earlier output
}
