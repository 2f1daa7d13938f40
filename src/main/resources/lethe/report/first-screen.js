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
            (data.cost.range_test
              ? `, of which the range test ${whole(data.cost.range_test.tokens)} tokens (${whole(Math.round(100 * data.cost.range_test.share))} %) and ${whole(Math.round(data.cost.range_test.seconds))} s`
              : "") +
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
