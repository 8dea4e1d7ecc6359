"""What the panel says of a file that was not read. Its reader is the test's own: what files hold is tried elsewhere."""

import pytest

TAKE = """async (name) => {
    const said = [], { Bring } = livefigure.later, readers = livefigure.later.readers;
    const panel = { toggle() {}, stop() {}, say: (text) => said.push(text), answer: { replaceChildren() {} }, bar: {}, reading: {} };
    livefigure.later.readers = async () => ({ readFile: async () => { throw Object.assign(new Error("line 3 is odd"), { name }); } });
    await Bring.prototype.take.call(panel, new File([""], ""));
    livefigure.later.readers = readers;
    return [said.at(-1), panel.reading.hidden];
}"""


@pytest.mark.parametrize(
    "problem, said",
    [
        ("Unreadable", "Not read: line 3 is odd"),
        ("AbortError", "Stopped; nothing was changed."),
        ("NotReadableError", "The file could not be read (NotReadableError). Choose it again, or paste its text."),
    ],
)
def test_a_reader_hears_why(problem, said, examples):
    """What is wrong in the file, that he has stopped it himself, or what the browser calls what went wrong on the disk."""
    assert examples.evaluate(TAKE, problem) == [said, True]
