// What the steps are drawn with.
import { largest } from "./model.js";

const HTML = "http://www.w3.org/1999/xhtml", SVG = "http://www.w3.org/2000/svg";

// An element with attributes (on…: listeners) and children: text is set as text, never as HTML
export function tag(name, attributes = {}, ...children) {
  const made = document.createElementNS(/^(svg|path|line|text|circle)$/.test(name) ? SVG : HTML, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Numbers (rows, columns) as a picture, one dot each: blue below 0, orange above, pale at 0. `most` is the full colour
export function heat(canvas, numbers, rows, columns, most = largest(numbers)) {
  Object.assign(canvas, { width: columns, height: rows });
  const pen = canvas.getContext("2d"), picture = pen.createImageData(columns, rows);
  const low = rgb(css("--low")), zero = rgb(css("--zero")), high = rgb(css("--high"));
  for (let i = 0; i < rows * columns; i++) {
    const part = Math.min(1, Math.abs(numbers[i]) / most) ** 0.7, end = numbers[i] < 0 ? low : high;
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = zero[c] + (end[c] - zero[c]) * part;
    picture.data[4 * i + 3] = 255;
  }
  pen.putImageData(picture, 0, 0);
  return canvas;
}

// A heat map of a row of numbers that says in words what it is
export const stripe = (vector, what, most) =>
  heat(tag("canvas", { class: "stripe", role: "img", "aria-label": `${what}: ${vector.length} numbers, from ${show(Math.min(...vector))} to ${show(Math.max(...vector))}` }), vector, 1, vector.length, most);

const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));

// A number with a real minus sign
export const show = (number, places = 2) => number.toFixed(places).replace(/^-(0\.0+)?$/, "$1").replace("-", "−");
export const first = (vector, n = 2, places = 2) => [...vector.subarray(0, n)].map(number => show(number, places)).join("  ") + " …";

export function table(head, rows, options = {}) {
  const line = (cells, kind) => tag("tr", {}, ...cells.map((cell, i) => cell instanceof Node && cell.tagName === "TD" ? cell
    : tag(kind === "th" || (i === 0 && options.named) ? "th" : "td", kind === "th" ? { scope: "col" } : i === 0 && options.named ? { scope: "row" } : {}, cell)));
  return tag("table", { tabindex: "0", class: options.tight ? "tight" : "" }, tag("thead", {}, line(head, "th")), tag("tbody", {}, ...rows.map(cells => line(cells, "td"))));
}

// A cell of a table, the bluer the nearer its cosine is to 1
export function share(cosine) {
  const cell = tag("td", { class: "cosine" }, show(cosine));
  cell.style.setProperty("--part", `${Math.max(0, cosine) * 70}%`);
  return cell;
}

// A slider, a box or a choice, with its label; moved(value) after each move
export function slider(label, value, [low, high], moved) {
  const output = tag("output", {}, `${value}`);
  const input = tag("input", { type: "range", min: `${low}`, max: `${high}`, value: `${value}`, oninput: () => { output.textContent = input.value; moved(Number(input.value)); } });
  return tag("label", { class: "control" }, `${label} `, input, output);
}

export function box(label, checked, moved) {
  const input = tag("input", { type: "checkbox", checked, onchange: () => moved(input.checked) });
  return tag("label", { class: "control" }, input, ` ${label}`);
}

export function choice(label, names, value, moved) {
  const group = tag("fieldset", { class: "control" }, tag("legend", {}, label));
  for (const name of names)
    group.append(tag("label", {}, tag("input", { type: "radio", name: label, checked: name === value, onchange: () => moved(name) }), ` ${name}`));
  return group;
}
