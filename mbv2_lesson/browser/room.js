// The room that an explorer's longest words and numbers need, so that nothing moves when they change.

// {words, rows}: the longest text that `describe` gives, and the longest content of each cell of its table. There may
// be billions of settings, so it changes one at a time to whatever makes the text longest, and goes around twice.
export function longest(describe, settings, options) {
  const last = Object.fromEntries(Object.entries(options).map(([name, values]) => [name, values.at(-1)]));
  let [best, length] = [last, 0];
  let room = { words: "", rows: [] };
  const visit = (next) => {
    const said = describe(next);
    room = widened(room, said);
    if (text(said).length > length) [best, length] = [next, text(said).length];
  };
  visit(settings);
  visit(last);
  for (let pass = 0; pass < 2; pass++) {
    for (const [name, values] of Object.entries(options)) {
      for (const value of values) visit({ ...best, [name]: value });
    }
  }
  return room;
}

export function widened({ words, rows }, said) {
  const [all, some] = rows.length < said.table.rows.length ? [said.table.rows, rows] : [rows, said.table.rows];
  const other = aligned(all, some);
  const cells = all.map((row, index) => row.map((cell, column) => longer(cell, other[index]?.[column])));
  return { words: longer(words, text(said)), rows: cells };
}

// For each row that is possible, the row that is shown, or nothing where that one is left out.
export function aligned(all, rows) {
  let next = 0;
  const found = all.map((row, index) => {
    const here = all.length - index === rows.length - next || row[0] === rows[next]?.[0];
    return here ? rows[next++] : undefined;
  });
  return next === rows.length ? found : rows;
}

const text = ({ headline, sentence }) => `${headline}. ${sentence}`;
const longer = (a, b = "") => (b.length > a.length ? b : a);
