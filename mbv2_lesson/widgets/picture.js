// A picture that is replaced only once the next one is decoded: never a blank frame, and a place of fixed shape.
function render({ model, el }) {
  el.classList.add("mbv2-picture");
  const image = document.createElement("img");
  el.append(image);
  let latest = 0;
  let address = null;
  async function refresh() {
    const turn = ++latest;
    const next = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    const probe = new Image();
    probe.src = next;
    await probe.decode();
    if (turn !== latest) return URL.revokeObjectURL(next);
    image.width = model.get("width");
    image.height = model.get("height");
    image.style.aspectRatio = `${model.get("width")} / ${model.get("height")}`;
    image.alt = model.get("alt");
    image.src = next;
    if (address) URL.revokeObjectURL(address);
    address = next;
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
    if (address) URL.revokeObjectURL(address);
  };
}
export default { render };
