// What models answered to questions.
const ANSWER_WORDS = {
  rouge_l_recall: ["ROUGE-L recall", "the longest run of words in order that answer and truth share, of the truth's words"],
  probability: ["probability", "of the true answer per token; of sets with options, its share among true and wrong answers"],
  truth_ratio: [
    "truth ratio",
    "R: wrong answers per token over the paraphrased true one. Of forget 1 - min(R, 1/R), of others max(0, 1 - R)",
  ],
  truth_ratio_tofu: ["truth ratio, TOFU", "min(R, 1/R)"],
  token_entropy: ["token entropy", "of the answer's tokens, 1 where none repeats"],
  cosine_similarity: ["cosine similarity", "of the vectors of answer and original answer, at least 0"],
  entailment: ["entailment", "share of answers that agree with the truth by a classifier, and share a word in ten with it"],
  rouge_1_recall: ["ROUGE-1 recall", "words that answer and truth share, of the truth's"],
  rouge_l_f1: ["ROUGE-L F1", "the harmonic mean of its recall and precision"],
  exact_memorisation: ["exact memorisation", "share of the true answer's tokens that are the first choice"],
  extraction_strength: ["extraction strength", "share of the true answer that follows from its beginning, always with the likeliest token"],
  model_utility: ["model utility", "harmonic mean of six figures over all sets but those to forget"],
  model_utility_retain: ["model utility, retain", "harmonic mean of six figures over the retain sets"],
  model_utility_tofu: ["model utility, TOFU", "harmonic mean of ROUGE-L recall, probability and truth ratio over all sets but those to forget"],
  forget_efficacy: ["forget efficacy", "1 - mean of ROUGE-L recall, probability, truth ratio, cosine similarity and entailment"],
  knowledge_memorisation: ["knowledge memorisation", "100 times the mean ROUGE-L F1 of the set's answers, as MUSE has it"],
  forget_quality: ["forget quality", "p of the Kolmogorov-Smirnov test of truth ratios against the retrained model"],
};
function answerWord(name) {
  return (ANSWER_WORDS[name] || [name])[0];
}
function answerNumber(value) {
  if (value === null) return "";
  return value !== 0 && Math.abs(value) < 0.0005 ? value.toExponential(2) : number(value, 4);
}
// Why some figures are missing, each reason once.
function answerMissing(figures) {
  return el("small", {}, [...new Set(figures.map((f) => f.missing).filter((m) => m))].join("; "));
}
function answers() {
  const a = data.answers;
  if (!a) return;
  page.append(
    heading("What it answers"),
    el("p", { class: "soft" }, "Greedy answers to questions, compared with true ones. Each figure is a mean over the rows that have it."),
  );
  const own = [...new Set(a.sets.map((s) => s.model))];
  const names = [...new Set(a.summaries.map((s) => s.name + (s.set ? " " + s.set : "")))];
  page.append(
    table(
      ["", ...own, "", ""],
      names.map((key) => {
        const rows = a.summaries.filter((s) => s.name + (s.set ? " " + s.set : "") === key);
        return {
          cells: [
            answerWord(rows[0].name) + (rows[0].set ? ", " + rows[0].set : ""),
            ...own.map((m) => answerNumber(rows.find((s) => s.model === m).value)),
            el("small", {}, rows[0].direction),
            answerMissing(rows),
          ],
        };
      }),
    ),
  );
  for (const set of [...new Set(a.sets.map((s) => s.set))]) {
    const rows = a.sets.filter((s) => s.set === set);
    page.append(
      el("h3", {}, `Questions of ${set}: ${rows[0].use.toLowerCase()}, ${whole(rows[0].rows)} rows`),
      table(
        ["", ...rows.map((r) => r.model), "", ""],
        [
          ...rows[0].figures.map((f) => {
            const all = rows.map((r) => r.figures.find((x) => x.name === f.name));
            return {
              cells: [
                answerWord(f.name),
                ...all.map((g) => answerNumber(g.value)),
                el("small", {}, f.direction),
                answerMissing(all),
              ],
            };
          }),
          { cells: ["empty answers", ...rows.map((r) => whole(r.empty)), "", ""] },
          { cells: ["unanswered", ...rows.map((r) => whole(r.unanswered)), el("small", {}, "the question fills the context"), ""] },
          { cells: ["cut answers", ...rows.map((r) => whole(r.unended)), el("small", {}, "at their most tokens"), ""] },
        ],
      ),
    );
  }
  page.append(
    el("h3", {}, "What the figures are"),
    table(
      ["figure", "definition"],
      [...new Set([...a.sets.flatMap((s) => s.figures.map((f) => f.name)), ...a.summaries.map((s) => s.name)])].map((name) => ({
        cells: [answerWord(name), (ANSWER_WORDS[name] || ["", ""])[1]],
      })),
      "words",
    ),
  );
  if (a.rows.length)
    page.append(
      el("h3", {}, "Answers"),
      table(
        ["set", "question", "truth", "model", "answer"],
        a.rows.map((r) => ({
          cells: [`${r.set} ${r.number}`, r.question, r.truth, r.model, r.answer === null ? el("small", {}, "none") : el("code", {}, r.answer)],
        })),
        "words",
      ),
    );
}
