// Losses before and after, in pictures and in a table; general ability.
// What the tables have, to look at.
function pictures() {
  const judged = others.includes("unlearned");
  const shown = [
    judged && data.documents.count ? documentChart(data.documents) : null,
    splitBars(),
    domains("forget").length > 1 ? domainBars() : null,
  ].filter((f) => f);
  page.append(heading("In pictures"), el("div", { class: "grid" }, shown));
}

function scores() {
  page.append(
    heading("Before and after"),
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
}

// The verdict of each domain alone; it never changes the verdict over all.
function verdictByDomain() {
  const verdicts = data.domain_verdicts || [];
  if (!verdicts.length) return;
  const words = { matched: "✓ matched", under: "△ under", over: "✕ over", undecided: "? undecided" };
  const between = (i) => (i ? ` (${signed(i.low, 3)} to ${signed(i.high, 3)})` : " (no interval)");
  const needed = (v) =>
    v.to_decide
      ? `; about ${whole(v.to_decide.forget)} of forget and ${whole(v.to_decide.approximate)} of approximate would decide if they were like these`
      : "";
  page.append(
    heading("Verdict by domain"),
    el(
      "p",
      { class: "soft" },
      `Each domain's forget loss in the half that judges, less that domain's own target, in nats per token; the band is ±${number(verdicts[0].band, 2)}. ` +
        "The verdict above is over all domains and does not depend on these rows. Each interval is of 95 % by itself: of twenty, " +
        "about one misses the true distance by chance.",
    ),
    table(
      ["domain", "model", "verdict", "distance", "loss", "target", "documents that judge", "why"],
      verdicts.map((v) => ({
        cells: [
          v.domain,
          v.model,
          words[v.outcome],
          v.distance === null ? "–" : signed(v.distance, 3) + between(v.interval),
          number(v.nll, 3),
          number(v.target, 3),
          `${whole(v.forget_documents)} of forget, ${whole(v.approximate_documents)} of approximate`,
          v.reason ? el("span", { class: "reason" }, v.reason + needed(v)) : "",
        ],
      })),
    ),
  );
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

// The spread of chunk losses in a domain, or in all of them, weighed like forget.
function histograms(domain) {
  const wanted = [
    ["original", "forget"],
    ["unlearned", "forget"],
    ["original", "approximate"],
    ["retrained", "forget"],
  ];
  const found = wanted
    .map(([m, s]) => data.histograms.find((h) => h.model === m && h.split === s && h.domain === domain))
    .filter((h) => h && h.shares.length);
  if (!found.length) return null;
  const last = Math.max(...found.map((h) => h.shares.reduce((most, c, i) => (c ? i : most), 0))) + 1;
  const first = Math.max(0, Math.min(...found.map((h) => h.shares.findIndex((c) => c))) - 1);
  const xs = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * found[0].bin_nats);
  const names = found.map((h) => `${h.split}, ${h.model}`);
  const values = found.map((h) => xs.map((_, i) => h.shares[first + i] || 0));
  const peak = (v) => number(xs[v.indexOf(Math.max(...v))], 2);
  return figure(
    "Loss of chunks, " + (domain === ALL ? "all domains" : domain),
    "Share of chunks by mean loss. Most frequent: " + names.map((n, i) => `${n} near ${peak(values[i])} nats`).join("; ") + ".",
    "Forgotten text should lie where unseen text lies for the original model, no lower and no higher." +
      (domain === ALL ? " Domains are weighed by their chunks to forget, in both splits." : ""),
    ["from nats", ...names],
    xs.map((x, i) => [number(x, 2), ...values.map((v) => percent(v[i]))]),
    () => {
      const c = lines(xs, names, values, axis("mean nats per token"), axis("share of chunks", { beginAtZero: true }))();
      for (const d of c.data.datasets) d.stepped = "after";
      return c;
    },
  );
}

function tasks() {
  if (!data.tasks.length) return;
  page.append(
    heading("General ability"),
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
