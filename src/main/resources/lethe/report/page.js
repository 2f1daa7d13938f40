// The report of one run.
const ALL = "*";
const ORDER = ["forget", "approximate", "retain", "general", "holdout"];
const models = data.models.map((m) => m.name);
const others = models.filter((m) => m !== "original");
const splits = [...new Set(data.scores.map((s) => s.split))].sort((a, b) => place(a) - place(b));
function place(split) {
  const i = ORDER.indexOf(split);
  return i < 0 ? ORDER.length : i;
}
function score(model, split, domain) {
  return data.scores.find((s) => s.model === model && s.split === split && s.domain === domain);
}
function domains(split) {
  return [...new Set(data.scores.filter((s) => s.split === split && s.domain !== ALL).map((s) => s.domain))].sort();
}
function targetOf(domain) {
  if (!data.target) return null;
  return domain === ALL ? data.target.nll : (data.target.domains[domain] ?? null);
}
function at(object, path) {
  return path.split(".").reduce((o, key) => (o === null || o === undefined ? undefined : o[key]), object);
}

function header() {
  const v = data.verdict;
  const kind = v ? v.outcome : "none";
  const words = {
    matched: "✓ Matched",
    under: "△ Not yet forgotten",
    over: "✕ Over-forgotten",
    undecided: "? Undecided",
    none: "No verdict",
  };
  const text = data.headline.replace(/^(Matched|Not yet forgotten|Over-forgotten|Undecided|No verdict): /, "");
  page.append(
    el("h1", {}, "Lethe · unlearning report"),
    nearness(),
    el("div", { class: "verdict " + kind }, el("b", {}, words[kind]), text.charAt(0).toUpperCase() + text.slice(1)),
  );
  for (const warning of data.coverage.warnings) page.append(el("p", { class: "warning" }, el("b", {}, "Warning: "), warning + "."));
  const before = score("original", "forget", ALL);
  const after = score("unlearned", "forget", ALL);
  const facts = [];
  const fact = (name, value, note) =>
    facts.push(el("div", {}, el("dt", {}, name), el("dd", {}, value, note ? el("small", {}, note) : null)));
  const { asked, trained, scored } = data.coverage;
  fact(
    "Asked to forget",
    asked ? `${whole(asked.documents)} documents` : "not recorded",
    asked &&
      `${whole(asked.chunks)} chunks, ${whole(asked.tokens)} tokens` +
        (asked.unmet ? `; ${whole(asked.unmet)} not found or of no use` : ""),
  );
  fact(
    "Trained on",
    trained ? `${whole(trained.documents)} documents` : "not recorded",
    trained && `${whole(trained.chunks)} chunks, ${whole(trained.tokens)} tokens`,
  );
  fact(
    "Scored",
    scored ? `${whole(scored.documents)} documents` : "nothing",
    scored && `${whole(scored.chunks)} chunks, ${whole(scored.tokens)} scored tokens`,
  );
  if (data.adapter)
    fact(
      "Trained",
      `adapter of rank ${whole(data.adapter.rank)}`,
      {
        merged: "merged into the model that was written",
        both: "merged into the model that was written, and beside it",
        adapter: "written alone: whoever leaves it out has the model that forgot nothing",
      }[data.adapter.written],
    );
  if (before)
    fact(
      "Forget loss, all documents",
      after ? `${number(before.nll, 2)} → ${number(after.nll, 2)}` : number(before.nll, 2),
      data.target ? `nats per token, target ${number(data.target.nll, 2)}` : "nats per token",
    );
  for (const d of data.damage.filter((d) => d.model === "unlearned"))
    fact("Damage", d.rise === null ? "not finite" : signed(d.rise, 2), `largest rise of loss on kept text, nats per token, on ${d.split}`);
  const auc = (model) => data.membership.find((m) => m.model === model && m.domain === ALL && m.score === "loss");
  if (auc("original"))
    fact(
      "Membership AUC, by loss",
      auc("unlearned") ? `${number(auc("original").auc, 2)} → ${number(auc("unlearned").auc, 2)}` : number(auc("original").auc, 2),
      auc("retrained") ? `the retrained model has ${number(auc("retrained").auc, 2)}` : "chance is 0.5",
    );
  if (data.cost)
    fact(
      "Cost",
      `${whole(data.cost.steps)} steps`,
      `${whole(data.cost.tokens)} processed tokens, ${whole(Math.round(data.cost.seconds))} s` +
        (data.cost.ratio ? `; retraining: ${short(data.cost.ratio)} times as much` : ""),
    );
  page.append(el("dl", { class: "facts" }, facts));
}

