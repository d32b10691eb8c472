// How numbers are printed; each function has a counterpart in mbv2_lesson/plans/tables.py.

// 4608 -> "4,608"; the digits after a point stay as they are.
export const whole = (number) => String(number).replace(/\B(?<!\..*)(?=(\d{3})+(?!\d))/g, ",");

// 0.14236 -> "0.1424"; a tie is rounded up, and there is no "-0.0000".
export const ratio = (number, digits = 4) => number.toFixed(digits).replace(/^-(?=[0.]+$)/, "");

// 0.14236 -> "14.2%"; a tie is rounded up.
export const percent = (share, digits = 1) => `${ratio(100 * share, digits)}%`;

// Three significant digits: 1.1186 -> "1.12", 24979.4 -> "25,000"; a tie is rounded up.
export const significant = (number) => (number < 100 ? number.toPrecision(3) : whole(Number(number.toPrecision(3))));

// [3, 3] -> "3×3"
export const times = (numbers) => numbers.join("×");

// 14450688 -> "14.5M", for a label with little room.
export function short(number) {
  for (const [unit, letter] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
  ]) {
    if (number >= unit * (1 - 0.5e-4)) return `${ratio(number / unit, 1)}${letter}`;
  }
  return whole(number);
}
