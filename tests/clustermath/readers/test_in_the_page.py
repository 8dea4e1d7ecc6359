"""The page's readers against Python's, on the same files: the same records and the same words."""

import random

import pytest
from clustermath.readers.page import script

from .conftest import difference, python_reads
from .examples import AS_BYTES, CONFIGS, LOGS, OTHERS, TEXTS
from .test_broken_files import damaged
from .test_logs import megatron, mlperf

# Each text as a reader pastes it and as a file that is chosen, which is read in slices.
FILES = {name: text + "\n" for name, text in TEXTS.items()} | {f"{name} as a file": text.encode() for name, text in TEXTS.items()} | AS_BYTES


@pytest.fixture(scope="session")
def read_in_the_page(page_reads):
    """All of them at once: one crossing into the page."""
    return dict(zip(FILES, page_reads(FILES.values())))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_the_same(name, read_in_the_page):
    assert difference(read_in_the_page[name], python_reads(FILES[name])) == ""


def test_of_files_enough_are_read():
    assert len(TEXTS) > 120 and sum(isinstance(python_reads(text + "\n"), list) for text in TEXTS.values()) > 100


def damaged_files(count: int) -> list[str | bytes]:
    """Files of every format with a few of the things that happen to files; some are in another encoding, too."""
    rng = random.Random("broken in the page")
    formats = [[text for text in texts.values() if isinstance(python_reads(text + "\n"), list)] for texts in (CONFIGS, LOGS, OTHERS)]
    files = []
    for _ in range(count):
        file = damaged(rng, rng.choice(rng.choice(formats)))
        if isinstance(file, str) and rng.random() < 0.2:
            file = file.encode(rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "cp037"]), "replace")
        files.append(file)
    return files


def test_a_damaged_file_is_read_or_refused_alike(page_reads):
    """Two thousand in one page: each is read, or refused in the reader's own words, and Python does the same."""
    files = damaged_files(2_000)
    found, expected = page_reads(files), list(map(python_reads, files))
    assert [words for words in found if isinstance(words, str) and words.startswith("FAULT")] == []
    assert [words for words in found if isinstance(words, str) and not 15 < len(words) < 600] == []
    differ = [(words, file[:200]) for file, here, there in zip(files, found, expected) if (words := difference(here, there))]
    assert differ == []
    assert 200 < sum(isinstance(here, str) for here in found) < 1_800


# What no file may do ----------------------------------------------------------------------------------------------------------

LONG = """async ([size, line]) => {
    const piece = new Blob([line.repeat(Math.ceil(1e6 / line.length))]);
    const file = new File(Array(Math.ceil(size / piece.size)).fill(piece), "long.log");
    let [shares, turns, reading] = [[], 0, true];
    const tick = () => reading && (turns++, setTimeout(tick));
    tick();
    const found = await livefigureReaders.readFile(file, (share) => shares.push(share)).catch((error) => error.message);
    reading = false;
    return { size: file.size, shares, turns, found: found.message ?? found };
}"""
AFTERWARDS = """async ([head, first, second]) => {
    const rows = Array.from({ length: 2 ** 19 }, (_, i) => first + (2 ** 20 - i) + second + "\\n");
    let [share, turns, reading] = [0, 0, true];
    const tick = () => reading && ((turns += share === 1), setTimeout(tick));
    tick();
    const found = await livefigureReaders.readFile(new File([head, ...rows], "long"), (now) => (share = now));
    reading = false;
    return { format: found.format, turns };
}"""
STOPPED = """async (line) => {
    const file = new File([line.repeat(100000)], "long.log");
    const controller = new AbortController();
    return livefigureReaders.readFile(file, (share) => share > 0 && controller.abort(), controller.signal).then(() => "read", (error) => error.name);
}"""


def test_a_long_log_is_read_in_slices_while_the_page_lives(reading_page):
    """Eight megabytes: progress that never goes back and ends at 1, and turns for everything else in between."""
    told = reading_page.evaluate(LONG, [8e6, megatron(7, 2_000) + "\n"])
    assert told["shares"] == sorted(told["shares"]) and told["shares"][0] == 0 and told["shares"][-1] == 1 and len(told["shares"]) > 5
    assert told["turns"] > 5 and told["found"]["values"]["times"] == [2.0]


@pytest.mark.parametrize(
    "format, head, first, second",
    [
        ("power over time", "watts,seconds\n", "400,-", ""),
        ("nccl-tests", "", " 1024 256 float sum -1 ", " 67.6 118.3 0"),
        ("torchtitan log", "", "step: ", " loss: 7.1 tps: 5,762 mfu: 27.30%"),
        ("MLPerf log", '\n'.join(mlperf(False, blocks=1).splitlines()[:3]) + "\n", ':::MLLOG {"key": "block_start", "metadata": {"samples_count": 0}, "value": ', ', "time_ms": 0}\n:::MLLOG {"key": "block_stop", "metadata": {"samples_count": 1e9}, "time_ms": 9}'),
    ],
)
def test_what_follows_from_half_a_million_lines_leaves_the_page_its_turns_too(format, head, first, second, reading_page):
    """Sorting and adding come after the last line; steps that are told backwards have to be sorted."""
    told = reading_page.evaluate(AFTERWARDS, [head, first, second])
    assert told["format"] == format and told["turns"] > 2


def test_reading_can_be_stopped(reading_page):
    assert reading_page.evaluate(STOPPED, megatron(7, 2_000) + "\n") == "AbortError"


@pytest.mark.parametrize(
    "size, line, words",
    [
        (201e6, "x" * 999 + "\n", "the file has 201 MB; files of up to 200 MB are read."),
        (10e6, '{"a": [', "a config of up to 4 MB was expected"),
        (3e6, '{"a": [', "brackets are nested more than 50 deep"),
        (3e6, '{"\\"', "JSON was expected: line 1, column 7: expecting ':' delimiter"),
        (4e6, "step: 1 loss: ", "none of the known formats fits"),
        (4e6, "<p>", "none of the known formats fits"),
    ],
)
def test_a_hostile_file_takes_no_time_and_is_refused(size, line, words, reading_page):
    assert reading_page.evaluate(LONG, [size, line])["found"].startswith(words)


def test_the_script_sends_keeps_and_shows_nothing():
    """It has no way to: no request, no store, no element, no evaluation; its only name is the one that it sets."""
    source = script()
    code = source[source.index("\n", source.index("const TABLE")) :]
    for way in ("fetch", "XMLHttp", "sendBeacon", "WebSocket", "localStorage", "sessionStorage", "indexedDB", "cookie", "document", "innerHTML", "eval(", "Function(", "import("):
        assert way not in code, way
    assert code.count("globalThis.") == 1
