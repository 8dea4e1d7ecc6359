"""The build's own record (.buildinfo, which is published with the pages) is the same wherever the packages lie.

Sphinx keeps a hash of all settings in it, and the theme adds its templates to them by their whole path.
"""

import sys
from pathlib import Path


def without_place(path: str) -> str:
    """A template's path as Python would import it; one that no package brings stays as it is."""
    for place in sorted({Path(entry).resolve() for entry in sys.path}, key=lambda place: -len(place.parts)):
        if Path(path).is_relative_to(place):
            return Path(path).relative_to(place).as_posix()
    return str(path)


def record(app):
    if app.builder.format == "html":
        found = app.config.templates_path
        app.config.templates_path = [without_place(path) for path in found]
        app.builder.build_info = app.builder.create_build_info()
        app.config.templates_path = found


def setup(app):
    app.connect("builder-inited", record, priority=1)  # before extensions add folders of their own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
