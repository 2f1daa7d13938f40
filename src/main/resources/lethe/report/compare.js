// The comparison of several runs.
document.title = "Comparison of runs";
const KEPT = ["retain", "approximate", "general", "holdout"];
const runs = data.runs;
const rate = (value) => (typeof value === "number" ? value.toExponential() : "–");
const named = (r) => r.method + (r.variant ? ` (${r.variant})` : "");
const methods = data.methods.map((m) => ({ ...m, name: named(m), runs_of: runs.filter((r) => named(r) === named(m)) }));
const rise = (change) => (change && change.before !== null && change.after !== null ? change.after - change.before : null);
const shapes = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot"];
const colourOf = (i) => colour("--c" + (i % 5));

function header() {
  const best = runs.find((r) => r.best);
  const matched = runs.filter((r) => r.outcome === "matched");
  page.append(
    el("h1", {}, "Lethe · comparison of runs"),
    el(
      "div",
      { class: "verdict " + (best ? "matched" : "none") },
      el("b", {}, best ? "✓ " + best.run : "No run reached its target"),
      best
        ? `${named(best)} at rate ${rate(best.learning_rate)} reached its target with the least damage: ${signed(best.damage, 3)} ` +
            `nats per token on ${best.damaged_split}. ` +
            `${matched.length} of ${runs.length} runs reached theirs.`
        : `${runs.length} runs compared.`,
    ),
  );
}

function methodTable() {
  page.append(
    el("h2", {}, "Methods"),
    el(
      "p",
      { class: "soft" },
      "Rates that work: the longest sequence of neighbouring tried rates with forget in its band and holdout within the run's " +
        "holdout band. A method with a wide range works with a rough guess, too. " +
        "Damage at target: the largest rise of loss on retain, approximate, general or holdout in a run that reached its target. " +
        (data.band === null
          ? "A run reached it if its verdict is matched."
          : `Here a run reached it if the forget loss of all documents is within ${number(data.band, 2)} of it, by the point, ` +
            "which is no verdict."),
    ),
    table(
      ["method", "reached the target", "rates that work", "decades", "least damage at target", "by"],
      methods.map((m) => ({
        cells: [
          m.name,
          `${m.reached} of ${m.runs}`,
          m.lowest === null ? "none" : m.lowest === m.highest ? rate(m.lowest) : `${rate(m.lowest)} to ${rate(m.highest)}`,
          number(m.decades, 2),
          signed(m.least_damage, 3),
          m.least_damaged ?? "–",
        ],
      })),
    ),
  );
}

function runTable() {
  const splits = ["forget", ...KEPT].filter((s) => runs.some((r) => r.losses[s]));
  const before = splits.map((s) => runs[0].losses[s]?.before ?? null);
  const shared = runs.every((r) => splits.every((s, i) => (r.losses[s]?.before ?? null) === before[i]));
  const variants = runs.some((r) => r.variant);
  const cell = (change) => {
    if (!change) return "–";
    return shared ? number(change.after, 3) : `${number(change.before, 3)} → ${number(change.after, 3)}`;
  };
  const rows = runs.map((r) => ({
    className: r.best ? "best" : "",
    cells: [
      r.run + (r.best ? " ✓ least damage" : ""),
      r.outcome ?? "–",
      signed(r.distance, 3),
      ...splits.map((s) => cell(r.losses[s])),
      number(r.target, 3),
      r.outcome === "matched" && r.damage === null && r.damaged_split ? "not finite" : signed(r.damage_at_target, 3),
      r.outcome === "matched" ? (r.damaged_split ?? "–") : "",
      whole(r.steps),
      whole(r.seconds === null ? null : Math.round(r.seconds)),
      whole(r.tokens),
      r.method,
      rate(r.learning_rate),
      ...(variants ? [r.variant] : []),
    ],
  }));
  if (shared)
    rows.unshift({ className: "soft", cells: ["before", "", "", ...before.map((v) => number(v, 3)), ...Array(variants ? 9 : 8).fill("")] });
  page.append(
    el("h2", {}, "Runs"),
    el(
      "p",
      { class: "soft" },
      "Loss in nats per token" +
        (shared ? "" : ", before → after") +
        (data.band === null
          ? ". The target is of all documents; distance and verdict are of the half that did not steer."
          : `. Distance is that of all documents to forget; the outcome is decided by the point, with a band of ${number(data.band, 2)}.`),
    ),
    table(
      [
        "run",
        data.band === null ? "verdict" : "by the point",
        "distance",
        ...splits,
        "target",
        "damage at target",
        "on",
        "steps",
        "seconds",
        "processed tokens",
        "method",
        "rate",
        ...(variants ? ["other settings"] : []),
      ],
      rows,
    ),
  );
}

// Axes that one ruined run cannot stretch until the others are a point: nats beyond this are cut off.
const FAR = 2;
const far = (shown, pick) =>
  shown.some((r) => Math.abs(pick(r)) > FAR) ? ` Beyond ${FAR} nats the chart is cut off; the table has all.` : "";

