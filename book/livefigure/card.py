"""The card around a live figure: question, presets, controls, drawing, readouts, foot. Plain HTML, readable without script."""

from __future__ import annotations

import math
from html import escape as escaped

from . import goal
from .controls import Choice, Slider, Switch
from .numbers import fill, format_number

EXTRAPOLATED = "extrapolated"
SHOWN = 4  # numbers that a reader sees at once; the others are folded
OPEN, WON = "To play for", "Reached"
MORE = "More settings"
ONWARD = "The same in other figures"
BRING = '<button type="button" data-action="bring" data-opens="Bring" aria-expanded="false">Bring your own</button>'


def escape(text: str) -> str:
    """`text` for HTML, and without the `@@` that stands for an id's prefix."""
    return escaped(text).replace("@@", "@&#64;")


def root(figure, inner: str, data: str) -> str:
    """The one element that is the figure, for tests, style sheets and other people's scripts to rely on."""
    name = escape(figure.name)
    return (
        f'<div class="live-figure" id="fig-{name}" data-live-figure="{name}" data-state="static" role="group" '
        f'aria-labelledby="{name}--title">{inner}{data}</div>'
    )


def html(figure, values: dict, drawings: dict[str, str]) -> str:
    """What the card holds, with the `values` of all inputs and outputs. Ids start with `@@`."""
    text = fill(figure.summary, values)
    pictures = "".join(
        f'<div class="lf-{layout}" style="aspect-ratio:{figure.sizes[layout][0]:g}/{figure.sizes[layout][1]:g}">{drawing}</div>'
        for layout, drawing in drawings.items()
    )
    bounded = any(isinstance(control, Slider) and control.at_most for control in figure.controls.values())
    parts = [
        f'<p class="lf-kicker">{escape(figure.kicker)}</p>' if figure.kicker else "",
        f'<p class="lf-title" id="@@title">{escape(figure.title)}</p>',
        f'<p class="lf-finding">{escape(fill(figure.finding, values))}</p>' if figure.finding else "",
        _presets(figure),
        _guess(figure.guess) if figure.guess else "",
        f'<div class="lf-controls">{_controls(figure, values)}</div>',
        f'<div class="lf-drawing" role="img" aria-label="{escape(text)}">{pictures}</div>',
        _readouts(figure, values),
        "".join(_goal(figure, k, values) for k in range(len(figure.goals))),
        _onward(figure, values),
        f'<p class="lf-message{" lf-kept" if bounded else ""}" role="alert" hidden></p>',
        '<div class="lf-foot"><button type="button" data-action="reset">Reset</button>'
        '<button type="button" data-action="link">Copy link</button>'
        '<button type="button" data-action="explore" data-opens="Explore" aria-expanded="false">Explore</button>'
        f'{BRING if figure.takes else ""}'
        f"{_note(figure, values)}</div>",
        '<p class="lf-announce" role="status"></p>',
    ]
    return "".join(parts)


def _note(figure, values: dict) -> str:
    room = f' data-room="{escape(max(figure.note, EXTRAPOLATED, key=len))}"' if figure.extrapolated else ""
    return f'<span class="lf-beside"{room}><span class="lf-note">{EXTRAPOLATED if values.get(figure.extrapolated) else escape(figure.note)}</span></span>'


def _presets(figure) -> str:
    if not figure.presets:
        return ""
    pills = "".join(
        f'<button type="button" data-preset="{i}" aria-pressed="false">{escape(label)}</button>'
        for i, label in enumerate(figure.presets)
    )
    return f'<div class="lf-presets" role="group" aria-label="Presets">{pills}</div>'


def _controls(figure, values: dict) -> str:
    shown = [_control(key, c, values) for key, c in figure.controls.items() if not c.folded]
    folds: dict[str, list[str]] = {}
    for key, control in figure.controls.items():
        if control.folded:
            folds.setdefault(MORE if control.folded is True else control.folded, []).append(_control(key, control, values))
    more = "".join(f'<details class="lf-more"><summary>{escape(title)}</summary><div>{"".join(inside)}</div></details>' for title, inside in folds.items())
    return "".join(shown) + (f'{more}<p class="lf-set" hidden></p>' if more else "")


def _control(key: str, control, values: dict) -> str:
    name, label = escape(key), escape(control.label)
    off = " disabled" if control.enabled and not values[control.enabled] else ""
    if isinstance(control, Choice):
        options = "".join(
            f'<option value="{escape(option)}"{" selected" if option == control.value else ""}>{escape(option)}</option>' for option in control.records
        )
        return (
            f'<div class="lf-control lf-choice"><label for="@@{name}">{label}</label>'
            f'<select id="@@{name}" name="{name}" autocomplete="off"{off}>{options}</select></div>'
        )
    if isinstance(control, Switch):
        checked = " checked" if control.value else ""
        return (
            f'<div class="lf-control lf-switch"><label for="@@{name}">{label}</label>'
            f'<input type="checkbox" role="switch" id="@@{name}" name="{name}"{checked}{off}></div>'
        )
    return _slider(name, label, control, off)


