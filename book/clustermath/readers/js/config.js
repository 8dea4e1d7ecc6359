// A model's config.json as an Architecture: huggingface.py, with the same families and classes.

class Config {
  constructor(fields, model) {
    this.fields = fields;
    this.model = model;
    this.assumed = [];
    const { defaults = {}, names = {} } = TABLE.classes[model] ?? {};
    this.defaults = new Map(Object.entries(defaults));
    this.names = Object.entries(names);
  }

  assume(text) {
    if (!this.assumed.includes(text)) this.assumed.push(text);
  }

  // The value of `name`, which may be dotted; the class's own where the file is silent
  get(name) {
    if (name.includes(".")) {
      const [outer, ...inner] = name.split(".");
      return this.inner(outer).get(inner.join(".")) ?? null;
    }
    const names = this.also(name);
    const found = names.find((other) => this.fields.has(other));
    if (found !== undefined) return this.fields.get(found);
    const known = names.find((other) => this.defaults.has(other));
    const value = known === undefined ? null : this.defaults.get(known);
    if (value !== null && value !== false && value !== 0) this.assume(fill(words.OF_CLASS, { name, value: plain(value) }));
    return value;
  }

  also(name) {
    const mapped = this.names.filter(([own]) => own === name).map(([, other]) => other);
    const own = this.names.filter(([, other]) => other === name).map(([own]) => own);
    return [name, ...mapped, ...own, ...(TABLE.older[name] ?? [])];
  }

  inner(name) {
    const value = this.fields.get(name) ?? null;
    if (!truthy(value)) return new Map();
    if (!(value instanceof Map)) throw new Unreadable(words.AN_OBJECT, { name, found: told(value) });
    return value;
  }

  items(name) {
    const value = this.get(name);
    if (!truthy(value)) return [];
    if (!Array.isArray(value)) throw new Unreadable(words.A_LIST, { name, found: told(value) });
    return value;
  }

  size(name, low = 1, high = 1e9) {
    const value = this.get(name);
    if (value === null) throw new Unreadable(words.MISSING, { name, model: this.model });
    return whole(value, name, low, high);
  }

  count(name, otherwise = 0) {
    return whole(or(this.get(name), otherwise), name, Math.min(otherwise, 1));
  }

  number(name, otherwise) {
    const value = or(this.get(name), otherwise);
    if (typeof value !== "number" || !(value >= 0 && value <= 1000)) throw new Unreadable(words.FACTOR, { name, found: told(value), high: 1000 });
    return value;
  }

  flag(name) {
    return Array.isArray(name) ? name.some((one) => this.flag(one)) : typeof name === "string" ? truthy(this.get(name)) : name;
  }

  layerKinds() {
    const pattern = this.fields.get("hybrid_override_pattern");
    if (typeof pattern === "string") return Array.from(pattern);
    const named = TABLE.kindFields.find((name) => Array.isArray(this.fields.get(name)));
    let kinds = named === undefined ? [] : this.fields.get(named);
    const period = this.fields.get("full_attention_interval") ?? null;
    if (!kinds.length && truthy(period)) {
      const layers = this.size("num_hidden_layers", 1, 10_000);
      const step = whole(period, "full_attention_interval");
      kinds = each(layers, (i) => (every(i, step) ? FULL : "linear_attention"));
    }
    return kinds.map((kind) => (typeof kind === "string" ? kind : told(kind)));
  }
}

function* readConfig(text, name, seqLen) {
  const outer = yield* parseJson(text);
  yield;
  const [fields, ignored] = textPart(outer);
  let model = fields.get("model_type");
  if (typeof model !== "string") throw new Unreadable(words.NO_CONFIG);
  const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);
  model = own(TABLE.wrapped, model) ?? model;
  if (own(TABLE.unmodelled, model)) throw new Unreadable(words.CANNOT, { model: shown(model), what: notModelled(new Config(fields, model)) });
  const told = own(TABLE.families, model);
  if (!told) throw new Unreadable(words.UNKNOWN, { model: shown(model), nearest: nearest(model, [...Object.keys(TABLE.families), ...Object.keys(TABLE.unmodelled)]) });
  const family = { ...TABLE.family, ...told, mixture: told.mixture && { ...TABLE.mixture, ...told.mixture } };
  const c = new Config(fields, family.read_as || model);
  if (family.read_as) c.assume(fill(words.READ_AS, { model, other: family.read_as }));
  const stated = outer.get("_name_or_path");
  const values = architecture(c, family, name || (typeof stated === "string" && stated ? shown(stated).slice(1, -1) : model), seqLen);
  if (fields.has("quantization_config") || outer.has("quantization_config")) ignored.push(words.QUANTIZED);
  return reading("config", "config.json", values, c.assumed, ignored);
}

