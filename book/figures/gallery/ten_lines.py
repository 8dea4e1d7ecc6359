"""The smallest live figure."""

from livefigure import LiveFigure, Readout, Slider


def model(speedup, gpus):
    return {"days": 1_100_000 / gpus / speedup}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(1, 10), ylim=(0, 80), xlabel="speed-up", ylabel="days")
    plot.curve(ax, "speedup", "days")
    plot.marker(ax, "speedup", "days", color="C0")


def figure(model=model):
    return LiveFigure(
        "gallery-ten-lines", model, draw, title="How many days?",
        summary="{days:.1f} days", readouts=[Readout("days", "days", ".1f")],
        controls={"speedup": Slider(1, 10, 3, "speed-up"),
                  "gpus": Slider(8192, 65536, 16384, "GPUs", log=True)},
    )  # fmt: skip
