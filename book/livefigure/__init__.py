"""livefigure: matplotlib figures that recompute anywhere, in a static page and in a notebook alike.

    def model(speedup, gpus):
        return {"days": 1_100_000 / gpus / speedup}

    def draw(plot):
        ax = plot.subplots()
        ax.set(xlim=(1, 10), ylim=(0, 80), xlabel="speed-up", ylabel="days")
        plot.curve(ax, "speedup", "days")
        plot.marker(ax, "speedup", "days")

    LiveFigure("days", model, draw, title="How many days?", summary="{days:.1f} days",
               controls={"speedup": Slider(1, 10, 1, "speed-up"), "gpus": Slider(1e3, 1e5, 16384, "GPUs", log=True, integer=True)},
               readouts=[Readout("days", "days", ".1f")])

In a notebook the figure shows itself; `page(figure)` is the HTML of a page of its own, and `to_javascript(trace(model,
{"speedup": 3, "gpus": 16384}))` the model alone, for any other page.
"""

from .controls import Bound, Choice, Guess, Readout, Slider, Switch
from .drawing import Drawing
from .figure import LiveFigure
from .goal import Goal
from .javascript import to_javascript
from .page import page
from .touch import Touch
from .trace import TraceError, trace
from .uncertainty import Uncertainty

__version__ = "0.1.0"
__all__ = ["Bound", "Choice", "Drawing", "Goal", "Guess", "LiveFigure", "Readout", "Slider", "Switch", "Touch", "TraceError", "Uncertainty", "page", "to_javascript", "trace"]
