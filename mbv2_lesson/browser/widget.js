// An explorer or a question as an anywidget: Python's traits are its settings; `mount` builds it.

export function render(mount, explorer, { model, el }) {
  const data = model.get("data");
  const names = Object.keys(data.options);
  const settings = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const view = mount(el, explorer, { settings: settings(), data, onMoved });

  function onMoved(moved) {
    for (const name of names) model.set(name, moved[name]);
    // Without a kernel there is nobody to tell, and the explorer goes on; to send would be an error.
    if (!model.widget_manager?.kernel?.isDisposed) model.save_changes();
  }
  for (const name of names) model.on(`change:${name}`, () => view.show(settings()));
  model.on("change:counted", () => view.answer(model.get("counted")));
  model.on("change:problem", () => view.problem(model.get("problem")));
  view.answer(model.get("counted"));
}
