"""Logs, MLPerf results, nccl-tests' tables and launch arguments, written to the programs' own formats."""

import json

import numpy as np
import pytest
from clustermath.counters import COUNTERS
from clustermath.readers import Unreadable
from clustermath.readers.logs import read_log
from clustermath.readers.megatron import read_arguments
from clustermath.readers.mlperf import read_mlperf
from clustermath.readers.nccl import fitted, read_nccl


def megatron(step, milliseconds, bridge=False):
    date = "2026-11-29 08:00:00" + ("" if bridge else ".123456")
    return (
        f" [{date}] iteration {step:8d}/     100 | consumed samples: {1536 * step:12d} | elapsed time per iteration (ms): {milliseconds:.1f} | "
        "throughput per GPU (TFLOP/s/GPU): 784.0 | learning rate: 1.500000E-05 | global batch size:  1536 | lm loss: 1.052000E+01 | loss scale: 1.0 | "
        "grad norm: 2.300 | number of skipped iterations:   0 | number of nan iterations:   0 |"
    )


def titan(step, tps):
    return (
        f"[titan] 2026-11-29 08:00:00,000 - root - INFO - \x1b[31mstep: {step:2}  \x1b[32mloss:  7.12345  \x1b[38;2;180;60;0mgrad_norm:  1.2000  "
        f"\x1b[36mmemory: 47.51GiB(50.00%)  \x1b[34mtps: {tps:,}  \x1b[36mtflops: 270.00  \x1b[35mmfu: 27.30%\x1b[39m"
    )


@pytest.mark.parametrize("bridge", [False, True])
def test_megatron(bridge):
    text = "\n".join(megatron(i, 90_000 if i == 1 else 39_511 + 100 * (i % 3), bridge) for i in range(1, 31))
    steps = read_log(text).record
    assert steps.software == "Megatron" and steps.rate == 784e12 and steps.sequences == 1536
    assert steps.warm_up.tolist() == [90.0] and len(steps.times) == 29
    assert steps.step_time == pytest.approx(39.611) and steps.spread == pytest.approx((39.511, 39.711))
    assert steps.counter in COUNTERS


def test_bridge_alone():
    steps = read_log("Step Time : 39.51s GPU utilization: 784.0MODEL_TFLOP/s/GPU\n" * 4).record
    assert (steps.software, steps.step_time, steps.rate) == ("Megatron-Bridge", 39.51, 784e12)


def test_torchtitan_prints_no_time():
    lines = [titan(i, 900 if i == 1 else 5762) for i in range(1, 12)]
    lines.insert(6, "validate step:  6  loss:  7.1000  memory: 47.51GiB(50.00%)  tps: 9,000")
    steps = read_log("\n".join(lines)).record
    assert steps.software == "torchtitan" and np.isnan(steps.step_time)
    assert (steps.tokens_per_gpu, steps.rate, steps.mfu) == (5762, 270e12, pytest.approx(0.273))
    assert steps.facts["warm-up steps"] == 1 and "312" in steps.mfu_peaks


def test_torchtitan_with_quantisation_has_no_mfu():
    steps = read_log("\n".join(titan(i, 5762).replace("27.30%", "N/A") for i in range(1, 4))).record
    assert steps.tokens_per_gpu == 5762 and np.isnan(steps.mfu)


def test_maxtext():
    line = "completed step: {}, seconds: {}, TFLOP/s/device: 450.100, Tokens/s/device: 3200.100, total_weights: 65536, loss: 7.800, lm_loss: 7.800, perplexity: 2440.602"
    steps = read_log("\n".join(line.format(i, 30.0 if i == 0 else 3.21) for i in range(8))).record
    assert (steps.software, steps.step_time, steps.rate, steps.tokens_per_gpu) == ("MaxText", 3.21, 450.1e12, 3200.1)
    ramp = read_log("completed step: 0, seconds: 3.3, total_weights: 65536, loss: 7.8\n").record
    assert ramp.step_time == 3.3 and np.isnan(ramp.rate)


def test_deepspeed():
    steps = read_log("\n".join(f"steps: {i} loss: 2.0000 iter time (s): 4.000 samples/sec: 64.000" for i in range(10, 60, 10))).record
    assert (steps.software, steps.step_time, steps.sequences) == ("DeepSpeed", 4.0, 256)
    plain = read_log("[INFO] epoch=0/micro_step=10/global_step=10, RunningAvgSamplesPerSec=12.1, CurrSamplesPerSec=12.4, MemAllocated=1.0GB, MaxMemAllocated=2.0GB\n")
    assert plain.record.facts["samples per second"] == 12.4


def test_evaluation_steps_are_set_apart():
    lines = [megatron(i, 1_000 if i != 11 else 4_000) for i in range(1, 21)]
    lines.insert(10, "validation loss at iteration 10 | lm loss value: 2.1 |")
    steps = read_log("\n".join(lines)).record
    assert steps.evaluation.tolist() == [4.0] and set(steps.times) == {1.0}


