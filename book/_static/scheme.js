// The theme resolves "auto" at the end of the page: a reader who prefers dark would see a flash of light before.
if (document.documentElement.dataset.theme === "auto")
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
