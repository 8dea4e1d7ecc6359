"""Files of every format that the readers know, good ones and odd ones, for both languages' readers."""

import json

from clustermath.readers.unmodelled import UNMODELLED

from .test_huggingface import LLAMA, ROWS
from .test_logs import HEADER, ROW, SCRIPT, megatron, mllog, mlperf, titan
from .test_power import DCGM, SMI

CONFIGS = {name: json.dumps(row["config"]) for name, row in ROWS.items()}
CONFIGS |= {f"{model}, refused": json.dumps({"model_type": model, "layer_types": ["linear_attention"] * 3 + ["full_attention"]}) for model in UNMODELLED}
CONFIGS |= {f"bare {row['config']['model_type']}": json.dumps({"model_type": row["config"]["model_type"]}) for row in ROWS.values()}
CONFIGS |= {
    "two languages in one": json.dumps({"model_type": "llama4", "text_config": {**LLAMA, "model_type": "llama4_text"}, "vision_config": {}, "tie_word_embeddings": True}),
    "Kimi K2": json.dumps({"model_type": "kimi_k2", "n_routed_experts": 384, "quantization_config": {"bits": 8}}),
    "a name's typing error": json.dumps({"model_type": "deepseekv3"}),
    "no name that is near": json.dumps({"model_type": "Ω" * 50}),
    "a name that is an object's": json.dumps({"model_type": "constructor"}),
    "a key that is an object's": '{"model_type": "llama", "__proto__": {"hidden_size": 8}, "constructor": 1}',
    "wrong kinds": json.dumps(LLAMA | {"num_hidden_layers": [126]}),
    "a float": json.dumps(LLAMA | {"hidden_size": 1.5e-7}),
    "large": json.dumps(LLAMA | {"vocab_size": 10**30}),
    "text for a number": json.dumps(LLAMA | {"vocab_size": "<b>128256</b>"}),
    "twice": '{"model_type": "llama", "a": {"b": 1, "b": 2}}',
    "NaN": '{"model_type": "llama", "hidden_size": NaN}',
    "deep": "[" * 60 + "]" * 60,
    "cut": json.dumps(LLAMA)[:77],
    "a comma too many": '{"model_type": "llama",\n "hidden_size": 8,,}',
    "an escape that is none": '{"model_type": "\\x"}',
    "a text without end": '{"model_type": "llama, \n',
    "something behind": json.dumps(LLAMA) + "\n}",
}
LOGS = {
    "megatron": "\n".join(megatron(i, 90_000 if i == 1 else 39_511 + 100 * (i % 3)) for i in range(1, 31)),
    "bridge": "\n".join(megatron(i, 39_511 + i, bridge=True) + "\nStep Time : 39.51s GPU utilization: 784.0MODEL_TFLOP/s/GPU" for i in range(1, 9)),
    "bridge alone": "Step Time : 39.51s GPU utilization: 784.0MODEL_TFLOP/s/GPU\n" * 4,
    "megatron with power": megatron(1, 2_000) + " energy per GPU (J/iter/GPU): 1400.0 | power per GPU (W/GPU): 700.0 |\n",
    "torchtitan": "\n".join(titan(i, 900 if i == 1 else 5762 + i) for i in range(1, 12)),
    "torchtitan without MFU": "\n".join(titan(i, 5762).replace("27.30%", "N/A") for i in range(1, 4)),
    "maxtext": "\n".join(f"completed step: {i}, seconds: {30.0 if i == 0 else 3.21}, TFLOP/s/device: 450.100, Tokens/s/device: 3200.100, loss: 7.8" for i in range(8)),
    "maxtext in a ramp": "completed step: 0, seconds: 3.3, total_weights: 65536, loss: 7.8\n",
    "deepspeed": "\n".join(f"steps: {i} loss: 2.0000 iter time (s): 4.000 samples/sec: 64.000" for i in range(10, 60, 10)),
    "deepspeed, throughput": "[INFO] epoch=0/micro_step=10/global_step=10, RunningAvgSamplesPerSec=12.1, CurrSamplesPerSec=12.4, MemAllocated=1.0GB\n",
    "evaluation": "\n".join(megatron(i, 1_000 if i != 11 else 4_000) + ("\nvalidation loss at iteration 10 | lm loss value: 2.1 |" if i == 10 else "") for i in range(1, 21)),
    "done again": "\n".join(megatron(i, 2_000) for i in (1, 2, 3, 2, 3, 4)),
    "cut in a line": "\n".join(megatron(i, 2_000) for i in range(1, 6))[:-250],
    "carriage returns": "\r".join(megatron(i, 2_000) for i in range(1, 6)) + "\r\n",
    "no times": "iteration 1/ 10 | lm loss: 3.0 |\n",
    "a long line": megatron(1, 2_000) + "x" * 20_000 + "\n" + megatron(2, 2_000),
    "bridge, wrapped": "iteration 10/ 50 | consumed samples: 5120 |\nelapsed time per iteration (ms): 14260.1 | lm loss: 4.4 |\nStep Time : 14.26s GPU utilization: 58.2TFLOP/s/GPU\n",
    "NeMo 2": "Training epoch 0, iteration 10/99 | lr: 1.5e-06 | global_batch_size: 512 | global_step: 10 | train_step_timing in s: 5.912 | consumed_samples: 5632\n" * 2,
    "torchtitan, all ranks": "\n".join(titan(i, 5762 + rank) for i in range(1, 4) for rank in range(4)),
    "torchtitan of 2024": "[rank0]: step: 10  loss:  7.3241  memory: 40.10GiB(50.67%)  wps: 6,320  mfu: 41.30%\n",
    "maxtext of 2023": "completed step: 15107, seconds: 2.167, TFLOP/s: 36.722, loss: 2.191\n",
    "nanotron": "".join(
        f"10/17/2025 16:31:{i} [INFO|DP=0|PP=0|TP=0]: iteration: {i} / 378950 | consumed_tokens: 85.8G | elapsed_time_per_iteration_ms: 11.5K | tokens_per_sec: 22.8K | "
        f"tokens_per_sec_per_gpu: 11.4K | global_batch_size: 64 | lm_loss: 2.38 | lr: 1e-05 | model_tflops_per_gpu: 38.3 | hardware_tflops_per_gpu: 38.3 | grad_norm: 1.25\n" for i in range(10, 20)
    ),
    "nanotron, fast": "iteration: 991 / 1000 | consumed_tokens: 634K | elapsed_time_per_iteration_ms: 45 | tokens_per_sec: 14.2K | tokens_per_sec_per_gpu: 1.78K | lm_loss: 10.6\n",
    "deepspeed of 2022": "[INFO] [timer.py:189:stop] 0/40, SamplesPerSec=83.48609168106144, MemAllocated=0.26GB\n",
    "deepspeed beside Megatron": "[INFO] micro_step=34/global_step=34, CurrSamplesPerSec=8.0\n samples/sec: 7.799 | iteration       34/   10000 | elapsed time per iteration (ms): 4103.1 | approx flops per GPU: 112.9TFLOPS |\n",
    "mlperf, own blocks": mlperf(True),
    "mlperf": mlperf(False),
    "mlperf, losses": "\n".join([*mlperf(False, blocks=1).splitlines(), *(mllog(i * 64.0, "train_loss", float("nan"), samples_count=32 * 1152 * i) for i in range(1, 9))]),
    "mlperf, damaged": mlperf(False) + '\n0: :::MLLOG {"namespa',
    "mlperf, without a batch": mllog(0, "run_start"),
    "mlperf, without a block": mllog(0, "global_batch_size", 1152),
    "mlperf, no line whole": ":::MLLOG {\n" * 9,
}
OTHERS = {
    "nccl": HEADER + ROW + "\n[1,0]<stdout>:" + ROW.replace("1073741824", " 536870912").replace("4012.3", "2100.0"),
    "nccl, no header": ROW + "\n",
    "nccl, a command": "all_gather_perf -b 8\n" + "\n".join(ROW.replace("1073741824", str(2**k)).replace("4012.3", str(10 + 2**k / 1e6)) for k in range(20, 34)),
    "nccl, an excerpt": "#  Rank 71 Group  0 Pid  14840 on host device  3 [0x01] NVIDIA\n" + ROW,
    "nccl, alone": "#   Rank  0 Pid   1320 on a device  0 V100\n#   Rank  0 Pid   2066 on b device  0 V100\n  1310720000     327680000     float     sum  1208790    1.08    1.08  0e+00  1206721    1.09    1.09  0e+00\n",
    "nccl, MPI": "all_reduce_perf_mpi -b 8\n" + ROW,
    "nccl, no reduction": "1048576 32768 float none -1 25.43 41.24 36.09 0\n4194304 131072 float none -1 45.92 91.34 79.92 0 44.22 94.84 82.99 0\n",
    "nccl, gather": "gather_perf -b 8\n" + ROW.replace("sum      -1", "none       0"),
    "nccl, scatter": "scatter_perf -b 8\n" + ROW.replace("sum      -1", "none       0"),
    "nccl, hypercube": "hypercube_perf -b 8\n" + ROW.replace("sum", "none"),
    "nccl, wrong": HEADER + ROW.replace("468.32      0", "468.32      7"),
    "nccl, many wrong": HEADER + "\n".join(ROW.replace("468.32      0", f"468.32      {i}") for i in range(40)),
    "nccl, without times": HEADER + ROW + "\n" + "\n".join(ROW.replace("1073741824", str(i)).replace("4012.3", "N/A") for i in range(1, 31)),
    "nccl, not counted": HEADER + ROW.replace("      0", "    N/A"),
    "launch": SCRIPT,
    "launch, recompute": SCRIPT + " --recompute-granularity selective --recompute-modules mla_up_proj moe_act mlp --fp8-recipe blockwise --grad-reduce-in-fp32\n",
    "launch, full": "--recompute-granularity full --tensor-model-parallel-size=2 --expert-tensor-parallel-size 4 --use-megatron-fsdp",
    "launch, twice": "--micro-batch-size 1\n--micro-batch-size 2 --global-batch-size $GBS",
    "launch, not dividing": "--nnodes 4 --nproc-per-node 8 --pipeline-model-parallel-size 3",
    "launch, zero": "--tensor-model-parallel-size 0",
    "recipe": 'cfg.model.tensor_model_parallel_size = 4\ncfg.train.global_batch_size = 1536\ncfg.model.seq_length = 8_192\ncfg.mixed_precision = "bf16_with_mxfp8_mixed"\n',
    "a comment": "# --tensor-model-parallel-size 8",
    "nvidia-smi": SMI,
    "nvidia-smi, an index missing": "timestamp, power.draw.instant [W]\n2026/11/29 08:00:00, 300\n2026/11/29 08:00:00, 500\n2026/11/29 08:00:01, 310\n2026/11/29 08:00:01, 330",
    "nvidia-smi, over a year": "timestamp, index, power.draw.instant [W]\n2026/12/31 23:59:59.500, 0, 300 W\n2027/01/01 00:00:00.500, 0, 310 W",
    "dcgm": DCGM,
    "dmon": "#Date       Time        gpu    pwr  gtemp\n#YYYYMMDD   HH:MM:SS    Idx      W      C\n 20261129   08:00:00      0    312     45\n 20261129   08:00:01      0    400     46",
    "a plain table": "seconds,watts\n0,100\n1,300\n3,200",
    "a rack": 'time,"rack power [kW]"\n2026-11-29T08:00:00+01:00,"1.5kW"\n2026-11-29T07:00:02.5Z,1.25k\n2026-02-31T08:00,1k',
    "kilowatts": "seconds,power [kW]\n0,1.2\n1,1300 W\n2,0.0014M\n",
    "milliwatts and milliseconds": "time (ms),power (mW)\n0,120000\n100,130000\n0.2s,1\n",
    "megawatts and minutes": "elapsed_min,site_power,power_MW,power [MW]\n0,1,2,12.5\n1,1,2,12.75\n",
    "back in time": "seconds,watts\n0,1\n1,2\n1,3\n0.5,9\n2,4",
    "much that is none": "seconds,watts\n" + "".join(f"{i},{'many' if i % 2 else 5}\n" for i in range(60)),
    "too few": "seconds,watts\n0,many\n1,-5\n",
    "html": "<!doctype html><title>Sign in</title><script>alert(1)</script>",
    "nothing": "\n",
}  # fmt: skip
AS_BYTES = {
    "utf-16": json.dumps(LLAMA).encode("utf-16"),
    "utf-8 with its mark": json.dumps(LLAMA).encode("utf-8-sig"),
    "utf-16, big end first": b"\xfe\xff" + LOGS["megatron"].encode("utf-16-be"),
    "binary": b"\x00\x01\x02",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(128, 256)) * 4,
    "latin": ("é" * 40 + "\n").encode("latin-1"),
    "a letter that is cut": LOGS["megatron"].encode() + "é".encode()[:1],
    "nothing at all": b"",
}
TEXTS = CONFIGS | LOGS | OTHERS