def test_steps_done_again_count_once():
    again = read_log("\n".join(megatron(i, 2_000) for i in (1, 2, 3, 2, 3, 4)))
    assert len(again.record.times) == 4 and "2 lines" in again.ignored[0]


def test_a_log_cut_in_the_middle_of_a_line():
    text = "\n".join(megatron(i, 2_000) for i in range(1, 6))
    for end in range(len(text) - 300, len(text), 7):
        assert read_log(text[:end]).record.step_time == 2.0


def mllog(time, key, value=None, **metadata):
    event = {"namespace": "", "time_ms": round(time * 1000), "event_type": "POINT_IN_TIME", "key": key, "value": value, "metadata": {"file": "train.py", "lineno": 10} | metadata}
    return f"0: :::MLLOG {json.dumps(event)}"


def mlperf(own_blocks, step=17.296, steps=40, blocks=5):
    lines = [mllog(0, "global_batch_size", 1152), mllog(0, "tensor_parallelism", 4), mllog(0, "pipeline_parallelism", 8), mllog(0, "run_start")]
    time, done = 0.0, 0
    for _ in range(blocks):
        lines.append(mllog(time, "block_start", samples_count=1152 * steps if own_blocks else done))
        time, done = time + steps * step, done + 1152 * steps
        lines += [mllog(time, "block_stop", samples_count=done), mllog(time, "eval_start", samples_count=done)]
        time += 30
        lines.append(mllog(time, "eval_stop", samples_count=done))
    return "\n".join([*lines, mllog(time, "run_stop", status="success")])


@pytest.mark.parametrize("own_blocks", [True, False])
def test_mlperf_blocks(own_blocks):
    """A block's start counts the run's samples or the block's own: both occur."""
    reading = read_mlperf(mlperf(own_blocks))
    assert reading.record.step_time == pytest.approx(17.296, rel=1e-4) and len(reading.record.times) == 5
    assert reading.record.layout == {"tp": 4, "pp": 8} and reading.record.sequences == 1152
    assert any("nodes" in words for words in reading.assumed)


def test_mlperf_losses_are_finer_than_blocks():
    lines = mlperf(False, blocks=1).splitlines()
    lines[5:5] = [mllog(i * 32 * 2.0, "train_loss", 3.1, samples_count=32 * 1152 * i) for i in range(1, 9)]
    steps = read_mlperf("\n".join(lines)).record
    assert len(steps.times) == 7 and steps.step_time == pytest.approx(2.0)


def test_mlperf_losses_with_an_evaluation_between_them_are_set_apart():
    """The first loss after it; what an evaluation costs is no slow step."""
    lines = [mllog(0, "global_batch_size", 1152)]
    for i in range(1, 9):
        time = i * 64.0 + (i > 5) * 100
        lines.append(mllog(time, "train_loss", 3.1, samples_count=32 * 1152 * i))
        if i == 5:
            lines += [mllog(time, "eval_start", samples_count=32 * 1152 * i), mllog(time + 100, "eval_stop", samples_count=32 * 1152 * i)]
    steps = read_mlperf("\n".join(lines)).record
    assert steps.times == pytest.approx([2.0] * 6) and steps.evaluation == pytest.approx([164 / 32])


def test_mlperf_damage():
    cut = read_mlperf(mlperf(False) + '\n0: :::MLLOG {"namespa')
    assert cut.record.step_time == pytest.approx(17.296, rel=1e-4) and "cut or damaged" in cut.unread[0]
    with pytest.raises(Unreadable, match="none was found"):
        read_mlperf("nothing\nhere")
    with pytest.raises(Unreadable, match="global_batch_size"):
        read_mlperf(mllog(0, "run_start"))
    with pytest.raises(Unreadable, match="block"):
        read_mlperf(mllog(0, "global_batch_size", 1152) + "\n")


HEADER = "# nThread 1 nGpus 8 minBytes 8 maxBytes 8589934592 step: 2(factor)\n" + "".join(
    f"#  Rank {i:2} Group  0 Pid  100 on   host01 device {i:2} [0x1b] NVIDIA H100 80GB HBM3\n" for i in range(8)
)
ROW = "  1073741824     268435456     float     sum      -1   4012.3  267.61  468.32      0   4010.1  267.76  468.58      0"


def test_nccl_tests():
    reading = read_nccl(HEADER + ROW + "\n[1,0]<stdout>:" + ROW.replace("1073741824", " 536870912").replace("4012.3", "2100.0") + "\n")
    measured = reading.record
    assert measured.name == "all-reduce" and measured.ranks == 8
    assert measured.sizes.tolist() == [536870912, 1073741824] and measured.times[1] == pytest.approx(4012.3e-6)
    assert measured.bus_bandwidths[1] == pytest.approx(468.32e9)
    assert read_nccl(ROW + "\n").record.ranks == 8  # 468.32 / 267.61 is 1.75


