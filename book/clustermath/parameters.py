"""What every parameter means, in which unit, and which values are possible: said once, here.

One `Parameter` guards the Python call (`checked`), bounds the slider, and fills the docs and the tests.
Two functions that take a parameter of the same name mean the same thing by it, in the same unit.
A constant that has a dimension is a parameter with a default, so that its unit and its range are said here too.
"""

from .checking import PARAMETERS, Parameter, checked, declare

__all__ = ["PARAMETERS", "Parameter", "checked", "declare"]

# The run
declare("flops", "FLOP", 0, 1e32, "floating point operations of the whole run")
declare("params", "1", 1, 1e15, "parameters of the model that take part in each token's arithmetic")
declare("tokens", "token", 0, 1e17, "tokens trained on")
declare("flops_per_param", "FLOP/token", 1, 12, "FLOPs for one parameter and one token")
declare("gpus", "gpu", 1, 1e8, "number of GPUs", integer=True, show=(256, 1_000_000))
declare("peak_flops", "FLOP/s/gpu", 1e6, 1e20, "dense peak of one GPU at the precision used")
declare("mfu", "1", 1e-4, 1, "model FLOPs utilisation, the share of the peak that reaches the model", show=(0.05, 1))
declare("goodput", "1", 1e-4, 1, "share of the wall clock that makes progress", show=(0.5, 1))
declare("speedup", "1", 0.01, 1e4, "factor by which the part that speeds up gets faster", show=(1, 10))
declare("serial", "1", 0, 1, "share of the time that does not speed up", show=(0, 0.5))
declare("time", "s", 0, 1e12, "wall-clock time")
declare("gpu_time", "s*gpu", 0, 1e20, "time summed over all GPUs")
declare("power", "W/gpu", 0, 1e5, "average power drawn for one GPU")
declare("pue", "1", 1, 3, "power usage effectiveness, facility power over IT power")
declare("price", "dollar/s/gpu", 0, 1, "rent of one GPU for one second")
declare("precision", "1", 4, 16, "bits that the matrix multiplies use", integer=True)

# Communication
declare("size", "B", 0, 1e18, "bytes of the whole buffer")
declare("ranks", "1", 1, 1e8, "GPUs that take part", integer=True, show=(2, 1024))
declare("local", "1", 1, 1e6, "ranks of the group in each NVLink domain", show=(1, 72))
declare("stride", "1", 1, 1e8, "GPUs between neighbours of a group", integer=True, show=(1, 64))
declare("slots", "1", 1, 1e8, "GPUs that ranks may be placed on", integer=True, show=(1024, 1_000_000))
declare("bandwidth", "B/s", 1, 1e16, "what one rank's links carry in one direction", show=(1e9, 1e12))
declare("latency", "s", 0, 10, "time of an empty message", show=(1e-7, 1e-4))
declare("oversubscription", "1", 1, 100, "bandwidth of the GPUs over that of the fabric above them", show=(1, 8))
declare("nvlink_efficiency", "1", 0.01, 1, "share of NVLink's line rate that large messages achieve")
declare("nic_efficiency", "1", 0.01, 1, "share of the NIC's line rate that large messages achieve")
declare("nvlink_latency", "s", 0, 1, "latency of one step over NVLink", show=(1e-7, 1e-4))
declare("nic_latency", "s", 0, 1, "latency of one step over the fabric", show=(1e-7, 1e-4))
declare("launch", "s", 0, 1, "time to start a collective", show=(1e-7, 1e-4))
declare("endpoints", "1", 1, 1e8, "GPUs that the fabric joins", integer=True, show=(256, 1_000_000))
declare("radix", "1", 4, 1024, "ports of a switch", integer=True, show=(32, 512))
declare("planes", "1", 1, 16, "separate trees that each NIC is split over", integer=True, show=(1, 8))
declare("tiers", "1", 1, 4, "tiers of switches", integer=True)

