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
  if (data.tasks) {
    document.title = "Tasks forgotten one after the other";
    page.append(el("h1", {}, "Lethe · tasks forgotten one after the other"));
    return;
  }
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
  const retrained = runs.some((r) => r.to_retrained !== null);
  const cell = (change) => {
    if (!change) return "–";
    return shared ? number(change.after, 3) : `${number(change.before, 3)} → ${number(change.after, 3)}`;
  };
  const rows = runs.map((r) => ({
    className: r.best ? "best" : "",
    cells: [
      { inner: r.run + (r.best ? " ✓ least damage" : "") },
      ...(retrained ? [number(r.to_retrained, 3)] : []),
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
    rows.unshift({ className: "soft", cells: ["before", ...(retrained ? [""] : []), "", "", ...before.map((v) => number(v, 3)), ...Array(variants ? 9 : 8).fill("")] });
  page.append(
    el("h2", {}, "Runs"),
    el(
      "p",
      { class: "soft" },
      "Loss in nats per token" +
        (shared ? "" : ", before → after") +
        (data.band === null
          ? ". The target is of all documents; distance and verdict are of the half that did not steer."
          : `. Distance is that of all documents to forget; the outcome is decided by the point, with a band of ${number(data.band, 2)}.`) +
        (retrained
          ? " To retrained: the divergence of predictions on forget from those of a model that never saw the documents, in nats per " +
            "token: the smaller, the better." +
            (data.tasks ? "" : " The nearest run comes first.")
          : ""),
    ),
    table(
      [
        "run",
        ...(retrained ? ["to retrained"] : []),
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

// The way from a run's name to its point, in a picture and in words.
function scatter(title, alternative, caption, x, y, xAxis, yAxis, more) {
  const shown = methods.map((m) => m.runs_of.filter((r) => x(r) !== null && y(r) !== null));
  const all = shown.flat();
  if (!all.length) return null;
  return figure(
    title,
    alternative + (all.map((r) => `${r.run} ${signed(x(r), 2)}, ${signed(y(r), 2)}`).join("; ") || "none") + ".",
    caption + far(all, (r) => Math.max(Math.abs(x(r)), y(r))),
    ["run", xAxis.title.text, yAxis.title.text, "on", "frontier"],
    all.map((r) => [r.run, signed(x(r), 3), signed(y(r), 3), r.damaged_split, r.frontier ? "yes" : ""]),
    () => ({
      type: "scatter",
      data: {
        datasets: [
          ...methods.map((m, i) => ({
            label: m.name,
            pointStyle: shapes[i % shapes.length],
            pointRadius: 6,
            borderWidth: 2,
            backgroundColor: colourOf(i),
            borderColor: colourOf(i),
            data: shown[i].map((r) => ({ x: x(r), y: y(r), run: r.run })),
          })),
          ...(more ? more(all) : []),
        ],
      },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        plugins: {
          legend: { labels: { usePointStyle: true, boxHeight: 7 } },
          tooltip: { callbacks: { label: (c) => `${c.raw.run}: ${signed(c.raw.x, 3)}, damage ${signed(c.raw.y, 3)}` } },
        },
        scales: {
          x: { ...xAxis, ...(all.some((r) => x(r) > FAR) ? { max: FAR } : {}) },
          y: { ...yAxis, ...(all.some((r) => y(r) > FAR) ? { max: FAR } : {}) },
        },
      },
    }),
  );
}

const damageAxis = axis("damage, nats per token", { suggestedMin: 0, suggestedMax: 0.5 });

// The frontier: what forgetting costs at least, among these runs.
function against() {
  return scatter(
    "Forgetting against damage",
    "Distance of the forget loss from its target against the largest rise of loss elsewhere, one point per run: ",
    "Best is low and in the middle: at the target (0), and nothing lost elsewhere. The dashed line is the frontier: of its runs no other " +
      "one is both nearer to the target and less damaged.",
    (r) => r.distance,
    (r) => r.damage,
    axis("forget loss minus target, nats per token", { suggestedMin: -0.5, suggestedMax: 0.5 }),
    damageAxis,
    (all) => [
      {
        type: "line",
        label: "frontier",
        data: all
          .filter((r) => r.frontier)
          .sort((a, b) => a.distance - b.distance)
          .map((r) => ({ x: r.distance, y: r.damage, run: r.run })),
        borderColor: colour("--target"),
        backgroundColor: "transparent",
        borderWidth: 1.5,
        borderDash: [4, 3],
        pointRadius: 10,
        pointBorderWidth: 1.5,
      },
    ],
  );
}

// How near to a model that never saw the documents, and at what cost.
function nearness() {
  return scatter(
    "Nearness to the retrained model against damage",
    "Divergence of predictions on forget from the retrained model's against the largest rise of loss elsewhere, one point per run: ",
    "Best is low and left: predictions like those of a model that never saw the documents, and nothing lost elsewhere.",
    (r) => r.to_retrained,
    (r) => r.damage,
    axis("divergence from the retrained model, nats per token", { suggestedMin: 0 }),
    damageAxis,
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

// What unlearned models answer, runs by sets: where each run goes on from the one before, what comes back of what an earlier one forgot.
function answers() {
  if (!data.answers.length) return;
  const named = (use) => data.answers.flatMap((r) => Object.keys(r.sets).filter((set) => (r.sets[set].use === "forget") === use));
  const sets = [...new Set([...named(true), ...named(false)])];
  const words = {
    rouge_l_recall: "ROUGE-L recall",
    probability: "Probability of the true answer",
    truth_ratio: "Truth ratio (forget: 1 - min(R, 1/R); others: max(0, 1 - R))",
    forget_efficacy: "Forget efficacy",
  };
  page.append(
    el("h2", {}, "Answers"),
    el(
      "p",
      { class: "soft" },
      "The runs in the order they were named, the sets of questions from left. Each value is between 0 and 1; the darker, the higher.",
    ),
  );
  for (const [name, title] of Object.entries(words)) {
    const value = (r, set) => (r.sets[set] && typeof r.sets[set][name] === "number" ? r.sets[set][name] : null);
    if (!data.answers.some((r) => sets.some((set) => value(r, set) !== null))) continue;
    page.append(
      el("h3", {}, title),
      table(
        ["run", ...sets],
        data.answers.map((r) => ({
          cells: [
            r.run,
            ...sets.map((set) => {
              const v = value(r, set);
              if (v === null) return "–";
              return heat(number(v, 4), v);
            }),
          ],
        })),
      ),
    );
  }
  const names = [...new Set(data.answers.flatMap((r) => Object.keys(r.summaries)))];
  const known = names.filter((n) => data.answers.some((r) => typeof r.summaries[n] === "number"));
  if (known.length)
    page.append(
      table(
        ["run", ...known.map((n) => n.replaceAll("_", " "))],
        data.answers.map((r) => ({ cells: [r.run, ...known.map((n) => number(r.summaries[n], 4))] })),
      ),
    );
}

// A number on a ground that is the darker, the higher its share from 0 to 1.
function heat(text, share) {
  const cell = el("span", { class: "heat" }, text);
  cell.style.setProperty("--heat", `${Math.round(60 * Math.min(1, Math.max(0, share)))}%`);
  return cell;
}

// How well the model knows the documents of each task after each task: what a later one brings back of an earlier one.
function tasks() {
  const t = data.tasks;
  const cell = (nll, task) => {
    if (nll === undefined) return "";
    if (nll === null) return "not finite";
    return t.before[task] === null ? number(nll, 3) : heat(number(nll, 3), Math.exp(t.before[task] - nll));
  };
  const back = t.tasks.flatMap((task, i) => {
    const own = t.after[task][task];
    const last = t.after[t.tasks.at(-1)][task];
    return i < t.tasks.length - 1 && own !== null && last !== null ? [{ task, by: own - last }] : [];
  });
  const most = back.reduce((a, b) => (b.by > a.by ? b : a), { by: 0 });
  page.append(
    el(
      "p",
      {},
      most.by > 0
        ? `Most came back of “${most.task}”: its loss is ${number(most.by, 3)} nats per token lower after the last task than after its own.`
        : "After the last task no earlier one is known better than after its own.",
    ),
    el("h2", {}, "Loss on the documents of each task"),
    el(
      "p",
      { class: "soft" },
      "In nats per token: the tasks from left, the model after each of them from above. The darker, the better known: " +
        "exp(loss before - loss), the likelihood per token as a share of what the original model gave it.",
    ),
    table(
      ["after", ...t.tasks],
      [
        { cells: ["none", ...t.tasks.map((task) => cell(t.before[task], task))] },
        ...t.tasks.map((run) => ({ cells: [run, ...t.tasks.map((task) => cell(t.after[run][task], task))] })),
      ],
    ),
  );
}

header();
if (data.tasks) {
  tasks();
  answers();
} else {
  methodTable();
  page.append(
    el(
      "div",
      { class: "grid" },
      [nearness(), against(), byRate(), elsewhere()].filter((f) => f),
    ),
  );
}
for (const plot of page.querySelectorAll(".plot")) plot.style.height = `${17 + Math.max(0, methods.length - 5)}rem`; // legends grow
runTable();
ready();
if (!data.tasks) answers();
