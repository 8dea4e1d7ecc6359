// A button that copies a block of code. Where a browser lets no page copy, there is none.
if (navigator.clipboard)
  for (const code of document.querySelectorAll("div.highlight > pre")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copybtn", textContent: "Copy" });
    const say = (text) => ((button.textContent = text), setTimeout(() => (button.textContent = "Copy"), 1600));
    button.addEventListener("click", () => navigator.clipboard.writeText(code.textContent).then(() => say("Copied"), () => say("Not allowed here")));
    code.after(button);
  }
