"""What readers say, as sentences with places for values, so that the readers of the page say the same.

Places have the form of Python's str.format, of which the page knows {name}, {name:,}, {name:,.0f}, {name:,.1f} and {name:g}.
"""

# Files ---------------------------------------------------------------------------------------------------------------------

TOO_LARGE = "the file has {size:,.0f} MB; files of up to {most:,.0f} MB are read."
BINARY = "a text file was expected, and this one is binary: it holds zero bytes."
ENCODING = "a text file in UTF-8 was expected, and this one is in another encoding, or binary."
LONG_LINES = "{count:,} lines have more than {most:,} characters: read up to there"
MORE_LINES = "and {count:,} lines more"
NO_FORMAT = "none of the known formats fits. Known: {known}."
KNOWN = "a model’s config.json, a log (Megatron, Megatron-Bridge, torchtitan, MaxText, DeepSpeed, nanotron, MLPerf), the table of nccl-tests, launch arguments of Megatron, power over time (nvidia-smi, DCGM, a table of seconds and watts)"

# JSON ----------------------------------------------------------------------------------------------------------------------

LARGE_CONFIG = "a config of up to {most:g} MB was expected, and this file has {size:,.1f} MB."
DEEP = "brackets are nested more than {most} deep; a config has four or five levels."
TWICE = "{key} stands twice in one object."
NO_NUMBER = "{name} is not a number that a size can be."
NO_JSON = "JSON was expected: line {line}, column {column}: {problem}, near {near}."
NO_OBJECT = "a JSON object {{…}} was expected, and this is {kind}."
WHOLE = "{name} is {found}; a whole number from {low:,} to {high:,.0f} was expected."
NEAREST = "; the nearest that is known is {name}"

# Configs -------------------------------------------------------------------------------------------------------------------

NO_CONFIG = "a model's config.json was expected: it names its class in model_type, and this file has none."
CANNOT = "{model}: {what}. An architecture of this book can't hold it."
UNKNOWN = "model_type {model} is not known{nearest}."
NOT_MODELLED = "{what}: not modelled"
NOT_MODELLED_SHARE = "{what}: not modelled; {count} of {layers} layers"
MISSING = "{name} is missing: {model} has no size without it."
AN_OBJECT = "{name} is {found}; an object was expected."
NARROWER = "embeddings of {narrow:,} values and layers of {hidden:,}: not modelled"
FACTOR = "{name} is {found}; a number from 0 to {high:,} was expected."
A_LIST = "{name} is {found}; a list was expected."
KINDS_OF_LAYERS = "the file names the kind of {found:,} layers, and num_hidden_layers is {layers:,}."
FEED_FORWARDS = "the file names the feed-forward of {found:,} layers, and num_hidden_layers is {layers:,}."
ATTENTIONS = "the file names the attention of {found:,} layers, and num_hidden_layers is {layers:,}."
LAYER_KIND = "a layer of the kind {kind}: not modelled; {count} of {layers} layers."
ATTENTION_KIND = "attention of the kind {kind}: not modelled; {count} of {layers} layers."
NO_HEAD_DIM = "hidden_size {hidden:,} is no multiple of num_attention_heads {heads:,}, and there is no head_dim."
KV_HEADS = "num_attention_heads {heads:,} is no multiple of num_key_value_heads {kv_heads:,}."
TOP_K = "{name} is {top_k:,}, more than the {experts:,} experts there are."
NO_QUERY_RANK = "q_lora_rank is missing: the indexer’s queries come from the latent ones."
INDEXERS = "indexer_types must name {layers:,} layers as full or shared."

OF_CLASS = "{name} = {value}: not in the file, the class's own"
READ_AS = "{model} is read as {other}, whose fields it has"
LENGTH = "sequences of {length:,} tokens: the file has only the longest possible, {longest:,}"
LATENT = "{name} = {latent:,}: experts are taken as so much narrower, the projections to them as part of the shared experts"
QUANTIZED = "quantization_config: it changes the bytes of a weight, not their number"
ONLY_LANGUAGE = "{name}: only the language model is read"

# Logs ----------------------------------------------------------------------------------------------------------------------

NO_LOG = (
    "a log was expected with lines such as “iteration 20/100 | … elapsed time per iteration (ms): …” (Megatron), “step: 10 loss: … tps: …” "
    "(torchtitan), “completed step: 5, seconds: …” (MaxText) or “iter time (s): …” (DeepSpeed); none was found."
)
DONE_AGAIN = "{count} lines of steps that come again, after a restart or from another rank: the last of a step counts"
NO_TIMES = "no line has a time or a rate"

NO_MLPERF = "an MLPerf log was expected, with lines “:::MLLOG {{…}}”; none was found.{first}"
CUT_LINE = "a line that is cut or damaged: {line}"
MORE_CUT = "and {count} more such lines"
NO_BATCH = "global_batch_size is {found}; a log needs it to tell steps from samples."
NO_BLOCK = "no block has both a start and a stop with samples between them, so no step time follows (block_start, block_stop, samples_count)."
TRACKED = "step times are those between the losses that the log tracks"
ASKED = "the chip and the number of GPUs are not in the log (the system's description may count nodes): say them"

# Collectives ---------------------------------------------------------------------------------------------------------------

NO_TABLE = "nccl-tests' table was expected (size, count, type, …, time, algbw, busbw), and no such row was found.{first}"
WRONG = "{size:,} B: #wrong is {wrong}, so the time stands for nothing"
NO_TIME = "{size:,} B: no time"
NO_COMMAND = "no command in the output: read as an {name}"
IMPLIED_RANKS = "{ranks:,.0f} ranks: from busbw over algbw"
NO_RANKS = "the number of ranks isn't in the file"

# Launch arguments ----------------------------------------------------------------------------------------------------------

NO_ARGUMENTS = "arguments of Megatron were expected, such as --tensor-model-parallel-size 8 or tensor_model_parallel_size = 8; none was found."
GIVEN_TWICE = "{name} is given more than once; the last one counts"
NOT_LITERAL = "{name} = {value}: not a literal whole number"
FROM_ONE = "{name} is {value:g}; a whole number from 1 was expected."
NOT_DIVIDING = "tp x pp x cp = {used:g} does not divide {gpus:g} GPUs."
NO_GPUS = "dp = 1: the number of GPUs is not in the file"
NO_LAYERS = "interleave = 1: num_layers_per_virtual_pipeline_stage is there, num_layers is not"
EXPERT_TP = "expert_tensor_parallel_size = {etp:g}: experts are whole or cut by tp = {tp:g} here"
MODULES = "recompute_modules: a layout here can't repeat {names} alone"
FP32_GRADIENTS = "gradients are kept and reduced in FP32"

# Power ---------------------------------------------------------------------------------------------------------------------

NO_POWER = "power over time was expected: a header that names a column of watts (power.draw [W], POWER, watts), and with it the time."
FEW_SAMPLES = "power over time was expected, and there are fewer than two samples.{first}"
LINE = "line {number:,}: {problem}"
COLUMNS = "{line} has {count} columns; it may have been cut"
NO_MOMENT = "{found} is no time"
NO_WATTS = "{found} is no number of watts"
MEAN_OF = "the mean of {gpus} GPUs"
PERIOD = "a sample every {period:g} s: the file has no times"
SLOW_MEAN = "{name} is a mean over the last second on chips since Ampere: faster swings don’t show; power.draw.instant has them"
NOT_LATER = "a sample at {at:g} s comes after one at {before:g} s"
LOST = "no watts in {lost:,} of {all:,} readings"
