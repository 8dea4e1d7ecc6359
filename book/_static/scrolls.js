// What is wider than its column stops the tab key, so that arrows can scroll it. The theme asks each such element by itself
// as the page comes, and again after every change of it, for which all of the page is laid out: _ext/one_script.py leaves that out.
{
  const seen = new ResizeObserver((changes) => {
    const wide = changes.map(({ target }) => [target, target.scrollWidth > target.clientWidth]); // all read before one is changed
    for (const [element, scrolls] of wide) {
      if (scrolls) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  });
  document.fonts.ready.then(() => document.querySelectorAll("div.math, pre, .pst-scrollable-table-container").forEach((element) => seen.observe(element)));
}
