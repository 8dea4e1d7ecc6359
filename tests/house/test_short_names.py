"""Scripts with short names do what they did."""

import pytest
from _ext.short_names import minified, with_short_names

# (what is tried, a program as the body of a function that returns something)
PROGRAMS = {
    "shadows": "const value = 1; { const value = 2; { let value = 3; value++; seen.push(value); } seen.push(value); } seen.push(value);",
    "parameters": "const size = 5; const area = (size, { width = size, height: [tall, low = tall] = [2] } = {}, ...others) => [size, width, tall, low, others]; seen.push(area(3), area(1, { width: 4, height: [7, 8] }, 9), size);",
    "shorthand": "const width = 2, height = 3; const { width: wide, ...rest } = { width, height, [`${width}x`]: height }; seen.push(wide, rest, { wide, rest });",
    "assigned": "let first = 1, second = 2; [first, second] = [second, first]; let third; ({ third = second } = {}); seen.push(first, second, third);",
    "functions before they stand": "seen.push(twice(4)); function twice(number) { return number ? 2 + twice(number - 1) : 0; } const named = function again(n) { return n ? again(n - 1) : typeof again; }; seen.push(named(2));",
    "classes": "class Base { static count = 1; #hidden = 6; count() { return this.#hidden; } } class Derived extends Base { count() { return super.count() + Derived.count; } } const Alias = class Inner { static own() { return Inner === Alias; } }; seen.push(new Derived().count(), Alias.own());",
    "loops": "const numbers = [1, 2]; for (let i = 0, numbers = 3; i < numbers; i++) seen.push(() => i + numbers); for (const { length } of ['ab', 'c']) seen.push(length); for (const key in { one: 1 }) seen.push(key); let index; for (index of numbers) seen.push(index); outer: for (;;) { for (;;) break outer; }",
    "errors and choices": "try { throw new TypeError('lost'); } catch ({ name, message: said }) { seen.push(name, said); } switch (2) { case 2: { const name = 'two'; seen.push(name); } default: const name = 'any'; seen.push(name); }",
    "caught": "try { null.lost; } catch (error) { const found = error instanceof TypeError; try { throw found; } catch (again) { seen.push(again); } } try { missing; } catch { const found = 3; seen.push(found); }",
    "what others know": "const own = globalThis.document ? document.nodeType : 0; const length = [own].map(String).length; { const document = { nodeType: 'mine' }; seen.push(document.nodeType); } seen.push(own, length, typeof nothing, Math.max(own, length), `${own}${`${length}`}`, /own/.test('own'));",
    "many": "".join(f"const long{i} = {i}; " for i in range(120)) + "seen.push(" + " + ".join(f"long{i}" for i in range(120)) + ");",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(browser):
    """What each program returns, as it is written and with short names."""
    page = browser.new_page()
    yield lambda script: page.evaluate(f"JSON.stringify({script}.map((x) => (typeof x === 'function' ? x() : x)))")
    page.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_script_with_short_names_does_the_same(name, results):
    script = f"(() => {{ const seen = []; {PROGRAMS[name]} return seen; }})()"
    shorter = minified(script)
    assert results(shorter) == results(script) != "[]"
    assert len(shorter) < len(script) and "seen" not in shorter


def test_what_is_seen_from_outside_keeps_its_name():
    script = 'const shared = 1; function known(given) { return given.length + shared; }\nwindow["key"] = { given: known };'
    assert with_short_names(script) == script.replace("(given)", "(a)").replace("given.length", "a.length")


def test_the_name_that_is_used_most_is_the_shortest():
    names = [f"name{i}" for i in range(60)]
    script = f"(() => {{ let {', '.join(names)}; return name57 + name57 + name57; }})()"
    assert "return a + a + a;" in with_short_names(script)


@pytest.mark.parametrize("script", ["(() => { const value = 1 ?? ; })()", "(() => { if (now) { var value = 1; } return value; })()", "(() => { for (var value of all) now = value; return value; })()"])
def test_a_script_whose_names_are_not_all_understood_stays_as_it_is(script):
    assert with_short_names(script) == script