function scores() {
  page.append(
    el("h2", {}, "Before and after"),
    el(
      "p",
      { class: "soft" },
      "Loss over all documents in nats per token, with 95 % intervals over documents. The target is the original model's loss on " +
        "unseen text of the same domains, weighed like forget. The verdict uses another forget loss: that of the half of the " +
        "documents that judges.",
    ),
  );
  const head = [
    "split",
    "documents",
    ...models,
    ...(others.length ? ["change"] : []),
    "target",
    ...models.map((m) => "accuracy " + m),
    ...models.map((m) => "perplexity " + m),
  ];
  const rows = [];
  for (const split of splits)
    for (const domain of [ALL, ...domains(split)]) {
      const byModel = models.map((m) => score(m, split, domain));
      const any = byModel.find((s) => s);
      const cells = [domain === ALL ? split : { inner: domain }, whole(any.documents)];
      for (const s of byModel)
        cells.push(s ? el("span", {}, number(s.nll, 3), el("small", {}, s.intervals ? range(s.intervals.nll, 2) : "")) : "");
      const [from, to] = byModel;
      if (others.length) cells.push(from && to && from.nll !== null && to.nll !== null ? signed(to.nll - from.nll, 3) : "–");
      cells.push(split === "forget" ? number(targetOf(domain), 3) : "");
      for (const s of byModel) cells.push(s ? percent(s.accuracy) : "");
      for (const s of byModel) cells.push(s ? short(s.perplexity) : "");
      rows.push({ className: domain === ALL ? "all" : "", cells });
    }
  page.append(table(head, rows));
  const grid = el("div", { class: "grid" });
  grid.append(splitBars());
  if (domains("forget").length > 1) grid.append(domainBars());
  page.append(grid);
}

function splitBars() {
  const values = models.map((m) => splits.map((s) => score(m, s, ALL)?.nll ?? null));
  const target = splits.map((s) => (s === "forget" ? targetOf(ALL) : null));
  const text = splits.map((s, i) => `${s}: ${models.map((m, k) => `${m} ${number(values[k][i], 2)}`).join(", ")}`).join("; ");
  return figure(
    "Loss by split",
    `Loss of all documents in nats per token. ${text}. Target for forget: ${number(targetOf(ALL), 2)}.`,
    null,
    ["split", ...models, "target"],
    splits.map((s, i) => [s, ...values.map((v) => number(v[i], 3)), number(target[i], 3)]),
    bars(splits, [...models, "target"], [...values, target], {}, axis("nats per token", { beginAtZero: true }), [
      ...models.map((m, i) => "--c" + (i % 5)),
      "--target",
    ]),
  );
}

function domainBars() {
  const names = domains("forget");
  const values = models.map((m) => names.map((d) => score(m, "forget", d)?.nll ?? null));
  const target = names.map(targetOf);
  return figure(
    "Forget loss by domain",
    "Forget loss of all documents in nats per token. " +
      names
        .map((d, i) => `${d}: ${models.map((m, k) => `${m} ${number(values[k][i], 2)}`).join(", ")}, target ${number(target[i], 2)}`)
        .join("; ") +
      ".",
    null,
    ["domain", ...models, "target"],
    names.map((d, i) => [d, ...values.map((v) => number(v[i], 3)), number(target[i], 3)]),
    bars(names, [...models, "target"], [...values, target], {}, axis("nats per token", { beginAtZero: true }), [
      ...models.map((m, i) => "--c" + (i % 5)),
      "--target",
    ]),
  );
}

