"""A GPU's power, clock and temperature over time, as NVIDIA's driver reads them, sampled by a process of its own.

A process of its own, since a thread would wait for the one that trains. Two readings of power are kept: the driver's
"instant" one and the one that nvidia-smi shows as power.draw, which on Hopper is the mean of the last second.
"""

import subprocess
import sys
import time
from pathlib import Path

COLUMNS = "seconds,watts,watts_mean,sm_mhz,celsius"
PERIOD = 0.01  # s between samples; the driver refreshes its readings less often than that


class Meter:
    """Samples into a CSV at `path` while the `with` block runs; `seconds` are those of time.monotonic()."""

    def __init__(self, path):
        self.path = Path(path)

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__, str(self.path)], stdin=subprocess.PIPE)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # which ends the loop below
        self.process.wait()

    def between(self, start, end):
        """Readings from `start` to `end` [s of time.monotonic()]: a list of tuples as in COLUMNS."""
        with open(self.path, encoding="utf-8") as lines:
            rows = [tuple(map(float, line.split(","))) for line in lines if line[0].isdigit() and line.endswith("\n")]
        return [row for row in rows if start <= row[0] <= end]


def sample(path):
    """Write readings to `path` until standard input is closed."""
    import select

    import pynvml as nvml

    nvml.nvmlInit()
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    with open(path, "w", encoding="utf-8", buffering=1) as out:
        print(COLUMNS, file=out)
        while True:
            now = time.monotonic()
            instant = nvml.nvmlDeviceGetFieldValues(gpu, [nvml.NVML_FI_DEV_POWER_INSTANT])[0].value.uiVal / 1000
            mean = nvml.nvmlDeviceGetPowerUsage(gpu) / 1000
            clock = nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_SM)
            heat = nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU)
            print(f"{now:.4f},{instant:.1f},{mean:.1f},{clock},{heat}", file=out)
            if select.select([sys.stdin], [], [], max(0, PERIOD - (time.monotonic() - now)))[0]:
                return


if __name__ == "__main__":
    sample(sys.argv[1])
