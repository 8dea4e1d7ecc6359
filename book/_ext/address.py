"""The one setting for where the book lives: `book_repository` in `_config.yml`.

Empty, nothing on a page points anywhere: no launch buttons, no edit links, no link previews, no sitemap.
Set to https://github.com/OWNER/NAME, all of them appear, for the site at OWNER's GitHub Pages.
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from sphinx.errors import ConfigError

from .wheel import wheel_requirements

PUBLISHED_BRANCH = "gh-pages"  # where the workflow puts the built site, exported notebooks included
BINDER_PYTHON = "python-3.13"
PREVIEW = "live-figure.png"  # the picture in _static that a link to a published book is shown with


def owner_and_name(repository: str) -> tuple[str, str]:
    """("OWNER", "NAME") of https://github.com/OWNER/NAME."""
    address = urlsplit(repository)
    parts = address.path.strip("/").removesuffix(".git").split("/")
    if address.scheme != "https" or address.netloc != "github.com" or len(parts) != 2 or not all(parts):
        raise ConfigError(f"book_repository is {repository!r}; it must be empty or https://github.com/OWNER/NAME")
    return parts[0], parts[1]


def site_address(repository: str) -> str:
    """Address of the published book, with a slash at the end."""
    owner, name = owner_and_name(repository)
    return f"https://{owner.lower()}.github.io/{name}/"


def notebook_links(repository: str, page: str) -> list[dict]:
    """Buttons that open a page's notebook elsewhere."""
    owner, name = owner_and_name(repository)
    notebook = f"notebooks/{page.removeprefix('book/')}.ipynb"
    links = {
        "Binder": f"https://mybinder.org/v2/gh/{owner}/{name}/{PUBLISHED_BRANCH}?urlpath={quote(f'lab/tree/{notebook}', safe='')}",
        "Colab": f"https://colab.research.google.com/github/{owner}/{name}/blob/{PUBLISHED_BRANCH}/{notebook}",
    }
    return [{"type": "link", "text": host, "tooltip": f"Open on {host}", "url": url} for host, url in links.items()]


def configure(app, config):
    """Tell the theme, the sitemap and the link previews."""
    repository = config.book_repository.removesuffix("/")
    config.html_baseurl = config.ogp_site_url = site_address(repository)
    config.ogp_social_cards = {"enable": False}  # the picture is the machine itself, by tools/picture.py
    config.ogp_image = f"_static/{PREVIEW}"
    config.ogp_image_alt = (
        "A whole cluster, drawn: its GPUs as squares coloured by what their time goes into, the switches above them, "
        "the power plant beside them, and the days of the run"
    )
    config.sitemap_url_scheme = "{link}"
    config.html_theme_options |= {"repository_url": repository, "use_repository_button": True, "use_edit_page_button": True}


def add_launch_buttons(app, pagename, templatename, context, doctree):
    if "kernelspec" in (context.get("meta") or {}):
        buttons = notebook_links(app.config.book_repository, pagename)
        context["header_buttons"].append(
            {"type": "group", "tooltip": "Run this chapter", "icon": "fas fa-rocket", "label": "launch-buttons", "buttons": buttons}
        )


def describe_environment(app, exception):
    """What Binder puts beside the published notebooks."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / ".binder"
        folder.mkdir(exist_ok=True)
        packages = ["jupyterlab", *wheel_requirements(Path(app.srcdir) / "book")]
        (folder / "requirements.txt").write_text("\n".join(packages) + "\n", encoding="utf-8")
        (folder / "runtime.txt").write_text(BINDER_PYTHON + "\n", encoding="utf-8")


def setup(app):
    app.add_config_value("book_repository", "", "env", types=str)
    if app.config.book_repository:
        app.setup_extension("sphinxext.opengraph")
        app.setup_extension("sphinx_sitemap")
        app.connect("config-inited", configure, priority=100)  # before the theme reads its options
        app.connect("build-finished", describe_environment)
        app.connect("html-page-context", add_launch_buttons, priority=600)  # after the theme has made the list
    return {"parallel_read_safe": True, "parallel_write_safe": True}