function histograms() {
  const wanted = [
    ["original", "forget"],
    ["unlearned", "forget"],
    ["original", "approximate"],
    ["retrained", "forget"],
  ];
  const found = wanted.map(([m, s]) => data.histograms.find((h) => h.model === m && h.split === s)).filter((h) => h);
  if (!found.length) return null;
  const last = Math.max(...found.map((h) => h.chunks.reduce((most, c, i) => (c ? i : most), 0))) + 1;
  const first = Math.max(0, Math.min(...found.map((h) => h.chunks.findIndex((c) => c))) - 1);
  const xs = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * found[0].bin_nats);
  const share = (h) => {
    const all = h.chunks.reduce((a, b) => a + b, 0);
    return xs.map((_, i) => (h.chunks[first + i] || 0) / all);
  };
  const names = found.map((h) => `${h.split}, ${h.model}`);
  const values = found.map(share);
  const peak = (v) => number(xs[v.indexOf(Math.max(...v))], 2);
  return figure(
    "Loss of chunks",
    "Share of chunks by mean loss. Most frequent: " + names.map((n, i) => `${n} near ${peak(values[i])} nats`).join("; ") + ".",
    "Forgotten text should lie where unseen text lies for the original model, no lower and no higher, as far as both have the same " +
      "mix of domains.",
    ["from nats", ...names],
    xs.map((x, i) => [number(x, 2), ...values.map((v) => percent(v[i]))]),
    () => {
      const c = lines(xs, names, values, axis("mean nats per token"), axis("share of chunks", { beginAtZero: true }))();
      for (const d of c.data.datasets) d.stepped = "after";
      return c;
    },
  );
}

function membership() {
  if (!data.membership.length) return;
  page.append(
    el("h2", {}, "Can the documents still be told apart?"),
    el(
      "p",
      { class: "soft" },
      "Membership inference: forget chunks are members, approximate ones are not. AUCs are computed per domain, and the domains are " +
        "weighed by their members. Chance is an AUC of 0.5: above it members are better known than unseen text, below it worse. " +
        (others.includes("retrained")
          ? "The retrained model, which never saw the members, shows how much the two splits differ in themselves: its value " +
            "is the goal, from either side."
          : "A model that never saw the members would have 0.5 only if the two splits differ in nothing but the training."),
    ),
  );
  const choice = el("select", { "aria-label": "score" });
  const curves = [...new Set(data.membership.filter((m) => m.roc.length).map((m) => m.score))];
  for (const name of curves) choice.append(el("option", { value: name }, name));
  const holder = el("div", { class: "grid" });
  const show = () => {
    for (const old of holder.querySelectorAll("canvas")) {
      const i = drawings.findIndex((d) => d.canvas === old);
      if (i >= 0) {
        drawings[i].chart?.destroy();
        drawings.splice(i, 1);
      }
    }
    const chart = rocChart(choice.value);
    const spread = histograms();
    holder.replaceChildren(...[chart, spread].filter((f) => f));
  };
  choice.addEventListener("change", () => {
    show();
    draw();
  });
  if (curves.length) page.append(el("p", {}, el("label", {}, "Score of the curve: ", choice)), holder);
  if (curves.length) show();
  const names = [...new Set(data.membership.map((m) => m.score))];
  const find = (model, domain, name) => data.membership.find((m) => m.model === model && m.domain === domain && m.score === name);
  page.append(
    el(
      "details",
      {},
      el("summary", {}, "All scores, all domains"),
      table(
        ["score", "domain", ...models.flatMap((m) => ["AUC " + m, "TPR at 0.1 %", "1 %", "5 % FPR"])],
        [...new Set(data.membership.map((m) => m.domain))].flatMap((domain) =>
          names.map((name) => ({
            cells: [
              name,
              domain === ALL ? "all" : domain,
              ...models.flatMap((m) => {
                const s = find(m, domain, name);
                return s
                  ? [
                      number(s.auc, 3),
                      percent(s["tpr_at_0.1_percent_fpr"]),
                      percent(s.tpr_at_1_percent_fpr),
                      percent(s.tpr_at_5_percent_fpr),
                    ]
                  : ["", "", "", ""];
              }),
            ],
          })),
        ),
      ),
    ),
  );
}

