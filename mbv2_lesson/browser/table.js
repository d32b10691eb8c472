// A table in which nothing moves when its numbers change.

import { element } from "./drawing.js";
import { aligned } from "./room.js";

// `all` holds the longest rows possible; a row that is left out now keeps its place. `seen` holds the longest so far,
// which get the room where there is little.
export function tableNodes({ head, rows }, all, seen) {
  const title = (text) => (text ? element("th", { scope: "col" }, text) : element("td"));
  const shown = aligned(all, rows);
  const until = aligned(all, seen);
  const body = all.map((row, index) => {
    const [name, ...numbers] = row.map((text, column) => cell(text, until[index]?.[column], shown[index]?.[column]));
    const cells = [element("th", { scope: "row" }, name), ...numbers.map((number) => element("td", {}, number))];
    return element("tr", shown[index] ? {} : { class: "mbv2-absent" }, ...cells);
  });
  return [element("thead", {}, element("tr", {}, ...head.map(title))), element("tbody", {}, ...body)];
}

// In a narrow table, a long number may wrap after a comma or a multiplication sign.
const parts = (text) => text.split(/(?<=[,×])/);

function cell(longest, seen = "", text = "") {
  const inside = parts(text).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
  const room = { "data-room": parts(longest).join("\u200b"), "data-seen": parts(seen).join("\u200b") };
  return element("span", { class: "mbv2-room", ...room }, element("span", {}, ...inside));
}
