// Layers that mix their tokens otherwise than by the model's own attention: mixers.py's functions, by their names there.

const { DELTA_CHUNK } = TABLE;
const kindOf = (values, vectors = 0) => ({ mixer: { ...TABLE.mixer, ...values }, vectors });
const tally = (list, kind) => list.filter((other) => other === kind).length;

function kindsOf(c, layers, allowed) {
  const found = c.layerKinds().map(sameKind);
  if (found.length && found.length !== layers) throw new Unreadable(words.KINDS_OF_LAYERS, { found: found.length, layers });
  for (const kind of new Set(found)) if (!allowed.includes(kind)) throw new Unreadable(words.LAYER_KIND, { kind: shown(kind), count: tally(found, kind), layers });
  return found;
}

const orEach = (found, layers, of) => (found.length ? found : each(layers, of));

function attentionWeights(s) {
  const query = s.query_rank > 0 ? s.query_rank * (s.hidden + s.heads * s.head_dim) : s.hidden * s.heads * s.head_dim;
  const keyValue =
    s.kv_rank > 0
      ? s.hidden * (s.kv_rank + s.rope_dim) + s.kv_rank * s.heads * (s.head_dim - s.rope_dim + s.value_dim)
      : s.hidden * s.kv_heads * (s.head_dim + s.value_dim);
  return query + keyValue + s.heads * s.value_dim * s.hidden;
}

function attentionKind(base, layers, vectors, { name = "attention", gate = 0, window = 0, alone = 0, ...heads }) {
  const s = { ...base, ...heads };
  const cached = s.kv_heads * (s.head_dim + s.value_dim);
  const weights = attentionWeights(s) + gate * s.heads * s.hidden;
  const scores = s.heads * (s.head_dim + s.value_dim);
  return kindOf({ name, layers, weights, width: s.heads * (s.head_dim + s.value_dim + gate) + cached, scores, window, cached, alone }, vectors);
}

function mamba(base, layers, { heads, width, groups, state, kernel, bias, convBias, chunk, alone }) {
  const convolved = width + 2 * groups * state;
  const into = width + convolved + heads;
  const values = {
    name: "Mamba-2",
    layers,
    weights: base.hidden * (into + width) + convolved * kernel,
    width: into + width,
    state: chunk * (heads * state + width) + 2 * width * state * (1 + 1 / chunk),
    alone,
  };
  return kindOf(values, width + 3 * heads + Number(convBias) * convolved + Number(bias) * (into + base.hidden));
}

const deltaRule = (heads, key, value) => heads * (DELTA_CHUNK * (2 * key + value) + 3 * key * value);
const linearOrFull = (c, base) => orEach(kindsOf(c, base.layers, [LINEAR, FULL]), base.layers, (i) => (every(i, 4) ? FULL : LINEAR));