function memory() {
  if (!data.memory.length) return;
  page.append(
    el("h2", {}, "What would it write by itself?"),
    el(
      "p",
      { class: "soft" },
      "Verbatim memory by greedy continuation. Strength: how short a beginning suffices for the model to write the rest, 0 to 1, " +
        "mean over chunks. Extracted: chunks whose second half's first 50 tokens it writes when given the first half.",
    ),
  );
  const head = ["split", ...models.flatMap((m) => ["strength " + m, "extracted", "longest"])];
  page.append(
    table(
      head,
      splits.map((split) => ({
        cells: [
          split,
          ...models.flatMap((m) => {
            const s = data.memory.find((x) => x.model === m && x.split === split && x.domain === ALL);
            return s
              ? [number(s.extraction_strength, 4), `${whole(s.extracted)} of ${whole(s.prompted)}`, whole(s.longest_continued)]
              : ["", "", ""];
          }),
        ],
      })),
    ),
  );
}

function continuations() {
  if (!data.continuations.length) return;
  page.append(
    el("h2", {}, "What it writes"),
    el(
      "p",
      { class: "soft" },
      "The forget chunks that the original model knows best: the end of the first half, what follows, and what each model writes.",
    ),
  );
  const key = (c) => `${c.domain} / ${c.document} / ${c.ordinal}`;
  page.append(
    table(
      ["chunk", "", "text"],
      [...new Set(data.continuations.map(key))].flatMap((k) => {
        const own = data.continuations.filter((c) => key(c) === k);
        return [
          { className: "all", cells: [k, "before", el("code", {}, own[0].before)] },
          { cells: ["", "truth", el("code", {}, own[0].truth)] },
          ...own.map((c) => ({ cells: ["", `${c.model}, ${whole(c.same)} tokens right`, el("code", {}, c.written)] })),
        ];
      }),
      "words",
    ),
  );
}

/** The statement about the retrained model, which stands above the mean; empty where there is none. */
function nearness() {
  if (!data.nearness) return "";
  const end = data.nearness.indexOf(". ") + 1;
  return el("p", { class: "nearness" }, el("b", {}, data.nearness.slice(0, end)), data.nearness.slice(end));
}

function truths() {
  if (!data.truths.length) return;
  page.append(
    el("h2", {}, "Against a retrained model"),
    el(
      "p",
      { class: "soft" },
      "The model retrained without the documents, from the same start, is what unlearning should match. Divergence: mean KL of " +
        "predictions, from the retrained model's. Loss gap: mean difference of documents' losses, whichever is larger. Nearer: " +
        "divergence minus that of the original on the same documents, with its 95 % interval. Models that forgot nothing are apart, " +
        "too: see the original on approximate and holdout" +
        (data.truths.some((t) => t.model === "retrained-again") ? ", and the second retrained model." : "."),
    ),
    table(
      ["split", "domain", "model", "divergence, nats", "Jensen-Shannon, nats", "same likeliest token", "loss gap", "nearer, nats"],
      apart(),
    ),
    el(
      "p",
      { class: "soft" },
      "Chunk losses on forget. Distance: Kolmogorov-Smirnov, 0 if they are distributed alike.",
    ),
    table(
      ["model", "forget loss, all documents", "retrained", "target", "distance", "p"],
      data.truths.map((t) => ({
        cells: [
          t.model,
          number(t.nll, 3),
          number(t.truth, 3),
          number(t.estimate, 3),
          number(t.chunks.distance, 3),
          number(t.chunks.p, 4),
        ],
      })),
    ),
  );
}

/** Rows of how far each model is, the models of a split and domain together. */
function apart() {
  const named = (row, i, rows) => i === 0 || row.split !== rows[i - 1].split || row.domain !== rows[i - 1].domain;
  return data.truths
    .flatMap((t) => t.splits.map((s) => ({ ...s, model: t.model })))
    .map((s, i) => ({ ...s, i }))
    .sort((a, b) => place(a.split) - place(b.split) || (a.domain < b.domain ? -1 : a.domain > b.domain ? 1 : a.i - b.i))
    .map((s, i, rows) => ({
      className: s.domain === ALL ? "all" : "",
      cells: [
        named(s, i, rows) && s.domain === ALL ? s.split : "",
        named(s, i, rows) ? (s.domain === ALL ? "all" : s.domain) : "",
        s.model,
        number(s.divergence, 3),
        number(s.jensen_shannon, 3),
        percent(s.agreement),
        number(s.loss_gap, 3),
        s.nearer
          ? s.nearer.difference === null
            ? "not finite"
            : signed(s.nearer.difference, 3) +
              (s.nearer.interval ? ` (${signed(s.nearer.interval.low, 3)} to ${signed(s.nearer.interval.high, 3)})` : "")
          : "",
      ],
    }));
}

