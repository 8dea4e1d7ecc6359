// Launch arguments of Megatron and recipes of Megatron-Bridge as a Layout and a Batch: megatron.py.

const { megatron } = TABLE;
const isOn = (given, name) => ["true", "1", "yes"].includes((given.get(name) ?? "false").toLowerCase());

class Arguments {
  constructor() {
    Object.assign(this, { any: false, given: new Map(), twice: new Set() });
  }

  line(text) {
    // what is a comment still tells what the file is
    this.any ||= patterns.GIVEN.test(text);
    if (strip(text).startsWith("#")) return;
    for (const match of text.matchAll(throughout.GIVEN)) {
      const { flag, value: said, name: called, literal } = match.groups;
      let name = (flag ?? called).replaceAll("-", "_");
      let value = flag === undefined ? literal : said;
      if (name === "recompute_modules" && value && flag !== undefined) value = text.slice(match.index + match[0].length - value.length).split(/ --|\\/)[0];
      name = Object.hasOwn(megatron.short, name) ? megatron.short[name] : name;
      value = (value || "true").replace(/^["']+|["']+$/g, "");
      if ((this.given.get(name) ?? value) !== value) this.twice.add(name);
      this.given.set(name, value);
    }
  }

  get found() {
    return this.any;
  }

  *end() {
    const { given } = this;
    if (!given.size) throw new Unreadable(words.NO_ARGUMENTS);
    const [assumed, ignored] = [[], []];
    const unread = [...given.keys()].filter((name) => this.twice.has(name)).map((name) => fill(words.GIVEN_TWICE, { name }));
    const numbers = new Map();
    for (const name of megatron.numbers) {
      if (!given.has(name) || ["None", "null"].includes(given.get(name))) continue;
      if (fits("LITERAL", given.get(name))) numbers.set(name, Number(given.get(name).replaceAll("_", "")));
      else unread.push(fill(words.NOT_LITERAL, { name, value: shown(given.get(name)) }));
    }
    for (const [name, value] of numbers) if (!(value >= 1 && value <= 1e9)) throw new Unreadable(words.FROM_ONE, { name, value });
    const stated = (name, otherwise) => numbers.get(name) ?? otherwise;
    const degrees = Object.fromEntries(Object.entries(megatron.degrees).map(([name, short]) => [short, stated(name, 1)]));
    const gpus = numbers.get("world_size") ?? nodesOf(numbers);
    const used = degrees.tp * degrees.pp * degrees.cp;
    if (gpus && gpus % used) throw new Unreadable(words.NOT_DIVIDING, { used, gpus });
    if (!gpus) assumed.push(words.NO_GPUS);
    const interleave = interleaveOf(numbers, degrees.pp, assumed);
    const sharded = ["use_megatron_fsdp", "use_torch_fsdp2"].some((name) => isOn(given, name)) || (given.get("data_parallel_sharding_strategy") ?? "").includes("optim_grads_params");
    const etp = stated("expert_tensor_parallel_size", degrees.tp);
    if (etp !== 1 && etp !== degrees.tp) ignored.push(fill(words.EXPERT_TP, { etp, tp: degrees.tp }));
    const layout = {
      ...megatron.layout,
      ...degrees,
      dp: gpus ? gpus / used : 1,
      interleave,
      microbatch: stated("micro_batch_size", 1),
      zero: sharded ? 3 : isOn(given, "use_distributed_optimizer") ? 1 : 0,
      sequence_parallel: Number(isOn(given, "sequence_parallel")),
      expert_tp: Number(etp === degrees.tp),
      ...recomputed(given, ignored),
    };
    return reading("recipe", "Megatron arguments", { layout, batch: batchOf(given, numbers, assumed), gpus: gpus ?? null }, assumed, ignored, unread);
  }
}

function nodesOf(numbers) {
  const [nodes, each] = [numbers.get("num_nodes") ?? numbers.get("nnodes"), numbers.get("num_gpus_per_node") ?? numbers.get("nproc_per_node")];
  return nodes && each ? nodes * each : null;
}

function interleaveOf(numbers, pp, assumed) {
  const chunks = numbers.get("virtual_pipeline_model_parallel_size");
  if (chunks) return chunks;
  const each = numbers.get("num_layers_per_virtual_pipeline_stage");
  const layers = numbers.get("num_layers");
  if (each && layers) return Math.max(1, Math.ceil(layers / (pp * each)));
  if (each) assumed.push(words.NO_LAYERS);
  return 1;
}

function recomputed(given, ignored) {
  const granularity = given.get("recompute_granularity") ?? "";
  if (granularity === "full") return { recompute: 1, recompute_scores: 1 };
  if (granularity !== "selective" && !isOn(given, "recompute_activations")) return {};
  const modules = (given.get("recompute_modules") ?? "core_attn").match(throughout.WORD) ?? [];
  const known = (module) => Object.hasOwn(megatron.modules, module);
  const other = modules.filter((module) => module !== "core_attn" && !known(module));
  if (other.length) ignored.push(fill(words.MODULES, { names: other.map((module) => shown(module).slice(1, -1)).join(", ") }));
  return { recompute_scores: Number(modules.includes("core_attn")), ...Object.fromEntries(modules.filter(known).map((module) => [megatron.modules[module], 1])) };
}

function batchOf(given, numbers, assumed) {
  const [seq_len, sequences] = [numbers.get("seq_length"), numbers.get("global_batch_size")];
  if (seq_len === undefined || sequences === undefined) return null;
  const eight = ["fp8", "fp8_format", "fp8_recipe"].some((name) => given.has(name));
  const said = ["fp4", "fp8_recipe", "fp8", "fp8_format", "mixed_precision"].map((name) => given.get(name) ?? "").join(" ").toLowerCase() + (eight ? " fp8" : "");
  const [bits, blocked] = (megatron.precisions.find(([name]) => said.includes(name)) ?? ["", [16, 0]])[1];
  const batch = { ...megatron.batch, seq_len, sequences, bits, blocked, operand_bytes: bits / 8 };
  const named = ["grad_reduce_in_fp32", "accumulate_allreduce_grads_in_fp32"].find((name) => given.has(name));
  if (named === undefined) assumed.push(words.FP32_GRADIENTS);
  else batch.gradient_bytes = ["true", "1"].includes(given.get(named).toLowerCase()) ? 4 : 2;
  return batch;
}
