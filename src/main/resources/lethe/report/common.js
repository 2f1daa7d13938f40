"use strict";
// What both pages draw with, from the JSON inside them. Text is inserted as text, never as HTML.
addEventListener("error", (e) => document.documentElement.setAttribute("data-error", e.message));
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const drawings = [];

function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  for (const child of children.flat())
    if (child !== null && child !== undefined) element.append(typeof child === "string" ? shown(child) : child);
  return element;
}

// Characters that nobody sees, or that turn the direction of writing, spelled out; line ends and tabs stay.
function shown(text) {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

const number = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "–");
const signed = (value, digits) => (typeof value === "number" ? (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits) : "–");
const whole = (value) => (typeof value === "number" ? value.toLocaleString("en") : "–");
const count = (value, of) => `${whole(value)} ${of}${value === 1 ? "" : "s"}`;
const percent = (value) => (typeof value === "number" ? (100 * value).toFixed(1) + " %" : "–");
const short = (value) => (typeof value !== "number" ? "–" : Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(2));
const range = (interval, digits) => (interval ? ` (${number(interval.low, digits)} to ${number(interval.high, digits)})` : "");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function table(head, rows, className) {
  const body = rows.map((row) =>
    el(
      "tr",
      { class: row.className || "" },
      row.cells.map((c, i) => {
        const what = Object.assign(i === 0 ? { scope: "row" } : {}, c && c.inner ? { class: "inner" } : {});
        return el(i === 0 ? "th" : "td", what, c && c.inner ? c.inner : c);
      }),
    ),
  );
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "table of " + head.filter((h) => h).join(", ") },
    el(
      "table",
      { class: className || "" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          head.map((h) => el("th", { scope: "col" }, h)),
        ),
      ),
      el("tbody", {}, body),
    ),
  );
}

// A chart: its title, the drawing with a text alternative, what it says, and its data as a table.
function figure(title, alternative, caption, head, rows, configuration) {
  const canvas = el("canvas", { role: "img", "aria-label": alternative });
  drawings.push({ canvas, configuration, chart: null });
  return el(
    "figure",
    {},
    el("h3", {}, title),
    el("div", { class: "plot" }, canvas),
    el("figcaption", {}, caption || alternative),
    el(
      "details",
      {},
      el("summary", {}, "Data as a table"),
      table(
        head,
        rows.map((cells) => ({ cells })),
      ),
    ),
  );
}

function draw() {
  Chart.defaults.color = colour("--soft");
  Chart.defaults.borderColor = colour("--line");
  Chart.defaults.font.family = "system-ui, sans-serif";
  Chart.defaults.animation = false;
  for (const drawing of drawings) {
    if (drawing.chart) drawing.chart.destroy();
    drawing.chart = new Chart(drawing.canvas, drawing.configuration());
  }
}

function axis(text, more) {
  return Object.assign({ title: { display: true, text } }, more);
}
function options(x, y, more) {
  return Object.assign(
    {
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: { legend: { labels: { usePointStyle: true, boxHeight: 7 } } },
      scales: { x, y },
    },
    more,
  );
}
function lines(xs, names, values, x, y, colours) {
  return () => ({
    type: "line",
    data: {
      datasets: names.map((name, i) => ({
        label: name,
        data: xs.map((v, k) => ({ x: v, y: values[i][k] })),
        borderColor: colour(colours ? colours[i] : "--c" + (i % 5)),
        backgroundColor: colour(colours ? colours[i] : "--c" + (i % 5)),
        borderWidth: 2,
        pointRadius: 0,
        borderDash: i % 2 ? [6, 3] : [],
      })),
    },
    options: options(Object.assign({ type: "linear" }, x), y),
  });
}
function bars(labels, names, values, x, y, colours) {
  return () => ({
    type: "bar",
    data: {
      labels,
      datasets: names.map((name, i) => ({ label: name, data: values[i], backgroundColor: colour(colours ? colours[i] : "--c" + (i % 5)) })),
    },
    options: options(x, y),
  });
}

// Draws all charts, again when light and dark change and for paper, and marks the page as complete.
function ready() {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const opened = []; // paper cannot be clicked
  addEventListener("beforeprint", () => {
    document.documentElement.setAttribute("data-paper", "");
    opened.push(...document.querySelectorAll("details:not([open])"));
    for (const details of opened) details.open = true;
    draw();
  });
  addEventListener("afterprint", () => {
    document.documentElement.removeAttribute("data-paper");
    for (const details of opened.splice(0)) details.open = false;
    draw();
  });
  document.documentElement.setAttribute("data-ready", String(Math.round(performance.now())));
}
