#!/usr/bin/env python3
"""Hugging Face transformers at the shape of jobs/bench.sh, for a comparison on the same machine.

    jobs/bench-transformers.py [threads] [rounds]

Needs Python with torch and transformers, which Lethe itself does not. Prints a line for float32 and one for autocast to bfloat16:
tokens per second of the best forward and backward pass, and its share of the fastest matrix product of the same run.
"""
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

LAYERS, WIDTH, INNER, HEADS, VOCABULARY, TOKENS = 6, 768, 2048, 12, 8192, 1024


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def matrix_peak(dtype):
    rates = []
    for rows, inner, columns in [(2048, 2048, 2048), (TOKENS, WIDTH, 4 * WIDTH)]:
        a, b = torch.randn(rows, inner).to(dtype), torch.randn(inner, columns).to(dtype)
        a @ b
        rates.append(2 * rows * inner * columns / seconds(lambda: a @ b))
    return max(rates)


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    model = LlamaForCausalLM(
        LlamaConfig(
            num_hidden_layers=LAYERS,
            hidden_size=WIDTH,
            intermediate_size=INNER,
            num_attention_heads=HEADS,
            vocab_size=VOCABULARY,
            max_position_embeddings=TOKENS,
            tie_word_embeddings=False,
            use_cache=False,
        )
    )
    ids = torch.randint(0, VOCABULARY, (1, TOKENS))
    multiplied = sum(p.numel() for p in model.parameters()) - model.model.embed_tokens.weight.numel()
    flops = TOKENS * (6 * multiplied + 12 * LAYERS * WIDTH * TOKENS)
    for name, dtype in [("float32", torch.float32), ("bfloat16", torch.bfloat16)]:

        def step():
            model.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
                loss = model(input_ids=ids, labels=ids).loss
            loss.backward()

        peak, best = 0.0, float("inf")
        for turn in range(-1, rounds):  # the first is warm-up
            product, took = matrix_peak(dtype), seconds(step)
            if turn >= 0:
                peak, best = max(peak, product), min(best, took)
        print(
            f"transformers {name:9} {TOKENS / best:7.0f} tokens/s {flops / best / 1e9:6.0f} GFLOP/s,"
            f" {100 * flops / best / peak:.0f}% of a matrix peak of {peak / 1e9:.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
