// Saves the picture on the screen as a file.

import { frame } from "./words.js";

// Downloads the SVG as it is shown, its colors written out, so that it looks the same anywhere.
export function savePicture(svg, name) {
  const copy = svg.cloneNode(true);
  const probe = svg.parentNode.appendChild(document.createElement("span"));
  const written = (value) => {
    probe.style.color = value;
    return getComputedStyle(probe).color;
  };
  for (const node of [copy, ...copy.querySelectorAll("*")]) {
    for (const { name: attribute, value } of [...node.attributes]) {
      if (value.startsWith("var(")) node.setAttribute(attribute, written(value));
    }
  }
  copy.style.background = written("var(--mbv2-background)");
  copy.setAttribute("width", svg.viewBox.baseVal.width);
  copy.setAttribute("height", svg.viewBox.baseVal.height);
  probe.remove();
  const file = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
  return frame.saved(link.download);
}
