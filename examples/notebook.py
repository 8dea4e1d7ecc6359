"""A marimo notebook: `marimo edit examples/notebook.py`. The figure's values are Python's, too, and cells that read them follow."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import pendulum

    return mo, pendulum


@app.cell
def _(mo, pendulum):
    swinging = mo.ui.anywidget(pendulum.figure())
    swinging
    return (swinging,)


@app.cell
def _(mo, swinging):
    mo.md(f"A clock with this pendulum ticks {60 / swinging.outputs['period'] * 2:.1f} times a minute.")
    return


if __name__ == "__main__":
    app.run()
