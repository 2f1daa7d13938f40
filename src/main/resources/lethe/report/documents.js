// Document by document and request by request; what was asked, and done.
const OUTCOMES = {
  under: "△ still known",
  over: "✕ worse known than unseen",
  matched: "✓ came into the range",
  undecided: "? undecided",
};

// The documents to forget one by one, the worst first.
function documents() {
  const d = data.documents;
  if (!d.count) return;
  const judged = others.includes("unlearned");
  const listed = d.worst.slice(0, 100);
  page.append(
    heading("Document by document"),
    el(
      "p",
      { class: "soft" },
      `${count(d.count, "document")} to forget` +
        (judged
          ? ": " +
            Object.entries(d.outcomes)
              .map(([outcome, n]) => `${whole(n)} ${OUTCOMES[outcome].slice(2)}`)
              .join(", ")
          : "") +
        ". Unseen: where one more document of the domain that the model never saw would lie, with 95 % probability; so of 20 documents " +
        "that are like unseen ones about one lies outside. Undecided: inside the range, as it was before, or too few unseen documents for " +
        "a range. " +
        (listed.length < d.count ? `The ${whole(listed.length)} worst are listed; ` : "") +
        "documents.csv beside this page has all.",
    ),
  );
  page.append(
    table(
      ["document", "domain", "requests", ...models, "unseen", ...(judged ? ["unlearned"] : [])],
      listed.map((x) => ({
        cells: [
          { inner: x.document },
          x.domain,
          x.requests.join("; "),
          ...models.map((m) => number(x.nll[m], 3)),
          x.unseen ? `${number(x.unseen.low, 2)} to ${number(x.unseen.high, 2)}` : "–",
          ...(judged ? [OUTCOMES[x.outcomes.unlearned]] : []),
        ],
      })),
    ),
  );
}

// Each document before and after, as far from the middle of its range as the range is wide: -1 and 1 are its ends.
function documentChart(d) {
  const at = (x, nll) => (nll - (x.unseen.low + x.unseen.high) / 2) / ((x.unseen.high - x.unseen.low) / 2);
  const known = d.worst.filter(
    (x) => x.unseen && x.unseen.high > x.unseen.low && typeof x.nll.unlearned === "number" && typeof x.nll.original === "number",
  );
  if (!known.length) return null;
  const sorted = known
    .map((x) => ({ name: x.document, before: at(x, x.nll.original), after: at(x, x.nll.unlearned) }))
    .sort((x, y) => x.after - y.after);
  const most = 4;
  const points = (key) => sorted.map((x, i) => ({ x: i + 1, y: Math.max(-most, Math.min(most, x[key])), name: x.name }));
  const beyond = (test) => sorted.filter((x) => test(x.after)).length;
  const edge = (value, label) => ({
    type: "line",
    label,
    data: [
      { x: 1, y: value },
      { x: sorted.length, y: value },
    ],
    borderColor: colour("--target"),
    backgroundColor: colour("--target"),
    borderWidth: 1,
    borderDash: [4, 3],
    pointRadius: 0,
  });
  return figure(
    "Documents beside unseen ones" + (d.worst.length < d.count ? `, the ${whole(d.worst.length)} worst` : ""),
    `Place of each document's loss in the range of unseen documents of its domain, from -1 to 1. Of ${sorted.length} documents ` +
      `${beyond((v) => v < -1)} are below the range after unlearning, ${beyond((v) => v > 1)} above.`,
    "Between the dashed lines is the range of unseen documents. Below it a document is still known, above it worse known than text that " +
      `was never seen: in a mean these cancel each other. Beyond ${most} the chart is cut off; the table has all.`,
    ["document", "before", "after"],
    sorted.map((x) => [x.name, signed(x.before, 2), signed(x.after, 2)]),
    () => ({
      type: "scatter",
      data: {
        datasets: [
          { label: "before", data: points("before"), borderColor: colour("--c0"), backgroundColor: "transparent", pointRadius: 4 },
          {
            label: "after",
            data: points("after"),
            borderColor: colour("--c1"),
            backgroundColor: colour("--c1"),
            pointStyle: "rectRot",
            pointRadius: 5,
          },
          edge(-1, "range of unseen documents"),
          edge(1, "its upper end"),
        ],
      },
      options: options(
        axis("documents, ordered by where they ended", { type: "linear", ticks: { precision: 0 } }),
        axis("place in the range", { suggestedMin: -2, suggestedMax: 2 }),
        {
          plugins: {
            legend: { labels: { usePointStyle: true, boxHeight: 7, filter: (item) => item.text !== "its upper end" } },
            tooltip: { callbacks: { label: (c) => `${c.raw.name ?? ""} ${c.dataset.label}: ${signed(c.raw.y, 2)}` } },
          },
        },
      ),
    }),
  );
}

// The requests, the worst first.
function requests() {
  if (!data.requests.length) return;
  const shown = data.requests.slice(0, 200);
  const counts = (r) =>
    Object.entries(r.outcomes)
      .map(([outcome, n]) => `${whole(n)} ${outcome}`)
      .join(", ");
  page.append(
    heading("Requests"),
    el(
      "p",
      { class: "soft" },
      `${count(data.requests.length, "request")} to forget, the worst first` +
        (shown.length < data.requests.length ? `; ${whole(shown.length)} are shown, requests.csv has all` : "") +
        ". Loss in nats per token on all documents of each, and what became of the single documents: a request is as its worst one.",
    ),
    table(
      ["request", "documents", ...models, "unlearned", "its documents", "nothing found for"],
      shown.map((r) => ({
        cells: [
          { inner: r.request },
          whole(r.documents),
          ...models.map((m) => number(r.nll[m], 3)),
          r.outcome ? OUTCOMES[r.outcome] : "–",
          counts(r),
          r.unmet.join("; "),
        ],
      })),
    ),
  );
}

// Documents of other splits that repeat forgotten ones, and warnings about the splits.
function duplicates() {
  const found = data.corpus?.duplicates || [];
  const warnings = data.corpus?.warnings || [];
  if (!found.length && !warnings.length) return;
  page.append(heading("Duplicates and splits"));
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
  page.append(heading("What was asked, and done"));
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
      { class: "raw" },
      el("summary", {}, "run.json, unchanged"),
      el("div", { class: "scroll", tabindex: "0" }, el("pre", {}, el("code", {}, JSON.stringify(p, null, 2)))),
    ),
  );
}
