"""An event-driven pipeline: every stage does its operations in order, each as soon as its inputs are there."""

from dataclasses import dataclass, field


@dataclass
class Stage:
    """Operations of one stage in the order it does them: (kind, microbatch, chunk), kind F, B or W."""

    order: list
    done: int = 0
    free_at: float = 0.0
    held: int = 0
    most_held: int = 0
    busy: float = 0.0
    finished: dict = field(default_factory=dict)


def simulate(orders, stages, chunks, durations) -> list[Stage]:
    """The stages after the last operation; orders[s] as in `Stage`.

    Chunk c of stage s is part c x stages + s of the model. B frees a chunk's activations, or W where there is one.
    """
    places = [Stage(order) for order in orders]
    frees = "W" if any(kind == "W" for kind, _, _ in orders[0]) else "B"
    parts = stages * chunks

    def ready(s, operation):
        """When the inputs are there, or None while they aren't."""
        kind, microbatch, chunk = operation
        part = chunk * stages + s
        if kind == "F":
            needs = [] if part == 0 else [("F", part - 1)]
        elif kind == "B":
            needs = [("F", part)] + ([] if part == parts - 1 else [("B", part + 1)])
        else:
            needs = [("B", part)]
        times = [places[p % stages].finished.get((k, microbatch, p // stages)) for k, p in needs]
        return None if None in times else max(times, default=0.0)

    while any(place.done < len(place.order) for place in places):
        moved = False
        for s, place in enumerate(places):
            while place.done < len(place.order):
                operation = place.order[place.done]
                start = ready(s, operation)
                if start is None:
                    break
                place.free_at = max(place.free_at, start) + durations[operation[0]]
                place.busy += durations[operation[0]]
                place.finished[operation] = place.free_at
                place.held += (operation[0] == "F") - (operation[0] == frees)
                place.most_held = max(place.most_held, place.held)
                place.done += 1
                moved = True
        assert moved, "the schedule is deadlocked"
    return places


def starts(orders, stages, chunks, durations) -> list[dict]:
    """For each stage, when each operation starts."""
    places = simulate(orders, stages, chunks, durations)
    return [{operation: end - durations[operation[0]] for operation, end in place.finished.items()} for place in places]


def run(orders, stages, chunks, durations):
    """Makespan, and for each stage its idle time and most microbatch-chunks held."""
    places = simulate(orders, stages, chunks, durations)
    makespan = max(place.free_at for place in places)
    return makespan, [makespan - place.busy for place in places], [place.most_held for place in places]


def gpipe(stages, microbatches):
    """All forwards, then all backwards (Huang et al., arXiv 1811.06965)."""
    one = [("F", m, 0) for m in range(microbatches)] + [("B", m, 0) for m in range(microbatches)]
    return [one] * stages


def one_f_one_b(stages, microbatches):
    """PipeDream-Flush: stage s warms up with stages - s - 1 forwards, then alternates (arXiv 2104.04473, figure 4)."""
    return interleaved(stages, microbatches, 1)


def interleaved(stages, microbatches, chunks):
    """Megatron-LM's interleaved 1F1B: groups of `stages` microbatches go through one chunk after the other."""
    total = microbatches * chunks

    def forward(k):
        group, inside = divmod(k, stages * chunks)
        return ("F", group * stages + inside % stages, inside // stages)

    def backward(k):
        _, m, c = forward(k)
        return ("B", m, chunks - 1 - c)

    orders = []
    for s in range(stages):
        warm = stages - s - 1 if chunks == 1 else 2 * (stages - s - 1) + (chunks - 1) * stages
        warm = min(warm, total)
        order = [forward(k) for k in range(warm)]
        for k in range(total - warm):
            order += [forward(warm + k), backward(k)]
        orders.append(order + [backward(k) for k in range(total - warm, total)])
    return orders


def zero_bubble(stages, microbatches):
    """ZB-H1 (Qi et al., arXiv 2401.10241, figure 3): 1F1B with stage s's weight gradients s microbatches late."""
    orders = []
    for s in range(stages):
        warm = min(stages - s - 1, microbatches)
        order = [("F", m, 0) for m in range(warm)]
        late = 0
        for k in range(microbatches):
            if warm + k < microbatches:
                order.append(("F", warm + k, 0))
            order.append(("B", k, 0))
            if k >= s:
                order.append(("W", late, 0))
                late += 1
        orders.append(order + [("W", m, 0) for m in range(late, microbatches)])
    return orders