function textPart(outer) {
  for (const name of TABLE.nested) {
    const inner = outer.get(name);
    if (!(inner instanceof Map)) continue;
    const others = [...outer.keys()].filter((other) => other !== name && outer.get(other) instanceof Map && other.endsWith("_config") && other !== "quantization_config");
    const fields = new Map([["model_type", outer.get("model_type") ?? null], ...inner]);
    if (outer.has("tie_word_embeddings")) fields.set("tie_word_embeddings", outer.get("tie_word_embeddings"));
    return [fields, others.map((other) => fill(words.ONLY_LANGUAGE, { name: shown(other).slice(1, -1) }))];
  }
  return [outer, []];
}

function notModelled(c) {
  const [what, counted] = TABLE.unmodelled[c.model];
  const layers = counted.length ? c.layerKinds() : [];
  const count = layers.filter((kind) => counted.includes(kind)).length;
  return fill(count ? words.NOT_MODELLED_SHARE : words.NOT_MODELLED, { what, count, layers: layers.length });
}

function architecture(c, family, name, seqLen) {
  const [layers, hidden, heads] = [call(family.layers, c), c.size("hidden_size"), c.size("num_attention_heads", 1, 100_000)];
  const vocab = c.size("vocab_size");
  const attention = attentionOf(c, family, hidden, heads);
  const { kv_heads: kvHeads, head_dim: headDim, value_dim: valueDim } = attention;
  const ffn = family.mixture ? mixture(c, family, layers) : { dense_layers: layers, ffn: whole(call(family.ffn, c, hidden), "intermediate_size") };
  const tied = Number(truthy(c.get("tie_word_embeddings")));
  const [qkv, out] = [family.qkv_bias, family.out_bias].map((bias) => Number(c.flag(bias)));
  const norms = typeof family.norms === "number" ? family.norms : call(family.norms, c);
  let vectors = (layers * norms + 1) * hidden * (family.norm_bias ? 2 : 1);
  let each;
  if (family.latent) {
    const ranks = attention.query_rank + attention.kv_rank;
    each = ranks + qkv * (ranks + attention.rope_dim) + out * hidden;
  } else each = call(family.qk_norm, c, heads, kvHeads, headDim) + qkv * (heads * headDim + kvHeads * (headDim + valueDim)) + out * hidden;
  vectors += call(family.other, c, hidden, layers, heads) + Number(c.flag(family.head_bias)) * vocab;
  vectors += feedForwardVectors(c, family, ffn, layers, hidden);
  const windows = family.mixers ? {} : windowsOf(c, family, layers);
  const shape = {
    ...TABLE.architecture,
    name,
    layers,
    hidden,
    heads,
    ...attention,
    ...ffn,
    ...windows,
    gated: Number(family.gated),
    vocab,
    tied,
    bias: Number(family.norm_bias),
    positions: whole(call(family.positions, c), "the number of positions", 0),
    parallel_block: Number(c.flag(family.parallel)),
    mtp: whole(or(c.get("num_nextn_predict_layers"), 0), "num_nextn_predict_layers", 0, 100),
    seq_len: seqLen || trainedLength(c),
  };
  const found = family.mixers ? mixers[family.mixers](c, shape, each).filter(({ mixer }) => mixer.layers) : [];
  shape.mixers = found.map(({ mixer }) => mixer);
  const plainLayers = layers - dot(shape.mixers.map((mixer) => mixer.layers));
  shape.vectors = vectors + plainLayers * each + dot(found.map((kind) => kind.mixer.layers * kind.vectors));
  return shape;
}

function trainedLength(c) {
  let stated = 2048;
  // all three are asked for only as far as needed
  for (const name of ["max_position_embeddings", "n_positions", "max_seq_len"]) {
    const value = c.get(name);
    if (truthy(value)) {
      stated = value;
      break;
    }
  }
  const longest = whole(stated, "max_position_embeddings");
  const length = Math.min(longest, 4096);
  c.assume(fill(words.LENGTH, { length, longest }));
  return length;
}

