// What happens in the page while an explorer is moved. `words` and `picture` are CSS selectors inside `place`.
const look = (place, words, picture) => {
  const text = Array.from(place.querySelectorAll(words), (found) => found.textContent).join(" ").trim();
  const shown = place.querySelector(picture);
  // An <img> is what it shows once it is decoded, an <svg> what it holds; nothing at all is a blank frame.
  const decoded = shown?.tagName !== "IMG" || (shown.complete && shown.naturalWidth > 0);
  return { text, picture: (decoded && (shown?.src ?? shown?.innerHTML)) || "", height: place.getBoundingClientRect().height };
};

// For the next key press, in milliseconds: script and layout, and the frame in which words and picture are new. `wait`
// ends when both are.
window.clockMove = (place, words, picture) => {
  const before = look(place, words, picture);
  let pressed, began, ended;
  const onKey = (event) => (pressed ??= event.timeStamp);
  const onInput = () => (began ??= performance.now());
  const afterInput = () => {
    place.getBoundingClientRect(); // layout is part of the answer
    ended ??= performance.now();
  };
  window.addEventListener("keydown", onKey, true);
  place.addEventListener("input", onInput, true); // before the explorer hears it
  place.addEventListener("input", afterInput); // and after
  const wait = new Promise((done, fail) => {
    const late = performance.now() + 20_000;
    let frames = 0;
    const frame = () => {
      if (performance.now() > late) return fail(new Error("no change after 20 s"));
      if (began === undefined && place.querySelector("input[type=range]")) return requestAnimationFrame(frame);
      frames += 1;
      const now = look(place, words, picture);
      if (!now.text || now.text === before.text || !now.picture || now.picture === before.picture) {
        return requestAnimationFrame(frame);
      }
      // A message is heard after the frame that is under way has been painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const painted = performance.now();
        window.removeEventListener("keydown", onKey, true);
        place.removeEventListener("input", onInput, true);
        place.removeEventListener("input", afterInput);
        done({ script: ended - began, painted: painted - pressed, nextFrame: frames === 1 });
      };
      port2.postMessage(null);
    };
    requestAnimationFrame(frame);
  });
  return { wait };
};

// Looks at every frame until `stop()`: how many had no picture, how often the place changed its height, and in how
// many the picture was another.
window.clockFrames = (place, words, picture) => {
  const seen = { frames: 0, blank: 0, jumps: 0, changes: 0 };
  let going = true;
  let before = look(place, words, picture);
  const frame = () => {
    if (!going) return;
    const now = look(place, words, picture);
    seen.frames += 1;
    if (!now.picture) seen.blank += 1;
    else if (now.picture !== before.picture) seen.changes += 1;
    if (Math.abs(now.height - before.height) >= 1) seen.jumps += 1;
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return {
    stop: () => {
      going = false;
      return seen;
    },
  };
};
