// An explorer as large as the screen.

import { frame } from "./words.js";

// Fills the screen, for a projector, until Escape or the same button is pressed.
export async function projected(el) {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return [];
  }
  if (!document.fullscreenEnabled) return [frame.noProjector]; // a frame that does not allow it
  await el.requestFullscreen();
  return [];
}
