// A picture that is replaced only once the next one is decoded: never a blank frame, and a place of fixed shape.
function render({ model, el }) {
  el.classList.add("mbv2-picture");
  let latest = 0;
  let shown = null;
  async function refresh() {
    const turn = ++latest;
    const next = new Image(model.get("width"), model.get("height"));
    next.style.aspectRatio = `${next.width} / ${next.height}`;
    next.alt = model.get("alt");
    next.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    await next.decode();
    if (turn !== latest) return URL.revokeObjectURL(next.src);
    el.replaceChildren(next);
    if (shown) URL.revokeObjectURL(shown.src);
    shown = next;
  }
  if (devicePixelRatio > model.get("pixel_ratio")) {
    model.set("pixel_ratio", Math.min(devicePixelRatio, 3)); // drawn anew, as sharp as this screen is
    model.save_changes();
  }
  model.on("change", refresh); // not of the pixels alone: two settings may look alike and yet say other numbers
  refresh();
  return () => {
    model.off("change", refresh);
    latest = -1;
    if (shown) URL.revokeObjectURL(shown.src);
  };
}
export default { render };
