"""The fields of a config.json that readers look at, and the names that older files have for the same thing."""

OLDER = {
    "num_experts_per_tok": ("experts_per_token", "num_experts_per_token"),
    "num_nextn_predict_layers": ("num_mtp_layers",),
    "num_local_experts": ("num_experts",),
    "num_experts": ("num_local_experts",),
    "num_attention_heads": ("n_head", "n_heads"),
    "num_hidden_layers": ("n_layer", "n_layers"),
    "num_kv_heads": ("n_head_kv",),
    "n_shared_experts": ("num_shared_experts",),
    "n_groups": ("mamba_n_groups",),
    "conv_kernel": ("mamba_d_conv",),
    "use_conv_bias": ("mamba_conv_bias",),
    "tie_word_embeddings": ("tie_embedding",),
    "intermediate_size": ("block_ff_dim",),
    "hidden_size": ("n_embed", "n_embd", "d_model"),
}

FIELDS = {
    "vocab_size", "hidden_size", "intermediate_size", "intermediate_size_mlp", "moe_intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "num_kv_heads", "head_dim", "tie_word_embeddings", "attention_bias", "attention_out_bias", "mlp_bias", "use_bias", "use_qkv_bias",
    "qkv_bias", "bias", "enable_bias", "lm_head_bias", "use_qk_norm", "qk_layernorm", "use_parallel_residual", "parallel_attn", "new_decoder_architecture",
    "multi_query", "num_ln_in_parallel_attn", "sliding_window", "use_sliding_window", "max_window_layers", "sliding_window_pattern", "attention_chunk_size",
    "no_rope_layer_interval", "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "num_experts_per_tok", "moe_k", "n_shared_experts",
    "moe_num_shared_experts", "shared_expert_intermediate_size", "shared_intermediate_size", "first_k_dense_replace", "decoder_sparse_step",
    "interleave_moe_layer_step", "moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim",
    "qk_rope_head_dim", "v_head_dim", "num_nextn_predict_layers", "max_position_embeddings", "n_positions", "n_inner", "ffn_dim", "ffn_hidden_size",
    "expansion_ratio", "max_seq_len", "word_embed_proj_dim", "d_model", "n_heads", "n_layers", "n_embd", "n_head", "n_layer", "alibi",
    "mamba_num_heads", "mamba_head_dim", "ssm_state_size", "conv_kernel", "use_conv_bias", "n_groups", "mamba_n_heads", "mamba_d_head", "mamba_n_groups",
    "mamba_d_state", "mamba_d_conv", "mamba_expand", "mamba_conv_bias", "mamba_proj_bias", "moe_shared_expert_intermediate_size", "moe_latent_size",
    "linear_conv_kernel_dim", "linear_key_head_dim", "linear_value_head_dim", "linear_num_key_heads", "linear_num_value_heads", "linear_head_dim",
    "linear_num_heads", "conv_L_cache", "conv_bias", "num_dense_layers", "block_auto_adjust_ff_dim", "block_multiple_of", "block_ffn_dim_multiplier",
    "chunk_size", "mamba_chunk_size", "index_topk", "index_head_dim", "index_n_heads", "num_shared_experts", "global_attn_every_n_layers",
}  # fmt: skip