// Where forget ended, by rate: the flatter the curve, the less the choice of the rate matters.
function byRate() {
  const shown = methods.map((m) =>
    m.runs_of.filter((r) => r.learning_rate !== null && r.distance !== null).sort((a, b) => a.learning_rate - b.learning_rate),
  );
  const all = shown.flat();
  if (!all.length) return null;
  const band = Math.max(...all.map((r) => r.band));
  const ends = [Math.min(...all.map((r) => r.learning_rate)), Math.max(...all.map((r) => r.learning_rate))];
  const edge = (value, label) => ({
    label,
    data: ends.map((x) => ({ x, y: value })),
    borderColor: colour("--target"),
    backgroundColor: colour("--target"),
    borderWidth: 1,
    borderDash: [2, 3],
    pointRadius: 0,
  });
  return figure(
    "Distance from the target by rate",
    "Forget loss minus target, in nats per token, by learning rate. " +
      methods
        .map((m, i) => `${m.name}: ${shown[i].map((r) => `${rate(r.learning_rate)} ${signed(r.distance, 2)}`).join(", ") || "no run"}`)
        .join("; ") +
      `. The band is ${number(band, 2)} wide on either side.`,
    "Between the dotted lines forget is in its band. Above: the text is conspicuous, since it is known worse than unseen text." +
      far(all, (r) => r.distance),
    ["method", "rate", "distance"],
    methods.flatMap((m, i) => shown[i].map((r) => [m.name, rate(r.learning_rate), signed(r.distance, 3)])),
    () => ({
      type: "line",
      data: {
        datasets: [
          ...methods.map((m, i) => ({
            label: m.name,
            data: shown[i].map((r) => ({ x: r.learning_rate, y: r.distance })),
            borderColor: colourOf(i),
            backgroundColor: colourOf(i),
            borderWidth: 2,
            pointStyle: shapes[i % shapes.length],
            pointRadius: 5,
            borderDash: i % 2 ? [6, 3] : [],
          })),
          edge(band, "band"),
          edge(-band, "band, below"),
        ],
      },
      options: options(
        axis("learning rate", {
          type: "logarithmic",
          ticks: { callback: (v) => (/^[125]e/.test(v.toExponential()) ? v.toExponential() : "") },
        }),
        axis("nats per token", {
          min: Math.max(-FAR, Math.floor(2 * Math.min(-band, ...all.map((r) => r.distance))) / 2),
          max: Math.min(FAR, Math.ceil(2 * Math.max(band, ...all.map((r) => r.distance))) / 2),
        }),
        { plugins: { legend: { labels: { usePointStyle: true, boxHeight: 7, filter: (item) => item.text !== "band, below" } } } },
      ),
    }),
  );
}

function against() {
  const shown = methods.map((m) => m.runs_of.filter((r) => r.distance !== null && r.damage !== null));
  return figure(
    "Forgetting against damage",
    "Distance from the target against the largest rise of loss elsewhere, one point per run: " +
      (shown
        .flat()
        .map((r) => `${r.run} ${signed(r.distance, 2)}, ${signed(r.damage, 2)}`)
        .join("; ") || "none") +
      ".",
    "Best is low and in the middle: at the target (0), and nothing lost elsewhere." +
      far(shown.flat(), (r) => Math.max(Math.abs(r.distance), r.damage)),
    ["run", "distance", "damage", "on"],
    shown.flat().map((r) => [r.run, signed(r.distance, 3), signed(r.damage, 3), r.damaged_split]),
    () => ({
      type: "scatter",
      data: {
        datasets: methods.map((m, i) => ({
          label: m.name,
          pointStyle: shapes[i % shapes.length],
          pointRadius: 6,
          borderWidth: 2,
          backgroundColor: colourOf(i),
          borderColor: colourOf(i),
          data: shown[i].map((r) => ({ x: r.distance, y: r.damage, run: r.run })),
        })),
      },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        plugins: {
          legend: { labels: { usePointStyle: true, boxHeight: 7 } },
          tooltip: { callbacks: { label: (c) => `${c.raw.run}: ${signed(c.raw.x, 3)}, damage ${signed(c.raw.y, 3)}` } },
        },
        scales: {
          x: axis("forget loss minus target, nats per token", {
            ...(shown.flat().some((r) => r.distance > FAR) ? { max: FAR } : {}),
            suggestedMin: -0.5,
            suggestedMax: 0.5,
          }),
          y: axis("damage, nats per token", {
            ...(shown.flat().some((r) => r.damage > FAR) ? { max: FAR } : {}),
            suggestedMin: 0,
            suggestedMax: 0.5,
          }),
        },
      },
    }),
  );
}

// What reaching the target cost each split, for the best run of each method.
function elsewhere() {
  const shown = methods.map((m) => m.runs_of.find((r) => r.run === m.least_damaged)).filter((r) => r);
  if (!shown.length) return null;
  const splits = KEPT.filter((s) => shown.some((r) => rise(r.losses[s]) !== null));
  const values = splits.map((s) => shown.map((r) => rise(r.losses[s])));
  return figure(
    "What reaching the target cost",
    "Rise of loss in nats per token, of the least damaging run of each method at its target. " +
      shown.map((r, i) => `${named(r)}: ${splits.map((s, k) => `${s} ${signed(values[k][i], 3)}`).join(", ")}`).join("; ") +
      ".",
    "The least damaging run of each method that reached its target. A model retrained without the documents would lose nothing here.",
    ["method", "run", ...splits],
    shown.map((r, i) => [named(r), r.run, ...values.map((v) => signed(v[i], 3))]),
    () => {
      const c = bars(
        shown.map((r) => (r.variant ? [r.method, r.variant] : r.method)),
        splits,
        values,
        axis("nats per token", { beginAtZero: true, suggestedMax: 0.1 }),
        {},
      )();
      c.options.indexAxis = "y";
      c.options.interaction = { mode: "nearest", axis: "y", intersect: false };
      return c;
    },
  );
}

header();
methodTable();
page.append(
  el(
    "div",
    { class: "grid" },
    [byRate(), against(), elsewhere()].filter((f) => f),
  ),
);
for (const plot of page.querySelectorAll(".plot")) plot.style.height = `${17 + Math.max(0, methods.length - 5)}rem`; // legends grow
runTable();
ready();