const mixers = {
  nemotron_h(c, base, vectors) {
    const found = kindsOf(c, base.layers, [LINEAR, FULL, EXPERTS, DENSE]);
    const [heads, width] = [c.size("mamba_num_heads"), c.size("mamba_head_dim")];
    const [groups, state, kernel] = [c.size("n_groups"), c.size("ssm_state_size"), c.size("conv_kernel")];
    const [bias, convBias, chunk] = [c.flag("use_bias"), c.flag("use_conv_bias"), c.size("chunk_size")];
    const first = mamba(base, tally(found, LINEAR), { heads, width: heads * width, groups, state, kernel, bias, convBias, chunk, alone: 1 });
    const none = kindOf({ name: "no mixer", layers: tally(found, EXPERTS) + tally(found, DENSE) });
    return [first, attentionKind(base, tally(found, FULL), vectors, { alone: 1 }), none];
  },

  mamba_layers(c, base) {
    const indices = c.items("attn_layer_indices");
    const found = indices.length
      ? each(base.layers, (i) => (among(indices, i) ? FULL : LINEAR))
      : orEach(kindsOf(c, base.layers, [LINEAR, FULL]), base.layers, () => LINEAR);
    const heads = c.size("mamba_n_heads");
    const head = c.get("mamba_d_head");
    const width = whole(head === null || head === "auto" ? c.size("mamba_expand") * base.hidden : heads * whole(head, "mamba_d_head"), "the width of Mamba-2");
    const [groups, state, kernel] = [c.size("mamba_n_groups"), c.size("mamba_d_state"), c.size("mamba_d_conv")];
    const [bias, convBias, chunk] = [c.flag("mamba_proj_bias"), c.flag("mamba_conv_bias"), c.size("mamba_chunk_size")];
    return [mamba(base, tally(found, LINEAR), { heads, width, groups, state, kernel, bias, convBias, chunk, alone: 0 })];
  },

  convolutions(c, base) {
    let found = kindsOf(c, base.layers, [CONVOLUTION, FULL]);
    if (!found.length) {
      const named = (c.fields.get("full_attn_idxs") ?? null) === null ? null : c.items("full_attn_idxs");
      found = each(base.layers, (i) => (named === null || among(named, i) ? FULL : CONVOLUTION));
    }
    const bias = Number(c.flag("conv_bias"));
    const weights = 4 * base.hidden ** 2 + base.hidden * c.size("conv_L_cache");
    return [kindOf({ name: "short convolution", layers: tally(found, CONVOLUTION), weights, width: 4 * base.hidden }, bias * 5 * base.hidden)];
  },

  delta_net(c, base, vectors) {
    const found = linearOrFull(c, base);
    const [heads, head] = [c.size("linear_num_value_heads"), c.size("linear_value_head_dim")];
    const [keys, values] = [c.size("linear_num_key_heads") * c.size("linear_key_head_dim"), heads * head];
    const into = 2 * keys + 2 * values + 2 * heads;
    const weights = base.hidden * (into + values) + (2 * keys + values) * c.size("linear_conv_kernel_dim");
    const state = deltaRule(heads, c.size("linear_key_head_dim"), head);
    const gate = base.head_dim;
    const biases = Number(c.flag("attention_bias")) * base.heads * gate;
    return [
      kindOf({ name: "gated delta net", layers: tally(found, LINEAR), weights, width: into + values, state }, 2 * heads + head),
      attentionKind(base, tally(found, FULL), vectors + biases, { name: "gated attention", gate }),
    ];
  },

  kimi_delta(c, base) {
    const found = linearOrFull(c, base);
    const [heads, head] = [c.size("linear_num_heads"), c.size("linear_head_dim")];
    const width = heads * head;
    const gates = 2 * (base.hidden * head + head * width);
    const weights = base.hidden * (4 * width + heads) + gates + 3 * width * c.size("linear_conv_kernel_dim");
    const values = { name: "Kimi delta attention", layers: tally(found, LINEAR), weights, width: 6 * width + heads, state: deltaRule(heads, head, head) };
    return [kindOf(values, width + heads + head)];
  },

  windows_of_other_heads(c, base, vectors) {
    const found = orEach(kindsOf(c, base.layers, [SLIDING, FULL]), base.layers, (i) => (i === 0 || every(i, 6) ? FULL : SLIDING));
    const bias = Number(c.flag("attention_bias")) * base.kv_heads * (base.head_dim + base.value_dim);
    const size = c.fields.get("sliding_window_size") ?? null;
    const window = truthy(size) ? whole(size, "sliding_window_size") + 1 : c.size("sliding_window");
    return [attentionKind(base, tally(found, SLIDING), vectors + bias + base.heads, { name: "windowed attention", window, kv_heads: 2 * base.kv_heads })];
  },

  gated_windows(c, base, vectors) {
    const period = whole(or(c.get("global_attn_every_n_layers"), 4), "global_attn_every_n_layers");
    const found = orEach(kindsOf(c, base.layers, [SLIDING, FULL]), base.layers, (i) => (every(i, period) ? FULL : SLIDING));
    const [gate, windowed] = [base.head_dim, tally(found, SLIDING)];
    return [
      attentionKind(base, windowed, vectors, { name: "gated attention in a window", gate, window: windowed ? c.size("sliding_window") : 0 }),
      attentionKind(base, tally(found, FULL), vectors, { name: "gated attention", gate }),
    ];
  },

  indexed(c, base, vectors) {
    const [layers, window] = [base.layers, c.size("index_topk")];
    if (!base.query_rank) throw new Unreadable(words.NO_QUERY_RANK);
    const [heads, head] = [c.size("index_n_heads"), c.size("index_head_dim")];
    const own = tally(indexers(c, layers), "full");
    const shared = attentionKind(base, layers - own, vectors, { name: "sparse attention, choice shared", window });
    const found = attentionKind(base, own, vectors + 2 * head, { name: "sparse attention with an indexer", window });
    found.mixer.weights += base.query_rank * heads * head + base.hidden * (head + heads);
    found.mixer.width += heads * head + head;
    found.mixer.index_scores = heads * (head + 1);
    return layers > own ? [found, shared] : [found];
  },
};

function indexers(c, layers) {
  const named = or(c.fields.get("indexer_types") ?? null, c.fields.get("index_topk_pattern") ?? null);
  if (truthy(named)) {
    if (typeof named !== "string" && !Array.isArray(named)) throw new Unreadable(words.INDEXERS, { layers });
    const found = Array.from(named).map((kind) => ({ F: "full", S: "shared" })[kind] ?? kind);
    if (found.length !== layers || found.some((kind) => kind !== "full" && kind !== "shared")) throw new Unreadable(words.INDEXERS, { layers });
    return found;
  }
  const stated = (name, otherwise) => whole(c.fields.has(name) ? c.fields.get(name) : otherwise, name, 0);
  const [freq, offset] = [Math.max(stated("index_topk_freq", 1), 1), stated("index_skip_topk_offset", 2)];
  return each(layers, (i) => (Math.max(i - offset + 1, 0) % freq === 0 ? "full" : "shared"));
}
