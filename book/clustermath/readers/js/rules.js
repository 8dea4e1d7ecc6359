// What a class decides of a model's layers where its config.json is silent: rules.py's functions, by their names there.

const { FULL, SLIDING, CHUNKED, LINEAR, EXPERTS, DENSE, CONVOLUTION } = TABLE.kinds;
const KINDS = new Map(Object.entries(TABLE.sameKinds));
const sameKind = (name) => KINDS.get(name) ?? name;
const each = (layers, of) => Array.from({ length: layers }, (_, i) => of(i));
const every = (i, period) => (i + 1) % period === 0;
// Python's `in`, for which true is 1
const among = (list, i) => list.some((item) => item === i || (typeof item === "boolean" && Number(item) === i));

const rules = {
  everywhere: (c, layers) => {
    const kind = truthy(c.get("sliding_window")) ? SLIDING : FULL;
    return each(layers, () => kind);
  },
  nowhere: (c, layers) => each(layers, () => FULL),
  after_the_first: (c, layers) => {
    const on = truthy(c.get("use_sliding_window")) && truthy(c.get("sliding_window"));
    const first = on ? c.count("max_window_layers") : layers;
    return each(layers, (i) => (i >= first ? SLIDING : FULL));
  },
  every_second: (c, layers) => each(layers, (i) => (i % 2 ? FULL : SLIDING)),
  but_every: (period, c, layers) => {
    let pattern = or(c.get("sliding_window_pattern"), period);
    if (typeof pattern === "string") {
      pattern = Array.from(pattern);
      return each(layers, (i) => (pattern[i % pattern.length].toUpperCase() === "G" ? FULL : SLIDING));
    }
    pattern = whole(pattern, "sliding_window_pattern");
    const window = truthy(c.get("sliding_window"));
    return each(layers, (i) => (!every(i, pattern) && window ? SLIDING : FULL));
  },
  chunks: (c, layers) => {
    let rotate = c.items("no_rope_layers");
    if (!rotate.length) {
      const period = c.count("no_rope_layer_interval", 4);
      rotate = each(layers, (i) => !every(i, period));
    }
    return rotate.map((rotated) => (truthy(rotated) ? CHUNKED : FULL));
  },

  all_layers: (c, layers) => each(layers, () => true),
  after_dense: (field, c, layers) => {
    const kinds = c.items("mlp_layer_types");
    if (kinds.length) return kinds.map((kind) => kind !== "dense");
    const first = c.count(field);
    return each(layers, (i) => i >= first);
  },
  every_step: (c, layers) => {
    const [step, named] = [c.count("decoder_sparse_step", 1), c.items("mlp_only_layers")];
    return each(layers, (i) => !among(named, i) && every(i, step));
  },
  interleaved: (c, layers) => {
    const step = c.count("interleave_moe_layer_step", 1);
    if (c.get("moe_layers") === null) return each(layers, (i) => every(i, step));
    const named = c.items("moe_layers");
    return each(layers, (i) => among(named, i));
  },
  from_to: (c, layers) => {
    const first = c.count("moe_layer_start_index");
    const stated = c.get("moe_layer_end_index");
    const step = c.count("moe_layer_interval", 1);
    const last = stated === null || stated === -1 ? layers - 1 : whole(stated, "moe_layer_end_index", 0);
    return each(layers, (i) => every(i, step) && first <= i && i <= last);
  },
  after_the_first_layer: (c, layers) => (truthy(c.get("mlp_layer_types")) ? rules.after_dense("first_k_dense_replace", c, layers) : each(layers, (i) => i > 0)),
  by_kind: (c) => c.layerKinds().map((kind) => ({ [EXPERTS]: true, [DENSE]: false })[sameKind(kind)] ?? null),
  if_any: (c, layers) => {
    const any = truthy(c.get("num_local_experts"));
    return each(layers, () => any);
  },

  stated_layers: (c) => c.size("num_hidden_layers", 1, 10_000),
  named_layers: (c) => {
    const named = c.layerKinds().length;
    return named ? whole(named, "the number of layers", 1, 10_000) : rules.stated_layers(c);
  },

  stablelm_norms: (c) => (truthy(c.get("use_parallel_residual")) ? 1 : 2),
  falcon_norms: (c) => ((truthy(c.get("new_decoder_architecture")) && c.get("num_ln_in_parallel_attn") !== 1) || !truthy(c.get("parallel_attn")) ? 2 : 1),

  no_norm: () => 0,
  each_head: (c, heads, kvHeads, headDim) => 2 * headDim,
  all_heads: (c, heads, kvHeads, headDim) => (heads + kvHeads) * headDim,
  only_if: (field, norm, c, ...shape) => (truthy(c.get(field)) ? call(norm, c, ...shape) : 0),

  no_positions: () => 0,
  gpt2_positions: (c) => c.get("n_positions"),
  opt_positions: (c) => {
    const [narrow, hidden] = [c.fields.get("word_embed_proj_dim") ?? null, c.size("hidden_size")];
    if (narrow !== null && whole(narrow, "word_embed_proj_dim") !== hidden)
      throw new Unreadable(words.CANNOT, { model: shown("opt"), what: fill(words.NARROWER, { narrow, hidden }) });
    return c.size("max_position_embeddings") + 2;
  },
  stated_heads: (c) => c.get("num_key_value_heads"),
  mpt_heads: (c, heads) => or(c.inner("attn_config").get("kv_n_heads") ?? null, heads),
  dbrx_heads: (c) => or(c.inner("attn_config").get("kv_n_heads") ?? null, 1),
  falcon_heads: (c, heads) => {
    if (truthy(c.get("new_decoder_architecture"))) return or(c.get("num_kv_heads"), heads);
    return truthy(c.get("multi_query")) ? 1 : heads;
  },
  stated_width: (field, c) => c.get(field),
  or_four_times: (field, c, hidden) => or(c.get(field), 4 * hidden),
  four_times: (c, hidden) => 4 * hidden,
  mpt_width: (c, hidden) => Math.trunc(c.number("expansion_ratio", 4) * hidden),
  lfm2_width: (c, hidden) => {
    const width = whole(or(c.get("block_ff_dim"), c.get("intermediate_size")), "intermediate_size");
    if (!truthy(c.get("block_auto_adjust_ff_dim"))) return width;
    const cut = Math.trunc(c.number("block_ffn_dim_multiplier", 1) * Math.trunc((2 * width) / 3));
    const multiple = c.size("block_multiple_of");
    return multiple * Math.ceil(cut / multiple);
  },

  nothing_else: () => 0,
  apertus_slopes: (c, hidden, layers) => 2 * layers,
  bloom_norm: (c, hidden) => 2 * hidden,
  sinks: (c, hidden, layers, heads) => layers * heads,
};

// A rule of the table: its name, or its name and what it was made for
const call = (rule, ...found) => (Array.isArray(rule) ? rules[rule[0]](...rule.slice(1), ...found) : rules[rule](...found));
