// A canned answer goes into the field below it at a click; it can then be changed.
document.addEventListener("click", event => {
  const line = event.target instanceof Element ? event.target.closest(".canned li") : null;
  const field = line?.closest("form")?.querySelector("textarea");
  if (line && field) { field.value = line.textContent ?? ""; field.focus(); }
});
