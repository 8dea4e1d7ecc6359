// Filter, sort and search for the ledger: without this script the table is there, whole and in its order.
{
  const table = document.querySelector("table.ledger");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const part = (row, prefix) => [...row.classList].find((name) => name.startsWith(prefix)).slice(prefix.length);
  const field = (label, control) => {
    const holder = document.createElement("label");
    control.name = label.toLowerCase();
    holder.append(label, control);
    return holder;
  };
  const choice = (options) => {
    const select = document.createElement("select");
    for (const [value, name] of options) select.add(new Option(name, value));
    return select;
  };
  const kinds = (prefix) => [...new Set(rows.map((row) => part(row, prefix)))];
  const publisher = (source) => rows.find((row) => part(row, "of-") === source).querySelector("a.external").textContent;

  const words = Object.assign(document.createElement("input"), { type: "search" });
  const source = choice([["", "all five"], ...kinds("of-").map((kind) => [kind, publisher(kind)])]);
  const verdict = choice([["", "all"], ...kinds("is-").map((kind) => [kind, kind.replaceAll("-", " ")])]);
  const order = choice([["", "as in the texts"], ["rank-", "farthest off first"], ["is-", "verdict"]]);
  const count = document.createElement("output");
  const tools = document.createElement("form");
  tools.className = "ledger-tools";
  tools.append(field("Search", words), field("Text", source), field("Verdict", verdict), field("Order", order), count);
  tools.addEventListener("submit", (event) => event.preventDefault());

  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/);
    for (const row of rows)
      row.hidden = !(wanted.every((word) => text.get(row).includes(word)) && row.matches(`[class*="of-${source.value}"]`) && (!verdict.value || part(row, "is-") === verdict.value));
    const key = { "rank-": (row) => +part(row, "rank-"), "is-": (row) => part(row, "is-") }[order.value];
    const sorted = key ? [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)) : rows;
    body.append(...sorted);
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  };
  const follow = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !rows.includes(row) || !row.hidden) return;
    words.value = source.value = verdict.value = "";
    show();
    row.scrollIntoView();
  };
  tools.addEventListener("input", show);
  addEventListener("hashchange", follow);
  (table.closest(".pst-scrollable-table-container") ?? table).before(tools);
  show();
}
