"use strict";
// Draws the comparison from the JSON that stands in the page. Text goes in as text, never as HTML.
addEventListener("error", (e) => document.documentElement.setAttribute("data-error", e.message));
const runs = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "–");
const signed = (value) => (typeof value === "number" ? (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3) : "–");

function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

const best = runs.find((r) => r.best);
const matched = runs.filter((r) => r.outcome === "matched");
page.append(el("h1", {}, "Lethe · comparison of runs"),
  el("div", { class: "verdict " + (best ? "matched" : "none") }, el("b", {}, best ? "✓ " + best.run : "No run reached its target"),
    best ? `${best.method} at rate ${best.learning_rate} reached its target (${signed(best.distance)} nats a token) with the least damage: ${signed(best.damage)} on ${best.damaged_split}.` : `${runs.length} runs compared.`));

const canvas = el("canvas", { role: "img", "aria-label": "Distance from the target against damage, a point a run: "
  + runs.map((r) => `${r.run} ${signed(r.distance)}, ${signed(r.damage)}`).join("; ") });
page.append(el("h2", {}, "Forgetting against damage"), el("figure", {}, el("div", { class: "plot" }, canvas),
  el("figcaption", {}, `Best is the lower middle: at the target (0) and no loss elsewhere. ${matched.length} of ${runs.length} runs reached their target. The table below holds the same numbers.`)));

page.append(el("h2", {}, "Runs"), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "table" }, el("table", {},
  el("thead", {}, el("tr", {}, ["run", "method", "rate", "steps", "forget", "target", "distance", "verdict", "damage", "on"].map((h) => el("th", { scope: "col" }, h)))),
  el("tbody", {}, runs.map((r) => el("tr", { class: r.best ? "all" : "" }, [r.run + (r.best ? " ✓ best" : ""), r.method, String(r.learning_rate ?? "–"), String(r.steps ?? "–"),
    number(r.nll, 3), number(r.target, 3), signed(r.distance), r.outcome ?? "–", signed(r.damage), r.damaged_split ?? "–"].map((c) => el("td", {}, c))))))));

let chart = null;
function draw() {
  if (chart) chart.destroy();
  Chart.defaults.color = colour("--soft");
  Chart.defaults.borderColor = colour("--line");
  Chart.defaults.animation = false;
  const methods = [...new Set(runs.map((r) => r.method))];
  const shapes = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot"];
  chart = new Chart(canvas, { type: "scatter",
    data: { datasets: methods.map((m, i) => ({ label: m, pointStyle: shapes[i % shapes.length], pointRadius: 6,
      backgroundColor: colour("--c" + (i % 5)), borderColor: colour("--c" + (i % 5)),
      data: runs.filter((r) => r.method === m && typeof r.distance === "number" && typeof r.damage === "number").map((r) => ({ x: r.distance, y: r.damage, run: r.run })) })) },
    options: { responsive: true, maintainAspectRatio: false,
      plugins: { legend: { labels: { usePointStyle: true } }, tooltip: { callbacks: { label: (c) => `${c.raw.run}: ${signed(c.raw.x)}, damage ${signed(c.raw.y)}` } } },
      scales: { x: { title: { display: true, text: "forget loss minus target, nats a token" } }, y: { title: { display: true, text: "damage, nats a token" } } } } });
}
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.documentElement.setAttribute("data-ready", String(Math.round(performance.now())));
