// A formula stops the tab key only where it is wider than its column, so that arrows can scroll it.
{
  const formulas = [...document.querySelectorAll("div.math")];
  const stop = () => {
    for (const formula of formulas) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", stop);
  document.fonts.ready.then(stop);
}
