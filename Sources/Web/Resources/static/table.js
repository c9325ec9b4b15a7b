// Lists: rows that are links, filters that apply when changed, and the next page under the last one. All of it works
// without this script by plain links and buttons.
document.addEventListener("click", event => {
  const target = event.target instanceof Element ? event.target : null;
  const row = target?.closest("tr[data-href]");
  if (row && !target?.closest("a, button, input, select, label") && !String(getSelection())) {
    const address = row.getAttribute("data-href") ?? "";
    if (event.ctrlKey || event.metaKey) open(address); else location.assign(address);
  }
  const more = target?.closest("a[data-more]");
  if (more instanceof HTMLAnchorElement) { event.preventDefault(); append(more); }
});

document.addEventListener("change", event => {
  const target = event.target;
  if (target instanceof HTMLElement && target.matches("form.filters select, form.filters input[type=date], form.filters input[type=checkbox]")) {
    target.closest("form")?.requestSubmit();
  }
});

// Empty filters stay out of the address.
document.addEventListener("formdata", event => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form.filters")) return;
  for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
});

/** @param {HTMLAnchorElement} link */
async function append(link) {
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const id = link.dataset.more ?? "";
    const rows = page.getElementById(id)?.children ?? [];
    const body = document.getElementById(id);
    const first = rows[0];
    body?.append(...rows);
    const next = page.querySelector(`a[data-more="${CSS.escape(id)}"]`);
    if (next instanceof HTMLAnchorElement) link.setAttribute("href", next.getAttribute("href") ?? "");
    else link.closest(".more")?.remove();
    first?.querySelector("a")?.focus();
  } catch { location.assign(link.href); } finally { link.removeAttribute("aria-busy"); }
}
