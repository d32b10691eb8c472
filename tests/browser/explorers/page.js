// What the tests in this folder ask of the page. `root` is the element of an explorer.

window.panel = () => [...window.jupyterapp.shell.widgets("main")].find((widget) => widget.sessionContext);
window.kernel = () => panel().sessionContext.session?.kernel;

// An element whose attributes may have come in any order.
window.printed = ({ localName, attributes, children, textContent }) => {
  const sorted = [...attributes].map(({ name, value }) => `${name}="${value}"`).sort();
  return `<${localName} ${sorted.join(" ")}>${children.length ? "" : textContent}<`;
};

// What an explorer shows: values, sentence, table, picture.
window.shown = (root) => ({
  values: [...root.querySelectorAll("input:not(.mbv2-element *)")].map((input) =>
    input.type === "checkbox" ? input.checked : input.closest("div").querySelector("output").textContent,
  ),
  sentence: root.querySelector(".mbv2-words").innerText,
  table: [...root.querySelectorAll("tbody tr:not(.mbv2-absent)")].map((row) =>
    [...row.children].map((cell) => cell.innerText.replaceAll("\u200b", "")),
  ),
  alt: root.querySelector("svg").getAttribute("aria-label"),
  picture: [...root.querySelectorAll(".mbv2-picture *")].map(printed).join(""),
});

// What it shows in the frame after each of its moves.
window.follow = (root) => {
  [root.inputs, root.frames] = [0, []];
  root.addEventListener("input", () => {
    root.inputs++;
    requestAnimationFrame(() => root.frames.push(shown(root)));
  });
};

// What it showed in the frame after its last move.
window.lastFrame = async (root) => {
  while (!root.inputs || root.frames.length < root.inputs) await new Promise(requestAnimationFrame);
  const last = root.frames.at(-1);
  [root.inputs, root.frames] = [0, []];
  return last;
};

// Keeps all that is told from now on.
window.listen = (node) => {
  window.told = [];
  new MutationObserver(() => told.push(node.textContent)).observe(node, { childList: true });
};

// Counts the messages between widgets and kernel from now on.
window.countMessages = () => {
  window.messages = { send: 0, recv: 0 };
  kernel().anyMessage.connect((_, { msg, direction }) => {
    if (msg.header.msg_type === "comm_msg") messages[direction]++;
  });
};

// The height of an explorer, and where its parts are.
window.places = (root) => {
  const corner = root.getBoundingClientRect();
  const box = (node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x - corner.x, y - corner.y, width, height].map(Math.round);
  };
  const parts = [".mbv2-words", ".mbv2-picture svg", ".mbv2-table", "thead :nth-child(3)", ".mbv2-buttons"];
  return [root.offsetHeight, ...parts.map((part) => box(root.querySelector(part)))];
};

// Every control to its least, to its most, and 20 times anywhere: the heights and places met.
window.everywhere = (root) => {
  let state = 7;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const set = (pick) =>
    root.querySelectorAll("input").forEach((input) => {
      if (input.type === "range") input.value = pick(Number(input.max));
      else input.checked = pick(1) > 0;
      input.dispatchEvent(new Event("input"));
    });
  const met = [];
  const look = () => met.push(places(root));
  look();
  for (const pick of [(max) => 0, (max) => max]) {
    set(pick);
    look();
  }
  for (let i = 0; i < 20; i++) {
    set((max) => Math.floor(random() * (max + 1)));
    look();
  }
  return met;
};

// The least contrast between a text and what is behind it, each mixed down to one color; what is behind a text in a
// picture is what lies under its middle.
window.contrast = () => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const mixed = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) =>
    rgb
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  for (const root of document.querySelectorAll(".mbv2")) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const parent = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
      const drawn = parent.localName === "text";
      const behind = [];
      for (let node = parent; node; node = node.parentElement) {
        behind.unshift(getComputedStyle(node).backgroundColor);
      }
      if (drawn) {
        parent.scrollIntoView({ block: "center" }); // what is out of sight is not found below
        const { x, y, width, height } = parent.getBoundingClientRect();
        const under = document.elementsFromPoint(x + width / 2, y + height / 2);
        // Of the picture alone: for a moment JupyterLab's logo flies over everything when the theme changes.
        const paths = under.filter((e) => e.localName === "path" && parent.closest("svg").contains(e));
        const fills = paths.map((e) => getComputedStyle(e).fill);
        behind.push(...fills.filter((fill) => fill !== "none").reverse());
      }
      const style = getComputedStyle(parent);
      const [a, b] = [mixed(behind), mixed([...behind, drawn ? style.fill : style.color])].map(light);
      found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), walk.currentNode.data]);
    }
  }
  return { count: found.length, low: found.filter(([ratio]) => ratio < 4.5) };
};

// That many moves of the sliders, and a reset.
window.manyMoves = async (root, moves) => {
  const inputs = [...root.querySelectorAll("input[type=range]")];
  for (let move = 0; move < moves; move++) {
    const input = inputs[move % inputs.length];
    input.value = move % (Number(input.max) + 1);
    input.dispatchEvent(new Event("input"));
    input.dispatchEvent(new Event("change"));
    if (move % 10 === 0) await new Promise(requestAnimationFrame);
  }
  [...root.querySelectorAll(".mbv2-buttons button")].find((button) => button.textContent === "Reset").click();
};
