// Whether the model is like one that never saw the documents, and whether that lasts.
function nearness() {
  if (!data.nearness) return "";
  const end = data.nearness.indexOf(". ") + 1;
  return el("p", { class: "nearness" }, el("b", {}, data.nearness.slice(0, end)), data.nearness.slice(end));
}

function truths() {
  if (!data.truths.length) return;
  page.append(
    heading("Against a retrained model"),
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
    heading("Does it say nonsense?"),
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
    heading("Does it last?"),
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
  if (r.paraphrased.length)
    page.append(
      el("h3", {}, "In other words"),
      el("p", { class: "soft" }, "Loss of texts that say in other words what the documents of these splits say."),
      table(
        ["model", "split", "domain", "scored tokens", "loss"],
        r.paraphrased.map((p) => ({
          className: p.domain === ALL ? "all" : "",
          cells: [p.model, p.split, p.domain === ALL ? "all" : p.domain, whole(p.tokens), number(p.nll, 3)],
        })),
      ),
    );
}

function assumptions() {
  page.append(
    heading("What the target rests on"),
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
          a.domains.length > 1
            ? el(
                "details",
                {},
                el("summary", {}, "By domain"),
                table(
                  ["domain", "holds", "finding"],
                  a.domains.map((d) => ({ cells: [d.domain, d.holds ? "yes" : "doubtful", d.finding] })),
                  "words",
                ),
              )
            : null,
        ),
      ),
    ),
  );
}
