// An explorer or a question on a page of its own, or one of several on somebody else's page. `mount` builds it.

import { frame } from "./words.js";

export function start(mount, explorer, name) {
  const alone = document.body.classList.contains("mbv2-page");
  for (const el of document.querySelectorAll(`[data-mbv2-explorer="${name}"]`)) {
    const settings = JSON.parse(el.dataset.mbv2Settings);
    const data = JSON.parse(el.dataset.mbv2Data);
    const moves = Object.values(data.options).some((options) => options.length); // a question's setting does not
    if (alone && moves) followAddress(mount, el, explorer, settings, data);
    else mount(el, explorer, { settings, data, onMoved: () => {} });
  }
  if (alone && window.parent !== window) tellHeight(document.documentElement);
}

// The address may hold settings, such as "#in_channels=64&linear=false"; the others come from the page.
function followAddress(mount, el, explorer, first, data) {
  const [settings, problem] = fromAddress(location.hash, data.options);
  const view = mount(el, explorer, { settings: { ...first, ...settings }, data, onMoved: () => {} });
  view.problem(problem);
  window.addEventListener("hashchange", () => {
    const [settings, problem] = fromAddress(location.hash, data.options);
    view.show({ ...first, ...settings });
    view.problem(problem);
  });
}

// What is not allowed is left out and reported.
function fromAddress(hash, options) {
  const settings = {};
  const problems = [];
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    const allowed = Object.hasOwn(options, name) ? options[name] : [];
    const value = allowed.find((option) => String(option).toLowerCase() === text.toLowerCase());
    if (value !== undefined) settings[name] = value;
    else if (allowed.length) problems.push(frame.notAllowed(name, text, allowed));
    else problems.push(frame.noSetting(name, Object.keys(options)));
  }
  return [settings, problems.join(" ")];
}

// Tells the page that frames this one how high this one is, now and whenever that changes.
function tellHeight(root) {
  const tell = () => window.parent.postMessage({ mbv2Height: Math.ceil(root.getBoundingClientRect().height) }, "*");
  new ResizeObserver(tell).observe(root);
}
