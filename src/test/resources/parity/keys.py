"""Writes config-keys.json: which keys of config.json transformers reads, family by family.

    pip install torch transformers
    python keys.py

Those are the fields of the family's configuration class and what its network and the shared masks ask of a configuration.
"""

import dataclasses
import importlib
import json
import pathlib
import re

import transformers

FAMILIES = {
    "gemma": "Gemma",
    "gemma2": "Gemma2",
    "gpt2": "GPT2",
    "gpt_neox": "GPTNeoX",
    "llama": "Llama",
    "mistral": "Mistral",
    "olmo2": "Olmo2",
    "phi3": "Phi3",
    "qwen2": "Qwen2",
    "qwen3": "Qwen3",
}
ASKED = re.compile(r'\bconfig\.([a-z]\w*)\b(?!\()|attr\((?:self\.)?config, "(\w+)"')
# methods, settings of other heads than a language model's, and of networks that no family here uses
OTHER = {"get_text_config", "num_labels", "attention_chunk_size"}

keys = {}
for family, name in FAMILIES.items():
    package = pathlib.Path(importlib.import_module(f"transformers.models.{family}").__file__).parent
    config = getattr(transformers, name + "Config")
    found = {field.name for field in dataclasses.fields(config)} | set(config.attribute_map)
    found |= {a or b for a, b in ASKED.findall((package / f"modeling_{family}.py").read_text())}
    found.add("is_causal")  # masking_utils.py
    keys[family] = sorted(found - OTHER)

here = pathlib.Path(__file__).parent
(here / "config-keys.json").write_text(json.dumps(keys, indent=1) + "\n")