def _slider(name: str, label: str, control: Slider, off: str) -> str:
    shown = format_number(control.value / control.scale, control.format)
    unit = f'<span class="lf-unit" id="@@{name}-unit">{escape(control.unit)}</span>' if control.unit else ""
    described = f' aria-describedby="@@{name}-unit"' if unit else ""
    plays = f'<button type="button" class="lf-play" data-action="play" aria-pressed="false" aria-label="Play: {label}"{off}></button>' if control.plays else ""
    return (
        f'<div class="lf-control lf-slider{" lf-plays" if plays else ""}"><label for="@@{name}">{label}</label>'
        f'<span class="lf-typed"><input type="text" inputmode="decimal" id="@@{name}-box" name="{name}" value="{shown}" '
        f'aria-label="{label}"{described} autocomplete="off" spellcheck="false"{off}>{unit}</span>{plays}'
        f'<input type="range" id="@@{name}" name="{name}" min="0" max="{control.count()}" step="1" autocomplete="off"{off}>'
        f'<p class="lf-error" id="@@{name}-error" role="alert" hidden></p></div>'
    )


def _readouts(figure, values: dict) -> str:
    """The first few numbers; the others fold away as the figure comes to life. Without script nothing is folded."""
    each = [_readout(figure, readout, values) for readout in figure.readouts]
    shown, rest = each[:SHOWN], each[SHOWN:]
    columns = {1: 1, 2: 2, 4: 2 if figure.uncertainty else 4}.get(len(shown), 3)  # a range beside a number needs room
    more = f'<details class="lf-rest" open><summary>More numbers</summary><div>{"".join(rest)}</div></details>' if rest else ""
    return f'<div class="lf-readouts" style="--lf-columns:{columns}">{"".join(shown)}{more}</div>'


def _readout(figure, readout, values: dict) -> str:
    value = values[readout.output]
    unit = f'<span class="lf-unit">{escape(readout.unit)}</span>' if readout.unit else ""
    beyond = value > readout.limit
    room = max(readout.label, readout.beyond, key=len)  # so that nothing below moves when one follows the other
    return (
        f'<p class="lf-readout lf-{escape(readout.role)}{" lf-beyond" if beyond else ""}">'
        f'<output name="{escape(readout.output)}" data-value="{value if math.isfinite(value) else ""}" aria-live="off">'
        f'<span class="lf-number">{format_number(value, readout.format)}</span>{_range(figure, readout, values)}{unit}</output>'
        f'<span class="lf-label" data-room="{escape(room)}"><span>{escape(readout.beyond if beyond else readout.label)}</span></span></p>'
    )


def _range(figure, readout, values: dict) -> str:
    """Where an uncertain number most probably lies."""
    ends = [f"{end}.{readout.output}" for end in ("low", "high")]
    if not values.keys() >= {*ends}:
        return ""
    low, high = (format_number(values[end], readout.format) for end in ends)
    text = EXTRAPOLATED if values.get(figure.extrapolated) else f"{low} to {high}" if low != high else ""
    return f'<span class="lf-range">{text and f"({text})"}</span>'


def _guess(guess) -> str:
    return (
        f'<div class="lf-guess" hidden><label for="@@guess">{escape(guess.prompt)}</label>'
        '<div><input type="range" id="@@guess" min="0" max="200" step="1" autocomplete="off"><b></b></div>'
        '<div><button type="button" data-action="reveal">Show me</button>'
        '<button type="button" data-action="skip">Skip</button></div></div>'
        '<p class="lf-guessed" role="status" tabindex="-1" hidden></p>'
    )


def _onward(figure, values: dict) -> str:
    """Links to other figures in the same state."""
    if not figure.onward:
        return ""
    links = "".join(f'<li><a href="{escape(link.address)}?{escape(link.query(values))}">{escape(link.label)}</a></li>' for link in figure.onward)
    return f'<details class="lf-more lf-onward"><summary>{ONWARD}</summary><ul>{links}</ul></details>'


def _goal(figure, k: int, values: dict) -> str:
    """A challenge, and whether it is reached; without script an exercise with its solution."""
    wanted, solution = figure.goals[k], figure.solutions[k]
    reached = values[goal.outputs(figure.goals)[k]] > 0
    settings = " · ".join(f"{figure.controls[name].label} {figure.controls[name].written(value)}" for name, value in solution.items())
    return (
        f'<div class="lf-goal{" lf-won" if reached else ""}"><p class="lf-task"><span class="lf-state" data-open="{OPEN}" data-won="{WON}"><b>{WON if reached else OPEN}</b></span> {escape(wanted.task)}</p>'
        f"<details><summary>Hint</summary><p>{escape(wanted.hint)}</p></details>"
        f'<details><summary>A solution</summary><p><a href="{escape(goal.link(figure.name, solution, figure.defaults))}" data-goal="{k}">{escape(settings)}</a></p></details></div>'
    )
