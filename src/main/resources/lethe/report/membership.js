// Whether forgotten text can still be told from unseen text, and how much of it is written out.
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
        "either end; about 95 % where they are alike. Balanced accuracy: (TPR + 1 - FPR) / 2 at its best threshold, 0.5 is chance. Leakage: MUSE's " +
        "PrivLeak by that score (its own is min-k-40), 100 (AUC of the retrained model, or 0.5, - AUC) / (1 - the former); nearest to 0 is " +
        "best, below it the texts are still known, above it the model avoids them.",
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
        ["score", "domain", "weight", ...models.flatMap((m) => ["AUC " + m, "from its goal", "inside", "TPR at 0.1 %", "1 %", "5 % FPR", "balanced accuracy", "leakage"])],
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
                      number(s.balanced_accuracy, 3),
                      signed(s.leakage, 1),
                    ]
                  : Array(8).fill("");
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

// What models write after the beginnings of chunks, as MUSE measures it.
function verbatim() {
  if (!data.verbatim.length) return;
  page.append(
    heading("How much is known by heart"),
    el(
      "p",
      { class: "soft" },
      "What a model writes after the first tokens of chunks, against what follows there. Verbatim memorisation: 100 times the mean " +
        "ROUGE-L F1. Exact: chunks of which all tokens are written. Higher: more is known by heart; what the original model writes of " +
        "approximate text, which it never saw, is what chance does.",
    ),
    table(
      ["split", "domain", "chunks", ...modelsOf(data.verbatim).flatMap((m) => ["memorisation " + m, "ROUGE-L recall", "exact"])],
      placesOf(data.verbatim).map(([split, domain]) => ({
        className: domain === ALL ? "all" : "",
        cells: [
          split,
          domain === ALL ? "all" : domain,
          whole(data.verbatim.find((v) => v.split === split && v.domain === domain).chunks),
          ...modelsOf(data.verbatim).flatMap((m) => {
            const v = data.verbatim.find((x) => x.model === m && x.split === split && x.domain === domain);
            return v ? [number(v.verbatim_memorisation, 2), number(v.rouge_l_recall, 4), percent(v.exact)] : ["", "", ""];
          }),
        ],
      })),
    ),
  );
}
// Figures that are means over chunks.
function chunkScores() {
  if (!data.chunk_scores.length) return;
  const shown = data.chunk_scores[0].lowest.map((l) => l.percent).filter((p) => p >= 30 && p <= 60);
  page.append(
    el(
      "details",
      {},
      el("summary", {}, "Every chunk weighing the same: accuracy, and the least likely tokens"),
      el(
        "p",
        { class: "soft" },
        "Accuracy: mean over chunks of the share of tokens that are the first choice. k %: perplexity and accuracy of the k % least likely " +
          "tokens of each chunk. Nearest to the original's on approximate text is best for forget, to its own for all else.",
      ),
      table(
        ["model", "split", "domain", "chunks", "accuracy", ...shown.flatMap((p) => [`perplexity ${p} %`, "accuracy"])],
        data.chunk_scores.map((c) => ({
          className: c.domain === ALL ? "all" : "",
          cells: [
            c.model,
            c.split,
            c.domain === ALL ? "all" : c.domain,
            whole(c.chunks),
            percent(c.accuracy),
            ...shown.flatMap((p) => {
              const l = c.lowest.find((x) => x.percent === p);
              return l ? [number(l.perplexity, 2), percent(l.accuracy)] : ["", ""];
            }),
          ],
        })),
      ),
    ),
  );
}
function modelsOf(figures) {
  return [...new Set(figures.map((f) => f.model))];
}
function placesOf(figures) {
  return [...new Set(figures.map((f) => JSON.stringify([f.split, f.domain])))].map((p) => JSON.parse(p));
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