function attentionOf(c, family, hidden, heads) {
  if (family.latent) {
    const [nope, rope] = [c.size("qk_nope_head_dim", 0), c.size("qk_rope_head_dim", 0)];
    const query = c.get("q_lora_rank");
    const value_dim = c.size("v_head_dim");
    const query_rank = query === null ? 0 : whole(query, "q_lora_rank");
    return { kv_heads: heads, head_dim: nope + rope, value_dim, query_rank, kv_rank: c.size("kv_lora_rank"), rope_dim: rope };
  }
  let headDim = c.get("head_dim");
  if (headDim === null) {
    if (hidden % heads) throw new Unreadable(words.NO_HEAD_DIM, { hidden, heads });
    headDim = hidden / heads;
  }
  headDim = whole(headDim, "head_dim");
  const found = call(family.kv_heads, c, heads);
  const kvHeads = found === null ? heads : whole(found, "num_key_value_heads", 1, heads);
  if (heads % kvHeads) throw new Unreadable(words.KV_HEADS, { heads, kv_heads: kvHeads });
  const valueDim = family.value_dim ? whole(or(c.get("v_head_dim"), headDim), "v_head_dim") : headDim;
  return { kv_heads: kvHeads, head_dim: headDim, value_dim: valueDim };
}

function mixture(c, family, layers) {
  const m = family.mixture;
  const sparse = call(m.sparse, c, layers);
  if (sparse.length !== layers) throw new Unreadable(words.FEED_FORWARDS, { found: sparse.length, layers });
  const dense_layers = sparse.filter((is) => is === false).length;
  if (!sparse.includes(true)) return { dense_layers, ffn: dense_layers ? c.size(m.dense_width) : 0 };
  let width = c.size(m.width);
  const experts = c.size(m.experts, 1, 1e6);
  const top_k = c.size(m.per_token, 1, 1e6);
  if (top_k > experts) throw new Unreadable(words.TOP_K, { name: m.per_token, top_k, experts });
  let shared = m.always_shared ? width : 0;
  if (m.shared) shared = whole(or(c.get(m.shared), 0), m.shared, 0) * (m.times ? width : 1);
  const given = m.latent ? c.get(m.latent) : null;
  const hidden = c.size("hidden_size");
  const biases = m.biased ? (1 + Number(family.gated)) * width + hidden : 0;
  if (truthy(given)) {
    const latent = whole(given, m.latent);
    c.assume(fill(words.LATENT, { name: m.latent, latent }));
    [width, shared] = [(width * latent) / hidden, shared + (2 * latent) / (2 + Number(family.gated))];
  }
  const ffn = dense_layers ? c.size(m.dense_width) : 0;
  return { dense_layers, ffn, experts, top_k, expert_ffn: width, shared_ffn: shared, shared_gate: Number(m.gate && shared > 0), expert_vectors: biases };
}

function feedForwardVectors(c, family, found, layers, hidden) {
  const bias = Number(c.flag(family.ffn_bias));
  const matrices = 1 + Number(family.gated);
  const dense = found.dense_layers * bias * (matrices * found.ffn + hidden);
  if (!found.experts) return dense;
  const sparse = call(family.mixture.sparse, c, layers).filter((is) => is === true).length;
  const shared = sparse * bias * (matrices * found.shared_ffn + hidden * Number(found.shared_ffn > 0));
  return dense + shared + sparse * family.mixture.router_bias * found.experts;
}

function windowsOf(c, family, layers) {
  const named = c.layerKinds();
  const kinds = named.length ? named : call(family.windows, c, layers);
  if (kinds.length !== layers) throw new Unreadable(words.ATTENTIONS, { found: kinds.length, layers });
  const count = (kind) => kinds.filter((other) => other === kind).length;
  for (const kind of new Set(kinds))
    if (![FULL, SLIDING, CHUNKED, "attention"].includes(kind)) throw new Unreadable(words.ATTENTION_KIND, { kind: shown(kind), count: count(kind), layers });
  if (count(CHUNKED)) return { window: c.size("attention_chunk_size"), window_layers: count(CHUNKED), chunked: 1 };
  return count(SLIDING) ? { window: c.size("sliding_window"), window_layers: count(SLIDING) } : {};
}
