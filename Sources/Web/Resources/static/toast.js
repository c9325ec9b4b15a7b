// Short messages at the corner; read out by screen readers through the container's live region.

/** @param {"info"|"ok"|"bad"} kind @param {string} text */
export function toast(kind, text) {
  const box = document.getElementById("toasts");
  if (!box) return;
  const note = document.createElement("div");
  note.className = `toast ${kind}`;
  const line = document.createElement("p");
  line.textContent = text;
  note.append(line);
  box.append(note);
  while (box.children.length > 4) box.firstElementChild?.remove();
  setTimeout(() => note.remove(), kind === "bad" ? 9000 : 4000);
}
