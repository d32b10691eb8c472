// Where the mouse points.

// Where a click hit an SVG, in the units of its drawing.
export function pointIn(svg, { clientX, clientY }) {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [x, y];
}
