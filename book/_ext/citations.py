"""Sources of one author and year are told apart by a letter: NVIDIA, 2024a, in the text and in the lists alike."""

from collections import defaultdict

from pybtex.plugin import find_plugin, register_plugin
from pybtex.style.formatting import BaseStyle

# What citations are formatted with, by group; for each of them, pybtex would look through all installed packages again.
PLUGINS = {
    "pybtex.backends": ("docutils", "plaintext"),
    "pybtex.style.formatting": ("alpha", "unsrt"),
    "pybtex.style.labels": ("alpha", "number"),
    "pybtex.style.names": ("last", "plain"),
    "pybtex.style.sorting": ("author_year_title", "none"),
}


PLAIN = BaseStyle.format_entry


def author(entry) -> tuple[str, ...]:
    return tuple(str(person) for person in entry.persons.get("author", ())[:2])


def tell_apart(app, env, docnames):
    """Give the letters in the order of titles, once: what has one already keeps it."""
    groups = defaultdict(list)
    for entry in env.get_domain("cite").bibdata.data.entries.values():
        groups[author(entry), entry.fields.get("year", "")[:4]].append(entry)
    for (_, year), entries in groups.items():
        if year.isdigit() and len(entries) > 1:
            for letter, entry in zip("abcdefghijklmnopqrstuvwxyz", sorted(entries, key=lambda entry: entry.fields["title"]), strict=False):
                entry.fields["year"] = year + letter


def once(format_entry, earlier: dict, now: dict):
    """`format_entry` of a style, which takes from `earlier` what the last build formatted and notes in `now` what this one did.

    Every build formats all entries of all lists, and once more for tooltips: a tenth of what a build after a sentence takes.
    """

    def formatted(style, label, entry, bib_data=None):
        key = type(style).__name__, label, repr(entry)
        if key not in now:
            now[key] = earlier[key] if key in earlier else format_entry(style, label, entry, bib_data)
        return now[key]

    return formatted


def format_once(app, env, docnames):
    earlier, env.formatted_entries = getattr(env, "formatted_entries", {}), {}
    BaseStyle.format_entry = once(PLAIN, earlier, env.formatted_entries)


def setup(app):
    for group, names in PLUGINS.items():
        for name in names:
            register_plugin(group, name, find_plugin(group, name), force=True)
    app.connect("env-before-read-docs", tell_apart)
    app.connect("env-before-read-docs", format_once)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
