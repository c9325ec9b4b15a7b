// Sends a table as it is and opens the page on which its columns are looked at.
import { api } from "./api.js";

document.getElementById("import-form")?.addEventListener("submit", async event => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const input = /** @type {HTMLInputElement} */ (document.getElementById("file")), file = input.files?.[0];
  const button = form.querySelector("button");
  if (!file || !button || button.disabled) return;
  button.disabled = true;
  const query = new URLSearchParams({ category: String(new FormData(form).get("category")), name: file.name });
  try {
    const raw = new Blob([file], { type: "application/octet-stream" });
    const job = await api("POST", `/api/v1/imports?${query}`, { raw, timeoutMs: 300000 });
    location.assign(`/registry/imports/${encodeURIComponent(job.id)}`);
  } catch { button.disabled = false; /* the toast says why */ }
});
