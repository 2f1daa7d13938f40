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
// A heading that the contents link to.
const contents = [];
function heading(text) {
  const id = text.toLowerCase().replace(/[^a-z]+/g, "-").replace(/-$/, "");
  contents.push(el("li", {}, el("a", { href: "#" + id }, text)));
  return el("h2", { id }, text);
}
function at(object, path) {
  return path.split(".").reduce((o, key) => (o === null || o === undefined ? undefined : o[key]), object);
}

// What was asked, the answer with its uncertainty, the three numbers that matter, and what failed.
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
  const sentences = (text.charAt(0).toUpperCase() + text.slice(1)).match(/.+?\.(?= [A-Z]|$)/g) || [text];
  page.append(
    el("h1", {}, "Lethe · unlearning report"),
    el("p", { class: "question" }, question()),
    nearness(),
    el(
      "div",
      { class: "verdict " + kind },
      el("b", {}, words[kind]),
      sentences.slice(0, 2).join(" ").trim(),
      sentences.length > 2 ? el("small", {}, sentences.slice(2).join(" ").trim()) : null,
    ),
    numbers(),
    conditions(),
  );
  for (const warning of data.coverage.warnings) page.append(el("p", { class: "warning" }, el("b", {}, "Warning: "), warning + "."));
  page.append(el("nav", { "aria-label": "contents" }, el("ul", {})), readers());
}

function question() {
  const { asked } = data.coverage;
  const method = at(data.provenance || {}, "settings.unlearn.method");
  const original = data.models.find((m) => m.name === "original");
  return (
    "Asked: to forget " +
    (asked ? count(asked.documents, "document") : "documents") +
    (asked && asked.unmet ? ` (${whole(asked.unmet)} of them not found or of no use)` : "") +
    (data.requests.length ? ` of ${count(data.requests.length, "request")}` : "") +
    (domains("forget").length > 1 ? ` in ${whole(domains("forget").length)} domains` : "") +
    (original ? `, of the model ${original.path}` : "") +
    (method ? `. Method: ${method}.` : ".")
  );
}

const fact = (name, value, note) =>
  el("div", {}, el("dt", {}, name), el("dd", {}, value, note ? el("small", {}, note) : null));
const auc = (model) => data.membership.find((m) => m.model === model && m.domain === ALL && m.score === "loss");

// The three numbers that matter: did it come to where it should, what else suffered, can it be told.
function numbers() {
  const v = data.verdict;
  const facts = [];
  const truth = (model) => data.truths.find((t) => t.model === model);
  if (truth("unlearned"))
    facts.push(
      fact(
        "Distance to the retrained model",
        number(truth("unlearned").divergence, 3),
        "divergence of predictions on forget, nats per token" +
          (truth("original") ? `; of the original ${number(truth("original").divergence, 3)}` : "") +
          (typeof truth("unlearned").floor === "number" ? `; on text that neither saw ${number(truth("unlearned").floor, 3)}` : ""),
      ),
    );
  else if (v)
    facts.push(
      fact(
        "Distance from the target",
        v.distance === null ? "not finite" : signed(v.distance, 2),
        "forget loss, judging half, less target, nats per token" +
          (v.interval ? `; 95 % interval ${signed(v.interval.low, 2)} to ${signed(v.interval.high, 2)}` : "; no interval") +
          `; band ±${number(v.band, 2)}`,
      ),
    );
  const placed = (d) => (d.domain === ALL ? d.split : `${d.domain} of ${d.split}`);
  const shown = (d) => (d.rise === null ? "not finite" : signed(d.rise, 2));
  for (const d of data.damage.filter((d) => d.model === "unlearned")) {
    const worst = data.rises.find((r) => r.model === "unlearned");
    facts.push(
      fact(
        "Damage",
        shown(d),
        `largest rise of loss on kept text, nats per token, on ${d.split}` +
          (worst && worst.domain !== ALL ? `; by domain ${shown(worst)} on ${placed(worst)}` : ""),
      ),
    );
  }
  const before = auc("original");
  const after = auc("unlearned");
  if (before) {
    const last = after || before;
    facts.push(
      fact(
        "Membership AUC, by loss",
        after ? `${number(before.auc, 2)} → ${number(after.auc, 2)}` : number(before.auc, 2),
        (auc("retrained") ? `the retrained model has ${number(auc("retrained").auc, 2)}` : "chance is 0.5") +
          (last.interval ? `; 95 % interval ${number(last.interval.low, 2)} to ${number(last.interval.high, 2)}` : ""),
      ),
    );
  }
  return el("dl", { class: "facts" }, facts);
}