function entropies() {
  if (!data.entropies.length) return;
  page.append(
    el("h2", {}, "Does it say nonsense?"),
    el(
      "p",
      { class: "soft" },
      "How sure each model is on forgotten text, beside the original on unseen text of the same domain: the mean entropy of their " +
        "predictions. Flatter means damaged there; more peaked means that the text is still known, or that the model is confidently wrong.",
    ),
    table(
      ["model", "domain", "on forget, nats", "original on approximate, nats", "difference", ""],
      data.entropies.map((g) => ({
        className: g.domain === ALL ? "all" : "",
        cells: [
          g.model,
          g.domain === ALL ? "all" : g.domain,
          number(g.forget, 3),
          number(g.approximate, 3),
          signed(g.difference, 3) + (g.interval ? ` (${signed(g.interval.low, 3)} to ${signed(g.interval.high, 3)})` : ""),
          { flatter: "flatter", peaked: "more peaked", alike: "alike", undecided: "undecided" }[g.outcome],
        ],
      })),
    ),
  );
}

function robustness() {
  const r = data.robustness;
  if (!r) return;
  page.append(
    el("h2", {}, "Does it last?"),
    el("p", { class: "soft" }, "What becomes of the forgetting when the model is changed, and how much of the text can be drawn out of it."),
    table(
      ["check", "", "finding"],
      r.checks.map((c) => ({ cells: [c.name, c.passed ? "✓ passed" : "✕ failed", c.finding] })),
      "words",
    ),
  );
  if (r.quantized.length)
    page.append(
      el("h3", {}, "Rounded to few bits"),
      table(
        ["rounded to", "model", "split", "domain", "loss", "change"],
        r.quantized.map((q) => ({
          className: q.domain === ALL ? "all" : "",
          cells: [q.quantization, q.model, q.split, q.domain === ALL ? "all" : q.domain, number(q.nll, 3), signed(q.change, 3)],
        })),
      ),
    );
  if (r.relearned.length)
    page.append(
      el("h3", {}, "Trained again on half of the documents"),
      el("p", { class: "soft" }, "Loss on the other half, which was not trained on. Beside it the control, which remembers nothing."),
      table(
        ["model", "split", "domain", "steps", "loss"],
        r.relearned.map((l) => ({
          className: l.domain === ALL ? "all" : "",
          cells: [l.model, l.split, l.domain === ALL ? "all" : l.domain, whole(l.steps), number(l.nll, 3)],
        })),
      ),
    );
  if (r.prefixed.length)
    page.append(
      el("h3", {}, "Given the beginning"),
      el(
        "p",
        { class: "soft" },
        "Models go on from the first tokens of chunks, always with the likeliest. Exact: the next 50 tokens are those of the text. " +
          "Run: the longest run in common with them, wherever it is.",
      ),
      table(
        ["model", "split", "domain", "tokens given", "chunks", "exact", "run, tokens"],
        r.prefixed.map((p) => ({
          cells: [p.model, p.split, p.domain, whole(p.tokens), whole(p.chunks), percent(p.exact), number(p.run, 2)],
        })),
      ),
    );
}

function tasks() {
  if (!data.tasks.length) return;
  page.append(
    el("h2", {}, "General ability"),
    el(
      "p",
      { class: "soft" },
      "Multiple choice by log-likelihood; in brackets the 95 % interval. Normalised: by characters of the choice.",
    ),
  );
  const names = [...new Set(data.tasks.map((t) => t.task))];
  page.append(
    table(
      ["task", "questions", ...models.flatMap((m) => ["accuracy " + m, "normalised"])],
      names.map((name) => ({
        cells: [
          name,
          whole(data.tasks.find((t) => t.task === name).questions),
          ...models.flatMap((m) => {
            const t = data.tasks.find((x) => x.task === name && x.model === m);
            return t
              ? [
                  el(
                    "span",
                    {},
                    percent(t.accuracy),
                    el("small", {}, t.interval ? ` (${percent(t.interval.low)} to ${percent(t.interval.high)})` : ""),
                  ),
                  percent(t.normalized_accuracy),
                ]
              : ["", ""];
          }),
        ],
      })),
    ),
  );
}