def test_more_ranks_than_are_counted_are_not_known(monkeypatch):
    """Without a bound a file that lists ranks for ever would fill the memory; then the bus bandwidth tells how many there are."""
    text = "".join(f"#  Rank {rank} Group 0 Pid 1 on host device 0\n" for rank in range(20)) + ROW + "\n"
    assert read_nccl(text).record.ranks == 20
    monkeypatch.setattr("clustermath.readers.nccl.MOST_GPUS", 10)
    assert read_nccl(text).record.ranks == 8


def test_a_bus_bandwidth_that_is_the_algorithm_s_tells_no_ranks():
    """nccl-tests' PERFORMANCE.md: a broadcast's busbw is its algbw, however many take part; what differs is rounded."""
    reading = read_nccl("broadcast_perf -b 8\n" + ROW.replace("468.32", "267.58") + "\n")
    assert reading.record.name == "broadcast" and reading.record.ranks == 0 and "ranks isn't in the file" in reading.assumed[0]
    assert read_nccl("all_gather_perf -b 8\n" + ROW.replace("468.32", "234.16") + "\n").record.ranks == 8  # (n - 1) / n


def test_nccl_rows_that_stand_for_nothing():
    wrong = ROW.replace("468.32      0", "468.32      7")
    reading = read_nccl(HEADER + ROW + "\n" + wrong + "\n")
    assert len(reading.record.sizes) == 1 and "#wrong" in reading.unread[0]
    assert len(read_nccl(HEADER + ROW.replace("      0", "    N/A") + "\n").record.sizes) == 1
    many = read_nccl(HEADER + "\n".join([ROW, *[wrong] * 1_000]) + "\n").unread
    assert len(many) == 11 and many[-1] == "and 990 lines more"
    with pytest.raises(Unreadable, match="nccl-tests' table was expected"):
        read_nccl("# nothing\n")


def test_alpha_and_beta_are_found_again():
    sizes = np.geomspace(1e3, 1e10, 24)
    start, rate = fitted(sizes, 15e-6 + sizes / 250e9)
    assert start == pytest.approx(15e-6, rel=1e-9) and rate == pytest.approx(250e9, rel=1e-9)


SCRIPT = """\
# --tensor-model-parallel-size 1
torchrun --nproc_per_node 8 --nnodes=128 pretrain_gpt.py --tensor-model-parallel-size 8 \\
  --pipeline-model-parallel-size 8 --num-layers 126 --num-layers-per-virtual-pipeline-stage 2 --context-parallel-size 2 \\
  --sequence-parallel --use-distributed-optimizer --micro-batch-size 1 --global-batch-size 1536 --seq-length 8192 --bf16
"""


def test_arguments_of_megatron():
    """NVIDIA's layout of Llama 3.1 405B on 1,024 H100s."""
    launch = read_arguments(SCRIPT).record
    layout, batch = launch.layout, launch.batch
    assert (layout.tp, layout.pp, layout.cp, layout.dp, layout.interleave, layout.microbatch) == (8, 8, 2, 8, 8, 1)
    assert (layout.zero, layout.sequence_parallel, launch.gpus) == (1, 1, 1024)
    assert (batch.sequences, batch.seq_len, batch.bits, batch.gradient_bytes) == (1536, 8192, 16, 4)


def test_a_recipe_of_bridge():
    recipe = """
cfg.model.tensor_model_parallel_size = 4
cfg.model.pipeline_model_parallel_size = 16
cfg.model.virtual_pipeline_model_parallel_size = 8
cfg.train.global_batch_size = 1536
cfg.model.seq_length = 8192
cfg.ddp.grad_reduce_in_fp32 = False
cfg.mixed_precision = "bf16_with_mxfp8_mixed"
cfg.model.num_layers = compute_layers()
"""
    reading = read_arguments(recipe, gpus=256)
    assert (reading.record.layout.dp, reading.record.layout.interleave) == (4, 8)
    assert (reading.record.batch.bits, reading.record.batch.blocked, reading.record.batch.gradient_bytes) == (8, 1, 2)
    assert "num_layers" in reading.unread[0]


def test_arguments_that_cannot_be():
    with pytest.raises(Unreadable, match="does not divide"):
        read_arguments("--tensor-model-parallel-size 8 --pipeline-model-parallel-size 3\n", gpus=64)
    with pytest.raises(Unreadable, match="none was found"):
        read_arguments("echo hello\n")
    with pytest.raises(Unreadable, match="from 1"):
        read_arguments("--tensor-model-parallel-size 0\n")
