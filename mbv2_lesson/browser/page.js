// An explorer or a question on a page of its own or within another: settings stand in the address, the height goes to
// the frame. `mount` builds it.

import { frame } from "./words.js";

export function start(mount, explorer, name) {
  for (const el of document.querySelectorAll(`[data-mbv2-explorer="${name}"]`)) {
    const data = JSON.parse(el.dataset.mbv2Data);
    const given = fromAddress(location.hash, data.options);
    const settings = { ...JSON.parse(el.dataset.mbv2Settings), ...given.settings };
    mount(el, explorer, { settings, data, onMoved: () => {} }).problem(given.problem);
    if (document.body.classList.contains("mbv2-page")) frameWithWords(el, explorer.words);
  }
  if (window.parent === window) return;
  const post = () => window.parent.postMessage({ mbv2Height: document.documentElement.offsetHeight }, "*");
  new ResizeObserver(post).observe(document.documentElement);
}

function frameWithWords(el, { title, try: whatToTry }) {
  const paragraph = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  document.title = title;
  el.before(paragraph("h1", title), paragraph("p", whatToTry));
  el.after(paragraph("footer", frame.credit));
}

// "#in_channels=64&linear=false"; what is not allowed is left out and told.
function fromAddress(hash, options) {
  const settings = {};
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    if (!(name in options)) return { settings, problem: frame.noSetting(name, Object.keys(options)) };
    const value = options[name].find((option) => String(option) === text);
    if (value === undefined) return { settings, problem: frame.notAllowed(name, text, options[name]) };
    settings[name] = value;
  }
  return { settings, problem: "" };
}