function rocChart(name) {
  const found = data.membership.filter((m) => m.score === name && m.domain === ALL && m.roc.length);
  const alternative = "ROC curve of " + name + ". Area: " + found.map((m) => `${m.model} ${number(m.auc, 3)}`).join(", ") + "; chance 0.5.";
  return figure(
    "ROC, " + name,
    alternative,
    alternative,
    ["model", "false positives", "true positives"],
    found.flatMap((m) => m.roc.map((p) => [m.model, percent(p.fpr), percent(p.tpr)])),
    () => ({
      type: "line",
      data: {
        datasets: [
          ...found.map((m, i) => ({
            label: `${m.model} ${number(m.auc, 2)}`,
            data: m.roc.map((p) => ({ x: p.fpr, y: p.tpr })),
            borderColor: colour("--c" + (i % 5)),
            backgroundColor: colour("--c" + (i % 5)),
            borderWidth: 2,
            pointRadius: 0,
            borderDash: i % 2 ? [6, 3] : [],
          })),
          {
            label: "chance 0.50",
            data: [
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ],
            borderColor: colour("--target"),
            backgroundColor: colour("--target"),
            borderWidth: 1,
            borderDash: [2, 3],
            pointRadius: 0,
          },
        ],
      },
      options: options(axis("false positive rate", { type: "linear", min: 0, max: 1 }), axis("true positive rate", { min: 0, max: 1 })),
    }),
  );
}

// The forget loss on the way to its target, where a target ended the training.
function wayToTarget() {
  const stop = data.stop;
  if (!stop || !stop.probes.length) return null;
  const names = Object.keys(stop.targets);
  const xs = stop.probes.map((p) => p.step);
  const many = names.length > 1;
  const series = [
    ["forget, steering half", stop.probes.map((p) => p.nll), stop.target],
    ...(many ? names.map((d) => [d, stop.probes.map((p) => p.domains[d]), stop.targets[d]]) : []),
  ];
  const end = (values) => number(values[values.length - 1], 2);
  const said = series
    .map(([name, values, target]) => `${name} ${number(values[0], 2)} to ${end(values)}, target ${number(target, 2)}`)
    .join("; ");
  page.append(
    el(
      "p",
      {},
      `Training ended after ${whole(stop.steps)} of at most ${whole(stop.most_steps)} steps; the weights of step ` +
        `${whole(stop.best_step)} were kept. ` +
        "The steering half of the documents decided it; the verdict comes from the judging half." +
        (many ? " Domains are weighed so that they arrive together, and each ends at its own target." : ""),
    ),
  );
  return figure(
    "Forget loss, steering half",
    `Forget loss of the probes, chunks of the half of the documents that steers, in nats per token. ${said}.`,
    null,
    ["step", ...series.flatMap(([name]) => [name]), ...(many ? names.map((d) => `weight ${d}`) : [])],
    stop.probes.map((p, i) => [
      whole(p.step),
      ...series.map(([, values]) => number(values[i], 3)),
      ...(many ? names.map((d) => number(p.weights[d], 2)) : []),
    ]),
    () => {
      const c = lines(
        xs,
        series.map(([name]) => name),
        series.map(([, values]) => values),
        axis("step", { ticks: { precision: 0 } }),
        axis("nats per token"),
      )();
      series.forEach(([name, , target], i) => {
        c.data.datasets[i].pointRadius = 3;
        c.data.datasets.push({
          label: `target ${name}`,
          data: [
            { x: xs[0], y: target },
            { x: xs[xs.length - 1], y: target },
          ],
          borderColor: c.data.datasets[i].borderColor,
          backgroundColor: c.data.datasets[i].borderColor,
          borderWidth: 1,
          borderDash: [2, 3],
          pointRadius: 0,
        });
      });
      return c;
    },
  );
}

