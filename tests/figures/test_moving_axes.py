"""Where an axis follows the model, the page moves what is bound to it and nothing else: a line that matplotlib drew once would
stay where it was, and stand at another value. So whatever is not bound must lie at the same place at every step of its axis.
"""

import numpy as np
import pytest
from living import NAMES, living
from matplotlib.lines import Line2D
from matplotlib.patches import Patch


def corners(artist):
    """Where an artist lies, in pixels, by its transform and its axes' limits as they are."""
    points = artist.get_xydata() if isinstance(artist, Line2D) else artist.get_path().vertices if isinstance(artist, Patch) else [artist.get_position()]
    return artist.get_transform().transform(np.asarray(points, float))


def left_behind(drawing):
    """What would be shown at another value than it was drawn at, once an axis steps on."""
    found = set()
    for key, (_, steps) in drawing.taken.items():
        place, axis = key.split("-")
        ax = drawing.fig.axes[int(place)]
        fixed = [artist for artist in (*ax.lines, *ax.patches, *ax.texts) if not str(artist.get_gid()).startswith("mark-")]
        before = list(map(corners, fixed))
        for step in steps:
            drawing.take_step(ax, axis, step)
            found |= {str(artist) for artist, there in zip(fixed, before, strict=True) if not np.allclose(corners(artist), there, atol=0.01)}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_move_with_its_axis_lies_at_no_value_of_it(name):
    figure = living(name)
    for layout in figure.sizes:
        assert not left_behind(figure.drawing(layout)), layout


def test_a_line_across_a_moving_axis_is_found():
    from livefigure import LiveFigure, Slider

    def draw(plot):
        ax = plot.subplots()
        plot.limits(ax, "y", ["a"], [(0, 1), (0, 10)])
        plot.marker(ax, 0.5, "a")
        ax.axhline(0.5)
        ax.text(0.5, 0.5, "half", transform=ax.transAxes)

    figure = LiveFigure("toy", lambda a: {"b": a}, draw, title="?", controls={"a": Slider(0, 5, 1, "a")}, readouts=[], summary="{b:.1f}")
    assert len(left_behind(figure.drawing())) == 1
