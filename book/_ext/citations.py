"""Sources of one author and year are told apart by a letter: NVIDIA, 2024a, in the text and in the lists alike."""

from collections import defaultdict

from pybtex.plugin import find_plugin, register_plugin

# What citations are formatted with, by group; for each of them, pybtex would look through all installed packages again.
PLUGINS = {
    "pybtex.backends": ("docutils", "plaintext"),
    "pybtex.style.formatting": ("unsrt",),
    "pybtex.style.labels": ("number",),
    "pybtex.style.names": ("plain",),
    "pybtex.style.sorting": ("none",),
}


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


def setup(app):
    for group, names in PLUGINS.items():
        for name in names:
            register_plugin(group, name, find_plugin(group, name), force=True)
    app.connect("env-before-read-docs", tell_apart)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
