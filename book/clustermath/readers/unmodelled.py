"""The families that an `Architecture` can't hold: what it is that can't be said, and which of their layers have it.

Kinds of layers that are counted are those of the file; without any, the sentence has no count.
"""

LINEAR = ("linear_attention", "mamba", "mamba2", "M", "conv", "recurrent", "short_conv")

UNMODELLED: dict[str, tuple[str, tuple[str, ...]]] = {
    "olmo_hybrid": ("gated delta net", LINEAR),
    "bailing_hybrid": ("Kimi delta attention", LINEAR),
    "minimax": ("lightning attention", LINEAR),
    "falcon_h1": ("Mamba-2 beside attention in every layer", ()),
    "zamba2": ("Mamba-2 with shared attention blocks", LINEAR),
    "mamba": ("Mamba, a model without attention", ()),
    "mamba2": ("Mamba-2, a model without attention", ()),
    "falcon_mamba": ("Mamba, a model without attention", ()),
    "jamba": ("Mamba", ()),
    "recurrent_gemma": ("RG-LRU recurrence", LINEAR),
    "mistral_large4_text": ("sparse attention with an indexer", ()),
    "deepseek_v4": ("compressed keys and values, hash-routed layers and hyper-connections", ()),
    "gemma3n_text": ("keys and values shared by layers, and embeddings of each layer", ()),
    "gemma4_text": ("heads that differ by layer", ()),
    "longcat_flash": ("two attentions and two feed-forwards in a layer, and experts that do nothing", ()),
    "step3p5": ("attention that differs by layer", ()),
    "deci": ("blocks that differ by layer (heterogeneous)", ()),
    "nemotron-nas": ("blocks that differ by layer (heterogeneous)", ()),
}
