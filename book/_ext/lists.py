"""What stands at the end of a book: the list of its figures, and its data tables with their downloads.

    ```{figure-list}
    ```

names every live figure that a chapter shows; ```{data-tables}``` every CSV of book/data, each as it is, under downloads/data.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from clustermath import tables
from figures import all_figures
from figures.pages import places

from .colophon import ABOUT
from .finished import offer

TABLES = {
    "architectures": "shapes of models, from their configurations",
    "assumptions": "what the step model takes on trust, each with its reason",
    "batteries": "batteries: energy, power, losses, delay",
    "checkpoints": "how long saving and loading took, as published",
    "chips": "GPUs: peaks, memory, links, power",
    "claims": "claims of five news texts, in our words, and what each is held against",
    "fabrics": "switches and their ports",
    "failure_rates": "how often a GPU brings a job down",
    "frequency_limits": "frequencies that grids ask generating sets to bear",
    "generators": "turbines: rating, fuel, availability",
    "greensboro_hours": "temperatures of a typical year",
    "greensboro_sun": "sunshine of a typical year",
    "idle_power": "servers without a job: what they draw, beside their rating",
    "interruptions": "what stopped Llama 3.1 405B, counted by its makers",
    "later_runs": "measured training runs of later tables, of whose software a date is known",
    "links": "links between GPUs: bandwidth and latency",
    "matmul_rates": "rates of matrix multiplication that kernels reach",
    "h200_each_step": "each step of two runs on one H200, by ourselves",
    "h200_kernels": "kernels timed on one H200, by ourselves",
    "h200_power": "what one H200 drew, by what it did",
    "measured_all_reduce": "measured all-reduces",
    "measured_collectives": "measured collectives on seven chips; paths are below systems/data",
    "measured_matmuls": "measured matrix multiplications; paths are below systems/data",
    "measured_power": "what GPUs drew with their servers while they trained",
    "mixers": "layers of hybrid models that mix tokens otherwise than their attention",
    "mlperf_405b": "MLPerf Training results of Llama 3.1 405B",
    "mlperf_each_step": "34 steps of Llama 3.1 405B on 2,048 GB300s: MLPerf Training v6.0, NVIDIA",
    "models": "models: parameters, tokens, FLOPs",
    "newer_runs": "runs that the step model was not fitted on",
    "outside": "facts from elsewhere that claims are held against",
    "peers": "errors of other performance models on the published rows that they can express",
    "peers_elsewhere": "errors of performance models on runs that other people measured",
    "own_runs": "training steps measured on one H200, by ourselves",
    "pax_runs": "runs of Paxml",
    "power_chain": "losses between meter and chip",
    "published_ranges": "how far each input of a figure was published to go, from the other tables",
    "published_runs": "measured runs that the step model is fitted on and held against",
    "runs": "training runs as their makers published them",
    "sites": "sites: power and GPUs, seen and claimed",
    "stacks": "software stacks compared on the same GPUs",
    "step_constants": "the step model's fitted constants",
    "texts": "the five news texts, with their addresses",
    "unit_traps": "numbers as they were printed, for the units lab",
    "without_own_source": "what each run is predicted to take by constants fitted without its source",
}


def table(rows: list[list[nodes.Node]], head: list[str], widths: list[int]) -> nodes.table:
    """A table of inline content."""
    group = nodes.tgroup("", *[nodes.colspec(colwidth=width) for width in widths], cols=len(widths))
    line = [nodes.entry("", nodes.paragraph(text=name)) for name in head]
    body = [nodes.row("", *[nodes.entry("", nodes.paragraph("", "", cell)) for cell in row]) for row in rows]
    group += [nodes.thead("", nodes.row("", *line)), nodes.tbody("", *body)]
    return nodes.table("", group)


class FigureList(SphinxDirective):
    """Every figure of the chapters, by its number, with its title."""

    def run(self):
        uri = self.env.app.builder.get_relative_uri
        numbered = sorted(((*map(int, place.number.split(".")), name, place) for name, place in places().items() if place.number), key=lambda entry: entry[:2])
        rows = [
            [nodes.Text(place.number), nodes.reference("", all_figures()[name].title, internal=True, refuri=f"{uri(self.env.docname, place.page.file)}#fig-{name}")]
            for *_, name, place in numbered
        ]
        return [table(rows, ["figure", "title"], [12, 88])]


class DataTables(SphinxDirective):
    """Every table of numbers behind the book."""

    def run(self):
        found = []
        for path in sorted(tables.DATA.glob("*.csv")):
            self.env.note_dependency(str(path))
            entries = sum(1 for _ in tables.rows(path, needed=()))
            found.append([nodes.reference("", path.name, refuri=f"../downloads/data/{path.name}"), nodes.Text(TABLES.get(path.stem, "")), nodes.Text(f"{entries:,}")])
        return [table(found, ["table", "holds", "rows"], [34, 52, 14])]


def write_tables(app, exception):
    offer(app, exception, ABOUT, "data", tables.DATA.glob("*.csv"))


def setup(app):
    app.add_directive("figure-list", FigureList)
    app.add_directive("data-tables", DataTables)
    app.connect("build-finished", write_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
