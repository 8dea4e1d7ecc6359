"""Controls for the parameters of clustermath: range and meaning are declared there, once."""

from clustermath.parameters import PARAMETERS
from clustermath.power import PUE
from clustermath.tables import Table
from livefigure import Choice, Slider

__all__ = ["PUE", "choice", "gpus", "precision", "share", "slider", "some"]

PRECISIONS = {"BF16": 16, "FP8": 8, "FP4": 4}


def slider(parameter: str, value: float, label: str, show=None, **options) -> Slider:
    """A slider over the declared range of a clustermath parameter, or over the part of it in `show`."""
    declared = PARAMETERS[parameter]
    low, high = show or declared.shown
    return Slider(low, high, value, label, limits=(declared.low, declared.high), integer=declared.integer, **options)


def share(parameter: str, value: float, label: str, **options) -> Slider:
    """A slider for a share, shown in per cent."""
    return slider(parameter, value, label, unit="%", scale=0.01, **options)


def gpus(value: float, show=None, **options) -> Slider:
    """The number of GPUs, by factors."""
    return slider("gpus", value, "GPUs", show, log=True, format=",.7g", **options)


def some(table: Table, names) -> Table:
    """The records of `table` that a reader may choose from."""
    return Table(table.kind, {name: table[name] for name in names}, {name: table.sources[name] for name in names})


def choice(table: Table, value: str, label: str, **options) -> Choice:
    """A record of one of clustermath's tables, with the source of each of its numbers."""
    sources = {
        name: {field: f"{field} = {datum.value:,.8g}{'' if datum.unit == '1' else f' {datum.unit}'}: {datum.source} ({datum.confidence})" for field, datum in data.items()}
        for name, data in table.sources.items()
    }
    return Choice(table, value, label, sources=sources, **options)


def precision(**options) -> Choice:
    """The number format of the matrix multiplies."""
    return Choice(PRECISIONS, "BF16", "precision", **options)
