"""Writes the folders beside this file: tiny random models and what Hugging Face transformers computes with them.

    pip install torch transformers safetensors
    python make.py            # all, or: python make.py FOLDER NAME...

The layout is that of ../shared/parity (see its README): config.json, model.safetensors, parity.safetensors, adamw.json.
These cover what the public folders do not: further families, every rope type, biases, residual layouts. Beside those of
float32 there are values computed in float64, for the test that states how far off each precision is.
"""

import copy
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

RMS = dict(
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    vocab_size=40,
    max_position_embeddings=32,
)
NEOX = dict(
    hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, vocab_size=40, max_position_embeddings=32
)
GPT2 = dict(n_embd=16, n_head=4, n_layer=2, vocab_size=40, n_positions=32)


def rope(**parameters):
    return dict(rope_parameters={"rope_theta": 100.0, **parameters})


MODELS = {
    "mistral": ("mistral", dict(RMS, sliding_window=24)),
    "qwen3": ("qwen3", dict(RMS, head_dim=12, tie_word_embeddings=True)),
    "qwen3_biased": ("qwen3", dict(RMS, attention_bias=True)),
    "qwen2_grouped": ("qwen2", {k: v for k, v in RMS.items() if k != "head_dim"}),
    "llama_biased": ("llama", dict(RMS, attention_bias=True, mlp_bias=True, hidden_act="gelu_pytorch_tanh")),
    "llama_tied": ("llama", dict(RMS, tie_word_embeddings=True, num_key_value_heads=1)),
    "rope_linear": ("llama", dict(RMS, **rope(rope_type="linear", factor=3.0))),
    "rope_dynamic": ("llama", dict(RMS, **rope(rope_type="dynamic", factor=3.0))),
    "rope_yarn": ("llama", dict(RMS, **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=4.0))),
    "rope_yarn_mscale": (
        "mistral",
        dict(
            RMS,
            sliding_window=None,
            **rope(
                rope_type="yarn",
                factor=4.0,
                original_max_position_embeddings=8,
                beta_fast=4.0,
                beta_slow=0.5,
                mscale=1.2,
                mscale_all_dim=0.7,
                truncate=False,
            ),
        ),
    ),
    "rope_longrope": (
        "llama",
        dict(
            RMS,
            **rope(
                rope_type="longrope",
                original_max_position_embeddings=8,
                short_factor=[1.0, 1.1, 1.2, 1.3],
                long_factor=[1.0, 2.0, 3.0, 4.0],
            ),
        ),
    ),
    "rope_llama3": (
        "llama",
        dict(
            RMS,
            **rope(
                rope_type="llama3",
                factor=8.0,
                low_freq_factor=1.0,
                high_freq_factor=4.0,
                original_max_position_embeddings=16,
            ),
        ),
    ),
    "phi3_longrope": (
        "phi3",
        dict(
            {k: v for k, v in RMS.items() if k != "head_dim"},
            hidden_size=32,
            num_attention_heads=2,
            num_key_value_heads=1,
            tie_word_embeddings=True,
            sliding_window=24,
            original_max_position_embeddings=12,
            rope_parameters={
                "rope_type": "longrope",
                "rope_theta": 100.0,
                "partial_rotary_factor": 0.5,
                "original_max_position_embeddings": 12,
                "short_factor": [1.0, 1.1, 1.2, 1.3],
                "long_factor": [1.0, 2.0, 3.0, 4.0],
            },
        ),
    ),
    "gemma_biased": ("gemma", dict(RMS, attention_bias=True, tie_word_embeddings=False, hidden_act="gelu")),
    "gemma2_bounded": (  # caps that change the values, not only their last digits
        "gemma2",
        dict(RMS, query_pre_attn_scalar=5, sliding_window=24, attn_logit_softcapping=1.5, final_logit_softcapping=2.0),
    ),
    "gemma2_unbounded": (
        "gemma2",
        dict(
            RMS,
            attention_bias=True,
            query_pre_attn_scalar=3,
            attn_logit_softcapping=None,
            final_logit_softcapping=None,
            layer_types=["full_attention", "full_attention"],
            sliding_window=4,
        ),
    ),
    "olmo2_biased": ("olmo2", dict(RMS, attention_bias=True, tie_word_embeddings=True, num_key_value_heads=1)),
    "gpt_neox_sequential": ("gpt_neox", dict(NEOX, use_parallel_residual=False, hidden_act="gelu_new")),
    "gpt_neox_whole": (
        "gpt_neox",
        dict(NEOX, attention_bias=False, tie_word_embeddings=True, rope_parameters=dict(rope_theta=100.0, partial_rotary_factor=1.0)),
    ),
    "gpt2_untied": ("gpt2", dict(GPT2, tie_word_embeddings=False, n_inner=20, activation_function="relu", scale_attn_weights=False)),
}