// What a run can be required to meet: what was required and failed comes first.
function conditions() {
  const words = { passed: ["matched", "passed"], failed: ["over", "failed"], not_measured: ["under", "not measured"] };
  const item = (c) =>
    el(
      "li",
      {},
      el("span", { class: words[c.state][0] }, words[c.state][1]),
      el("b", {}, c.name + (c.required ? ", required: " : ": ")),
      el("span", { class: "soft" }, c.finding + "."),
    );
  const required = data.conditions.filter((c) => c.required);
  const failed = required.filter((c) => c.state !== "passed");
  const rest = data.conditions.filter((c) => !failed.includes(c));
  const not = data.conditions.filter((c) => c.state !== "passed").length;
  return el(
    "section",
    { class: "gate", "aria-label": "conditions" },
    el(
      "p",
      {},
      el(
        "b",
        {},
        failed.length
          ? `Failed: ${failed.map((c) => c.name).join(", ")}. `
          : required.length
            ? `Nothing that was required failed: ${required.map((c) => c.name).join(", ")}. `
            : "Nothing was required of this run. ",
      ),
      required.length ? "" : `Of ${data.conditions.length} conditions that can be, ${not} would not be met.`,
    ),
    el("ul", { class: "checks" }, failed.map(item)),
    rest.length
      ? el(
          "details",
          {},
          el("summary", {}, failed.length ? "The other conditions" : "All conditions"),
          el("ul", { class: "checks" }, rest.map(item)),
        )
      : null,
  );
}

// A paragraph for each kind of reader, with where to read on.
function readers() {
  const link = (id, text) => el("a", { href: "#" + id }, text);
  const card = (title, ...inside) => el("section", {}, el("h3", {}, title), inside);
  const { asked, trained, scored } = data.coverage;
  const d = data.documents;
  const judged = d.count && others.includes("unlearned");
  const before = score("original", "forget", ALL);
  const after = score("unlearned", "forget", ALL);
  const refused = data.conditions.some((c) => c.required && c.state !== "passed");
  return el(
    "div",
    { class: "readers" },
    card(
      "Who answers for the request",
      el(
        "p",
        {},
        (judged
          ? `Of ${count(d.count, "document")}: ${whole(d.outcomes.matched)} now like unseen text, ${whole(d.outcomes.under)} still known, ` +
            `${whole(d.outcomes.over)} worse known than unseen text, ${whole(d.outcomes.undecided)} undecided. `
          : "") +
          "The report compares the model's losses on these documents with those on text it never saw. It does not prove that nothing of " +
          "them is left. ",
        d.count ? link("document-by-document", "Document by document") : null,
        data.requests.length ? ", " : null,
        data.requests.length ? link("requests", "requests") : null,
        d.count || data.requests.length ? ", " : null,
        link("what-the-target-rests-on", "what it rests on"),
        ".",
      ),
    ),
    card(
      "Who runs it",
      el(
        "p",
        {},
        (data.cost
          ? `${whole(data.cost.steps)} steps, ${whole(data.cost.tokens)} processed tokens, ${whole(Math.round(data.cost.seconds))} s` +
            (data.cost.ratio ? `; retraining: ${short(data.cost.ratio)} times as much` : "") +
            ". "
          : "") +
          (data.training && data.training.restarts ? `${whole(data.training.restarts)} restarts after faults. ` : "") +
          (refused ? "The program ended with exit 3. " : "") +
          (data.adapter
            ? `Trained: an adapter of rank ${whole(data.adapter.rank)}, ` +
              {
                merged: "merged into the model that was written. ",
                both: "merged into the model that was written, and beside it. ",
                adapter: "written alone: whoever leaves it out has the model that forgot nothing. ",
              }[data.adapter.written]
            : ""),
        link("what-was-asked-and-done", "Settings and hashes"),
        ".",
      ),
      el(
        "dl",
        { class: "facts" },
        fact(
          "Asked to forget",
          asked ? `${whole(asked.documents)} documents` : "not recorded",
          asked &&
            `${whole(asked.chunks)} chunks, ${whole(asked.tokens)} tokens` +
              (asked.unmet ? `; ${whole(asked.unmet)} not found or of no use` : ""),
        ),
        fact(
          "Trained on",
          trained ? `${whole(trained.documents)} documents` : "not recorded",
          trained && `${whole(trained.chunks)} chunks, ${whole(trained.tokens)} tokens`,
        ),
        fact(
          "Scored",
          scored ? `${whole(scored.documents)} documents` : "nothing",
          scored && `${whole(scored.chunks)} chunks, ${whole(scored.tokens)} scored tokens`,
        ),
      ),
    ),
    card(
      "Who tunes it",
      el(
        "p",
        {},
        "A method is good if forget comes to its target and nothing else rises. Read on in ",
        link("before-and-after", "before and after"),
        data.membership.length ? ", " : null,
        data.membership.length ? link("can-the-documents-still-be-told-apart", "membership") : null,
        data.training && data.training.curve.length ? ", " : null,
        data.training && data.training.curve.length ? link("training", "training") : null,
        ".",
      ),
      before
        ? el(
            "dl",
            { class: "facts" },
            fact(
              "Forget loss, all documents",
              after ? `${number(before.nll, 2)} → ${number(after.nll, 2)}` : number(before.nll, 2),
              data.target ? `nats per token, target ${number(data.target.nll, 2)}` : "nats per token",
            ),
          )
        : null,
    ),
  );
}

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