function training() {
  const t = data.training;
  if (!t || !t.curve.length) return;
  page.append(
    el("h2", {}, "Training"),
    el(
      "p",
      { class: "soft" },
      `${whole(t.steps)} steps in ${whole(Math.round(t.seconds))} s, ${whole(t.tokens)} processed tokens; ` +
        (t.restarts ? `${t.restarts} restarts after faults, nothing lost.` : "no restart."),
    ),
  );
  const xs = t.curve.map((s) => s.step);
  const finite = (v) => (typeof v === "number" && Number.isFinite(v) ? v : null);
  const roles = [...new Set(t.curve.flatMap((s) => Object.keys(s.losses)))];
  const losses = roles.map((r) => t.curve.map((s) => finite(s.losses[r])));
  const norms = [t.curve.map((s) => finite(s.grad_norm))];
  const sides = ["forget_grad_norm", "retain_grad_norm", "grad_cosine"].map((key) => t.curve.map((s) => finite(s[key])));
  const lastOf = (v) => number(v[v.length - 1], 2);
  const grid = el("div", { class: "grid" });
  const way = wayToTarget();
  if (way) grid.append(way);
  grid.append(
    figure(
      "Terms by step",
      "Mean of each term by step. From first to last: " +
        roles.map((r, i) => `${r} ${number(losses[i][0], 2)} to ${lastOf(losses[i])}`).join("; ") +
        ".",
      "What each step minimises, averaged over its own examples. The forget term is not a forget loss: its sign and scale are those of " +
        "the method.",
      ["step", ...roles],
      xs.map((x, i) => [whole(x), ...losses.map((l) => number(l[i], 4))]),
      lines(xs, roles, losses, axis("step", { ticks: { precision: 0 } }), axis("mean of the term")),
    ),
    figure(
      "Gradient norm by step",
      `Global gradient norm before clipping, from ${number(norms[0][0], 2)} to ${lastOf(norms[0])}.`,
      null,
      ["step", "norm", "rate"],
      t.curve.map((s) => [whole(s.step), number(finite(s.grad_norm), 4), String(s.learning_rate)]),
      lines(xs, ["gradient norm"], norms, axis("step", { ticks: { precision: 0 } }), axis("norm", { beginAtZero: true }), ["--c3"]),
    ),
  );
  const told = sides[2].filter((cosine) => cosine !== null);
  if (told.length) {
    const removed = t.curve.filter((s) => s.grad_projected).length;
    grid.append(
      figure(
        "Forgetting against keeping",
        `Cosine of the gradients of what is forgotten and what is kept, from ${number(Math.min(...told), 2)} to ` +
          `${number(Math.max(...told), 2)}; below 0 each step of one undoes some of the other.` +
          (removed ? ` The conflicting part was taken off in ${whole(removed)} of the ${whole(t.curve.length)} steps shown.` : ""),
        null,
        ["step", "forget norm", "retain norm", "cosine"],
        xs.map((x, i) => [whole(x), number(sides[0][i], 4), number(sides[1][i], 4), number(sides[2][i], 4)]),
        lines(xs, ["cosine"], [sides[2]], axis("step", { ticks: { precision: 0 } }), axis("cosine", { min: -1, max: 1 })),
      ),
    );
  }
  page.append(grid);
}

function assumptions() {
  page.append(
    el("h2", {}, "What the target rests on"),
    el("p", { class: "soft" }, "The target is used in place of a model retrained without the documents. This assumes:"),
  );
  const words = (holds) => (holds === null ? ["none", "open"] : holds ? ["matched", "holds"] : ["under", "doubtful"]);
  page.append(
    el(
      "ul",
      { class: "checks" },
      data.assumptions.map((a) =>
        el(
          "li",
          {},
          el("span", { class: words(a.holds)[0] }, words(a.holds)[1]),
          a.statement,
          " ",
          el("span", { class: "soft" }, a.finding),
        ),
      ),
    ),
  );
}