def original_gpt2(config, tensors):
    """The bare network under its own names, with the masks, as openai-community/gpt2 has it; its older keys."""
    bare = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    for layer in range(config["n_layer"]):
        bare[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(32, 32))[None, None]
    keys = {"n_ctx": 32, "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}}
    known = {k: v for k, v in config.items() if k not in ("tie_word_embeddings", "dtype", "scale_attn_weights", "n_inner")}
    return {**known, **keys}, bare


def smollm2(config, tensors):
    """The keys of SmolLM2, which transformers passes over, and the older spelling of rope."""
    theta = config.pop("rope_parameters")["rope_theta"]
    keys = {
        "is_llama_config": True,
        "rope_interleaved": False,
        "rope_scaling": None,
        "rope_theta": theta,
        "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16", "fp16": "float16"}},
        "torch_dtype": config.pop("dtype"),
    }
    return {**config, **keys}, tensors


def apart(config, tensors):
    """Tied says config.json, and there is another output matrix, as training it alone leaves it."""
    generator = torch.Generator().manual_seed(3)
    embedding = tensors["model.embed_tokens.weight"]
    return config, {**tensors, "lm_head.weight": embedding + 0.2 * torch.randn(embedding.shape, generator=generator)}


def output_alone(config, tensors):
    """Only the output matrix of a tied model, under a network that has the prefix twice."""
    tensors["lm_head.weight"] = tensors.pop("model.embed_tokens.weight")
    return config, {name.replace("model.", "model.model."): tensor for name, tensor in tensors.items()}


TIED = dict(RMS, tie_word_embeddings=True)
ALTERED = {
    "gpt2_original": ("gpt2", GPT2, original_gpt2),
    "llama_smollm2": ("llama", dict(TIED, **rope(rope_type="default")), smollm2),
    "llama_apart": ("llama", TIED, apart),
    "llama_output_alone": ("llama", TIED, output_alone),
}
MODELS.update({name: values[:2] for name, values in ALTERED.items()})


def batch(generator, lengths, vocabulary):
    longest = max(lengths)
    ids = torch.randint(1, vocabulary, (len(lengths), longest), generator=generator)
    mask = (torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]).long()
    return ids * mask, mask


def nll(model, ids, mask):
    logits = model(input_ids=ids, attention_mask=mask).logits
    scored = mask[:, 1:].bool()
    losses = -torch.log_softmax(logits[:, :-1], -1).gather(2, ids[:, 1:, None]).squeeze(2)
    return logits, losses * scored, scored


def write(folder, kind, values):
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(11)
    off = {k: 0.0 for k in ("resid_pdrop", "embd_pdrop", "attn_pdrop")} if kind == "gpt2" else {}
    config = AutoConfig.for_model(kind, bos_token_id=1, eos_token_id=2, pad_token_id=0, **off, **values)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for parameter in model.parameters():  # away from the start, where biases and norms hide mistakes
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if folder.name in ALTERED:
        change = ALTERED[folder.name][2]
        config, tensors = change(json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors"))
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
        model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").float().eval()
        config = model.config

    ids, mask = batch(generator, [20, 13, 17], config.vocab_size)
    logits, losses, scored = nll(model, ids, mask)
    (losses.sum() / scored.sum()).backward()
    tensors = {
        "input_ids": ids,
        "attention_mask": mask,
        "labels": torch.where(mask.bool(), ids, -100),
        "logits": (logits * mask[:, :, None]).detach().contiguous(),
        "token_nll": losses.detach(),
        "correct": ((logits[:, :-1].argmax(-1) == ids[:, 1:]) & scored).long(),
    }
    for name, parameter in model.named_parameters():
        tensors["grad." + name] = parameter.grad.contiguous()
    double = copy.deepcopy(model).double()
    double.zero_grad()
    _, losses, _ = nll(double, ids, mask)
    (losses.sum() / scored.sum()).backward()
    tensors["exact_nll"] = losses.detach().float()  # computed in float64, then rounded once
    for name, parameter in double.named_parameters():
        tensors["exact_grad." + name] = parameter.grad.float().contiguous()
    save_file(tensors, folder / "parity.safetensors")

    run = {"lr": 0.003, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.1, "clip_norm": 1.0, "steps": []}
    optimizer = torch.optim.AdamW(model.parameters(), lr=run["lr"], weight_decay=run["weight_decay"])
    for _ in range(10):
        lengths = torch.randint(5, 16, (2,), generator=generator).tolist()
        ids, mask = batch(generator, lengths, config.vocab_size)
        optimizer.zero_grad()
        _, losses, scored = nll(model, ids, mask)
        loss = losses.sum() / scored.sum()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), run["clip_norm"])
        optimizer.step()
        run["steps"].append({"input_ids": ids.tolist(), "lengths": lengths, "loss": loss.item(), "grad_norm": norm.item()})
    run["final_weight_norms"] = {name: parameter.norm().item() for name, parameter in model.named_parameters()}
    (folder / "adamw.json").write_text(json.dumps(run))


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name in sys.argv[2:] or MODELS:
        (target / name).mkdir(parents=True, exist_ok=True)
        write(target / name, *MODELS[name])
        print(name)
