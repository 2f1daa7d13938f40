#!/usr/bin/env python3
"""Answers of Hugging Face transformers to the questions of jobs/bench-answers.sh, which starts it.

    jobs/bench-answers.py MODEL IDS.json NEW_TOKENS

IDS has the token ids of a batch of prompts of one length. For each line on standard input the batch is answered once, greedily, with NEW_TOKENS
tokens each and no early end, in float32 and one thread; a line of JSON says how many seconds that took, by the clock and of the processor, and the
answers' ids. Needs Python with torch and transformers, which Lethe itself does not.
"""
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def main():
    folder, path, new = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.generation_config.eos_token_id = None
    with open(path, encoding="utf-8") as file:
        ids = torch.tensor(json.load(file))
    for _ in sys.stdin:
        begun, worked = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=new,
                do_sample=False,
                use_cache=True,  # a folder's generation_config.json may say otherwise
                pad_token_id=0,
            )
        took = {"seconds": time.perf_counter() - begun, "processor": time.process_time() - worked}
        print(json.dumps({**took, "ids": out[:, ids.shape[1] :].tolist()}), flush=True)


main()