// The requests, those first for which nothing was found.
function requests() {
  if (!data.requests.length) return;
  const shown = [...data.requests].sort((a, b) => b.unmet.length - a.unmet.length).slice(0, 200);
  page.append(
    el("h2", {}, "Requests"),
    el(
      "p",
      { class: "soft" },
      `${whole(data.requests.length)} requests to forget` +
        (shown.length < data.requests.length ? `; the first ${whole(shown.length)} are shown, all are in report.json` : "") +
        ". Loss in nats per token on the documents of each.",
    ),
    table(
      ["request", "documents", ...models, "nothing found for"],
      shown.map((r) => ({ cells: [r.request, whole(r.documents), ...models.map((m) => number(r.nll[m], 3)), r.unmet.join("; ")] })),
    ),
  );
}

// Documents of other splits that repeat forgotten ones, and warnings about the splits.
function duplicates() {
  const found = data.corpus?.duplicates || [];
  const warnings = data.corpus?.warnings || [];
  if (!found.length && !warnings.length) return;
  page.append(el("h2", {}, "Duplicates and splits"));
  if (found.length) {
    page.append(
      el(
        "p",
        { class: "soft" },
        "A document that repeats a forgotten one would teach it again, or hide that it was forgotten. Found between the splits:",
      ),
      table(
        ["split", "domain", "repeats one of", "kind", "done", "documents"],
        found.map((r) => ({ cells: [r.split, r.domain, r.of, r.kind, r.action, whole(r.documents)] })),
      ),
    );
  }
  if (warnings.length)
    page.append(
      el(
        "ul",
        {},
        warnings.map((w) => el("li", {}, w)),
      ),
    );
}

function asked() {
  page.append(el("h2", {}, "What was asked, and done"));
  const p = data.provenance || {};
  const s = p.settings || {};
  const rows = [];
  const row = (name, value) => {
    if (value !== undefined && value !== null && value !== "")
      rows.push({
        cells: [name, value instanceof Node ? value : typeof value === "object" ? el("code", {}, JSON.stringify(value)) : String(value)],
      });
  };
  row("Method", at(s, "unlearn.method"));
  row("Weights of kept text", at(s, "unlearn.retain-weights"));
  row("Learning rate", at(s, "train.learning-rate"));
  row("Forget examples per step", at(s, "train.batch"));
  row(
    "Workers",
    at(s, "train.workers") && `${at(s, "train.workers")} of ${at(s, "train.threads")} threads, ${at(s, "train.shards")} shards per step`,
  );
  row("Seed", at(s, "train.seed"));
  row("Documents to forget", at(s, "corpus.splits.forget"));
  if (data.corpus) {
    const rejects = Object.entries(data.corpus.rejects || {}).flatMap(([domain, reasons]) =>
      Object.entries(reasons).map(([why, n]) => `${whole(n)} of ${domain}, ${why}`),
    );
    row("Rows read", whole(data.corpus.rows) + (rejects.length ? "; not used: " + rejects.join("; ") : "; all used"));
    row("Hash of the chunks", el("code", {}, data.corpus.chunks_sha256 || "–"));
  }
  if (data.cost)
    row(
      "FLOPs",
      `${data.cost.flops.toExponential(2)} by 6 × parameters × processed tokens` +
        (data.cost.retraining_flops ? `; retraining ${data.cost.retraining_flops.toExponential(2)}` : ""),
    );
  for (const m of data.models) row("Model " + m.name, el("span", {}, m.path + " ", el("code", {}, m.fingerprint)));
  row(
    "Program",
    ["lethe " + (p.lethe || "?"), "commit " + (p.commit || "?"), "Spark " + (p.spark || "?"), "Java " + (p.java || "?")].join(", "),
  );
  row("Started", p.last_started);
  page.append(
    table(["", ""], rows, "words"),
    el(
      "details",
      {},
      el("summary", {}, "run.json, unchanged"),
      el("div", { class: "scroll", tabindex: "0" }, el("pre", {}, el("code", {}, JSON.stringify(p, null, 2)))),
    ),
  );
}

header();
truths();
scores();
membership();
entropies();
memory();
robustness();
continuations();
tasks();
training();
assumptions();
requests();
duplicates();
asked();
ready();
