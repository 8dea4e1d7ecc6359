"""Models whose training runs the book computes: parameters, tokens and training FLOPs, sourced in data/models.csv."""

from __future__ import annotations

from dataclasses import dataclass

from .run import training_flops
from .records import Record, quantity
from .tables import Datum, Table, read, records


@dataclass(frozen=True, kw_only=True)
class Model(Record):
    """One model and its pre-training run.

    params: all parameters; active_params: those that work on each token, fewer in a mixture of experts.
    flops: training FLOPs as published, else 6 x active_params x tokens; `MODELS.sources[name]["flops"]` says which.
    """

    name: str
    params: float = quantity("1", between=(1, 1e15))
    active_params: float = quantity("1", between=(1, 1e15))
    tokens: float = quantity("token", between=(1, 1e17))
    flops: float = quantity("FLOP", between=(1, 1e32))

    @classmethod
    def from_huggingface(cls, source, tokens: float) -> Model:
        """The model that a config.json describes (path, bytes or text), trained on `tokens` [token].

        Raises readers.Unreadable that says why not. Its shape, which a step asks for, is `Architecture.from_huggingface`'s.
        """
        from .architecture import active_parameters, parameters  # with the readers, which few who use the table need
        from .readers import read_config

        shape = read_config(source).record
        active = sum(active_parameters(shape).values())
        return cls(name=shape.name, params=sum(parameters(shape).values()), active_params=active, tokens=tokens, flops=training_flops(active, tokens))


def _complete(fields: dict[str, Datum]) -> dict[str, Datum]:
    """Fill in what a source needn't print: a dense model's active parameters, and FLOPs where none were published."""
    fields = {"active_params": fields["params"], **fields}
    flops = float(training_flops(fields["active_params"].number, fields["tokens"].number))
    return {"flops": Datum(flops, "FLOP", "6 x active parameters x tokens", "derived"), **fields}


MODELS: Table = records(
    "model", Model, {name: _complete(fields) for name, fields in read("models.csv").items()}
)
