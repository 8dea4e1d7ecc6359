"""What no page asks for is not published: maps for debuggers, translations, templates, fonts in an old format beside the new."""

import shutil
from pathlib import Path

NEEDLESS = ("**/*.map", "**/locales", "**/*macros.html", "vendor/fontawesome/webfonts/*.ttf")


def remove(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in [path for pattern in NEEDLESS for path in static.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def setup(app):
    app.connect("build-finished", remove, priority=930)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
