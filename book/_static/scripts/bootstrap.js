// The theme's Bootstrap opens menus and shows the names of buttons. It comes when a reader first points at one or reaches it by keys.
{
  const whole = `${document.documentElement.dataset.content_root}_static/scripts/bootstrap-whole.js`;
  const AT = "[data-bs-toggle]";
  let pressed = null; // while it is on its way
  const press = ({ target }) => (pressed = target.closest(AT));
  const ask = ({ target }) => {
    if (!target.closest?.(AT)) return;
    for (const event of ["pointerover", "focusin"]) removeEventListener(event, ask);
    addEventListener("click", press);
    const came = () => (removeEventListener("click", press), pressed?.click());
    document.head.append(Object.assign(document.createElement("script"), { src: whole, onload: came }));
  };
  for (const event of ["pointerover", "focusin"]) addEventListener(event, ask);
}
