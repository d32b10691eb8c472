// What a reader sees of an explorer while it is moved. `numbers` and `picture` are CSS selectors inside `place`.
window.watchMove = async (place, numbers, picture) => {
  // Milliseconds from the next key press to the first change of the numbers and of the picture.
  const words = () => Array.from(place.querySelectorAll(numbers), (found) => found.textContent).join(" ").trim();
  const image = () => (picture ? place.querySelector(picture) : null);
  const before = { words: words(), source: image()?.src };
  const found = {};
  let start = null;
  const key = (event) => (start ??= event.timeStamp);
  document.addEventListener("keydown", key, true);
  await new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no change after 20 s, only ${JSON.stringify(found)}`)), 20000);
    const look = async () => {
      const [now, shown] = [words(), image()];
      if (start === null) return;
      if (found.numbers === undefined && now && now !== before.words) found.numbers = performance.now() - start;
      if (found.picture === undefined && shown && shown.src !== before.source) {
        await shown.decode().catch(() => null); // replaced meanwhile
        if (shown.complete && shown.naturalWidth && shown.isConnected) found.picture ??= performance.now() - start;
      }
      if (found.numbers !== undefined && (found.picture !== undefined || !picture)) {
        observer.disconnect();
        clearInterval(again);
        clearTimeout(late);
        done();
      }
    };
    const observer = new MutationObserver(look);
    const again = setInterval(look, 20); // a picture that was replaced while it was decoded makes no further change
    observer.observe(place, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  document.removeEventListener("keydown", key, true);
  return found;
};

// Looks at every frame until `stop()`: frames without a picture, changes of the place's height, in how many frames the
// numbers changed, when pictures changed.
window.watchFrames = (place, numbers, picture) => {
  const seen = { frames: 0, blank: 0, jumps: 0, numbers: 0, changes: [] };
  const words = () => Array.from(place.querySelectorAll(numbers), (found) => found.textContent).join(" ").trim();
  let [going, height, source, said] = [true, place.getBoundingClientRect().height, null, words()];
  const frame = (now) => {
    if (!going) return;
    const image = place.querySelector(picture);
    const tall = place.getBoundingClientRect().height;
    seen.frames += 1;
    if (!image || !image.complete || !image.naturalWidth || !image.getBoundingClientRect().height) seen.blank += 1;
    else if (image.src !== source) {
      source = image.src;
      seen.changes.push(now);
    }
    if (Math.abs(tall - height) >= 1) seen.jumps += 1;
    const saying = words();
    if (saying && saying !== said) {
      said = saying;
      seen.numbers += 1;
    }
    height = tall;
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