// Curves and losses of which the reader chooses score and domain.
function membershipPictures() {
  if (!data.membership.length) return;
  const choice = el("select", { "aria-label": "score" });
  const spreads = [...new Set(data.histograms.filter((h) => h.split === "forget" && h.shares.length).map((h) => h.domain))];
  const where = el("select", { "aria-label": "domain" });
  for (const name of spreads) where.append(el("option", { value: name }, name === ALL ? "all" : name));
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
    const spread = histograms(where.value);
    holder.replaceChildren(...[chart, spread].filter((f) => f));
  };
  for (const select of [choice, where])
    select.addEventListener("change", () => {
      show();
      draw();
    });
  if (curves.length)
    page.append(
      el("p", {}, el("label", {}, "Score of the curve: ", choice), " ", el("label", {}, "Domain of the losses: ", where)),
      holder,
    );
  if (curves.length) show();
}

function membership() {
  if (!data.membership.length) return;
  page.append(
    heading("Can the documents still be told apart?"),
    el(
      "p",
      { class: "soft" },
      "Membership inference: forget chunks are members, approximate ones are not. AUCs are computed per domain, and the domains are " +
        "weighed by their members. Chance is an AUC of 0.5: above it members are better known than unseen text, below it worse. " +
        (others.includes("retrained")
          ? "The retrained model, which never saw the members, shows how much the two splits differ in themselves: its value " +
            "is the goal, from either side."
          : "A model that never saw the members would have 0.5 only if the two splits differ in nothing but the training.") +
        " Inside: the share of forget chunks whose score is in the range of unseen chunks of their domain, without 2.5 % of these at " +
        "either end; about 95 % where they are alike.",
    ),
  );
  if (data.domains_left_out.length)
    page.append(
      el(
        "p",
        { class: "warning" },
        el("b", {}, "Left out: "),
        `${data.domains_left_out.join(", ")}: there is no approximate text of the domain to compare with.`,
      ),
    );
  const names = [...new Set(data.membership.map((m) => m.score))];
  const find = (model, domain, name) => data.membership.find((m) => m.model === model && m.domain === domain && m.score === name);
  page.append(
    el(
      "details",
      {},
      el("summary", {}, "All scores, all domains"),
      table(
        ["score", "domain", "weight", ...models.flatMap((m) => ["AUC " + m, "from its goal", "inside", "TPR at 0.1 %", "1 %", "5 % FPR"])],
        [...new Set(data.membership.map((m) => m.domain))].flatMap((domain) =>
          names.map((name) => ({
            cells: [
              name,
              domain === ALL ? "all" : domain,
              percent(models.map((m) => find(m, domain, name)).find((s) => s)?.weight),
              ...models.flatMap((m) => {
                const s = find(m, domain, name);
                return s
                  ? [
                      el("span", {}, number(s.auc, 3), el("small", {}, range(s.interval, 2))),
                      el("span", {}, signed(s.excess, 3), el("small", {}, range(s.excess_interval, 2))),
                      percent(s.inside),
                      percent(s["tpr_at_0.1_percent_fpr"]),
                      percent(s.tpr_at_1_percent_fpr),
                      percent(s.tpr_at_5_percent_fpr),
                    ]
                  : Array(6).fill("");
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
    heading("What would it write by itself?"),
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
  const compared = data.memory_comparisons.filter((m) => m.model !== "original");
  if (compared.length)
    page.append(
      el("p", { class: "soft" }, "Beside what the original model writes of text of the same domains that it never saw:"),
      table(
        ["model", "domain", "strength of forget", "of unseen text", "excess", "extracted", "of unseen text"],
        compared.map((m) => ({
          className: m.domain === ALL ? "all" : "",
          cells: [
            m.model,
            m.domain === ALL ? "all" : m.domain,
            number(m.strength, 4),
            number(m.unseen_strength, 4),
            el("span", {}, signed(m.excess, 4), el("small", {}, range(m.interval, 4))),
            percent(m.extracted),
            percent(m.unseen_extracted),
          ],
        })),
      ),
    );
}

function continuations() {
  if (!data.continuations.length) return;
  page.append(
    heading("What it writes"),
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
    heading("Training"),
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

header();
truths();
pictures();
membershipPictures();
training();
scores();
documents();
requests();
membership();
entropies();
memory();
robustness();
continuations();
tasks();
assumptions();
duplicates();
asked();
page.querySelector("nav ul").append(...contents);
ready();
