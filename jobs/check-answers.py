#!/usr/bin/env python3
"""Compares the answers and figures of an evaluation with Hugging Face transformers, as an independent computation.

    jobs/check-answers.py MODEL ANSWERS.jsonl ROWS QUESTIONS.json...

MODEL is the folder of the model that answered, ANSWERS.jsonl its file in answers/ of the run, QUESTIONS the files of evaluate.answers;
ROWS of the file are compared. For corpus.template = plain and evaluate.answers without stop. Needs Python with torch and transformers, which
Lethe itself does not; ROUGE is compared where rouge_score is installed. Prints the largest difference of each figure and exits 1 if one is
above 1e-4 or an answer is another one.
"""
import collections
import gzip
import json
import math
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

try:
    from rouge_score.rouge_scorer import RougeScorer
except ImportError:
    RougeScorer = None


def lines(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main():
    folder, answers, rows, *files = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    torch.set_num_threads(1)
    known = {(r["question"], r.get("golden_answer", r["answer"])): r for path in files for r in lines(path)}
    end, context = tokenizer.eos_token_id, model.config.max_position_embeddings
    begin = tokenizer("a").input_ids[: len(tokenizer("a").input_ids) - len(tokenizer("a", add_special_tokens=False).input_ids)]
    worst = collections.defaultdict(float)
    others = 0

    def prompt(question):
        return f"Question: {question}\nAnswer: "

    def loss(question, answer):
        text = prompt(question)
        coded = tokenizer(text + answer, add_special_tokens=False, return_offsets_mapping=True)
        ids = (begin + coded.input_ids + [end])[:context]
        before = len(begin) + sum(1 for _, to in coded.offset_mapping if to <= len(text))
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, :-1]
        nll = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
        return nll[before - 1 :].double().mean().item()

    def differs(name, ours, theirs):
        if (ours is None) != (theirs is None):
            raise SystemExit(f"{name}: {ours} here, {theirs} there")
        if ours is not None:
            worst[name] = max(worst[name], abs(ours - theirs) / max(1, abs(theirs)))

    for row in lines(answers)[: int(rows)]:
        question, truth = row["question"], row["truth"]
        source = known[question, truth]
        options = "paraphrased_answer" not in source
        wrong = [loss(question, w) for w in source["perturbed_answer"]]
        own = loss(question, truth)
        right = own if options else loss(question, source["paraphrased_answer"])
        differs("nll", row["nll"], own)
        for ours, theirs in zip(row["wrong_nll"], wrong, strict=True):
            differs("wrong_nll", ours, theirs)
        chance = math.exp(-own)
        differs("probability", row["probability"], chance / (chance + sum(math.exp(-w) for w in wrong)) if options else chance)
        differs("truth_ratio", row["truth_ratio"], math.exp(right - sum(wrong) / len(wrong)))
        # as before an answer: a space at the end goes with the answer's first word
        coded = tokenizer(prompt(question) + "A", add_special_tokens=False, return_offsets_mapping=True)
        ids = begin + [i for i, (_, to) in zip(coded.input_ids, coded.offset_mapping) if to <= len(prompt(question))]
        written = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=min(200, context - len(ids)),
            do_sample=False,
            eos_token_id=end,
            pad_token_id=end,
        )[0, len(ids) :].tolist()
        written = written[:-1] if written and written[-1] == end else written
        others += written != row["answer_tokens"]
        text = tokenizer.decode(written, skip_special_tokens=True)
        others += text != row["answer"]
        counts = collections.Counter(written)
        entropy = -sum(c / len(written) * math.log(c / len(written)) for c in counts.values()) if written else 0
        differs("token_entropy", row["token_entropy"], entropy / math.log(len(written)) if len(written) > 1 else 0)
        if RougeScorer is not None:
            scores = RougeScorer(["rouge1", "rougeL"], use_stemmer=True).score(truth, text)
            differs("rouge_1_recall", row["rouge_1_recall"], scores["rouge1"].recall)
            differs("rouge_l_recall", row["rouge_l_recall"], scores["rougeL"].recall)
            differs("rouge_l_f1", row["rouge_l_f1"], scores["rougeL"].fmeasure)
    for name, difference in worst.items():
        print(f"{name:16} {difference:.2e}")
    print(f"other answers    {others}" + ("" if RougeScorer else "; rouge_score is not installed, so ROUGE was not compared"))
    sys.exit(1 if others or max(worst.values()) > 1e-4 else 0)


main()