# Power
declare("cap", "1", 0.1, 1, "share of its TDP that a chip is held to", show=(0.5, 1))
declare("network_share", "1", 0, 1, "power of network and storage over that of the servers", show=(0, 0.2))
declare("site", "W", 1, 1e12, "power of the whole site at the meter", show=(1e7, 5e9))
declare("energy", "J", 0, 1e20, "electrical energy at the meter")
declare("efficiency", "1", 0.05, 1, "electricity over the heat in the fuel, lower heating value", show=(0.25, 0.65))
declare("intensity", "kg/J", 0, 1e-5, "carbon dioxide for a joule of electricity", show=(0, 3e-7))
declare("fuel_carbon", "kg/J", 0, 1e-6, "carbon dioxide for a joule of fuel, higher heating value")
declare("heating_ratio", "1", 1, 1.2, "higher over lower heating value of the fuel")
declare("nameplate", "W", 0, 1e12, "rated power of a solar farm", show=(1e6, 1e9))
declare("capacity_factor", "1", 0, 1, "average over rated power of a solar farm", show=(0.1, 0.35))
declare("energy_price", "dollar/J", 0, 1e-3, "price of electricity", show=(0, 1e-7))
declare("compute_share", "1", 0, 1, "share of a step that computes")
declare("low", "1", 0.01, 1, "power while waiting over power while computing")
declare("floor", "1", 0, 1, "least power over power while computing")
declare("start", "s", 0, 1e9, "when the interval starts", show=(0, 3600))
declare("duration", "s", 1e-6, 1e9, "length of the interval", show=(0.001, 60))
declare("period", "s", 1e-6, 1e9, "time after which everything repeats", show=(0.1, 60))
declare("busy_time", "s", 0, 1e9, "time at the start of each period", show=(0, 60))
declare("compute_time", "s", 1e-6, 1e6, "time that a training step computes", show=(0.1, 60))
declare("exposed_time", "s", 1e-6, 1e6, "time that a training step waits for communication", show=(0.01, 20))
declare("slowest", "1/s", 0, 1e3, "lower end of a frequency band")
declare("fastest", "1/s", 0, 1e3, "upper end of a frequency band")
declare("harmonics", "1", 1, 4096, "harmonics that are summed", integer=True, static=True, show=(16, 64))
declare("window", "s", 1e-3, 1e9, "time that is simulated", show=(1, 600))
declare("samples", "1", 1, 1e7, "steps that the time is divided into", integer=True, static=True, show=(20, 60))
declare("series", "W", -1e12, 1e12, "samples of power, time along the first axis", show=(0, 1e9))
declare("stored", "J", 0, 1e18, "energy in a store", show=(0, 1e12))
declare("wanted", "W", -1e12, 1e12, "power asked of a store, negative to charge it", show=(-1e9, 1e9))
declare("unit_power", "W", 1e3, 1e10, "rated power of one generating set", show=(1e7, 5e7))
declare("units", "1", 1, 300, "generating sets that the load needs", integer=True, show=(1, 100))
declare("spares", "1", 0, 100, "generating sets beyond those", integer=True, show=(0, 20))
declare("availability", "1", 0.5, 1, "share of the time in which a generating set is up", show=(0.9, 1))
declare("energy_per_gpu", "J/gpu", 0, 1e9, "energy stored in the rack for each GPU", show=(0, 10_000))
declare("power_per_gpu", "W/gpu", 0, 1e6, "power that this store can give or take for each GPU", show=(0, 2000))
declare("round_trip", "1", 0.1, 1, "energy out over energy in of a store", show=(0.7, 1))
declare("packs", "1", 0, 1e6, "batteries on the site", integer=True, show=(0, 1000))

# Failures
declare("failure_rate", "1/s/gpu", 1e-14, 1e-3, "interruptions for each GPU and second", show=(1e-10, 1e-7))
declare("mtbf", "s", 1, 1e12, "average time between interruptions of the job", show=(300, 1e6))
declare("interval", "s", 0.1, 1e9, "computing between two checkpoints", show=(10, 7200))
declare("stall", "s", 0.001, 1e6, "time that a checkpoint stops the job", show=(0.1, 600))
declare("restart", "s", 0, 1e7, "from a failure until the job computes again", show=(0, 3600))
declare("lag", "s", 0, 1e6, "from a snapshot until it can be restored", show=(0, 600))
declare("state_bytes", "B", 1, 64, "bytes kept for each parameter")
declare("swap_time", "s", 0, 1e7, "to detect a failure, swap the node and load a checkpoint", show=(0, 3600))
declare("repair_time", "s", 0, 1e8, "until a failed node is back", show=(0, 1e6))
declare("spare_nodes", "1", 0, 1000, "nodes in reserve", integer=True, show=(0, 200))

# Several jobs
declare("falloff", "1", 0, 0.9, "exponent with which MFU falls as a job grows", show=(0, 0.3))
declare("idle_power", "W/gpu", 0, 1e5, "power drawn for one GPU that has no work")
