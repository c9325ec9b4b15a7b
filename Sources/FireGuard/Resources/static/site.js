// The page of a site: uploading the floor plan, placing detectors on it, phones in full for a purpose.
import { api, post } from "./api.js";

const site = /** @type {HTMLElement} */ (document.querySelector("[data-site]"));
const address = `/api/v1/sites/${encodeURIComponent(site.dataset.site ?? "")}`;

document.getElementById("plan-file")?.addEventListener("change", async event => {
  const input = /** @type {HTMLInputElement} */ (event.target), file = input.files?.[0];
  input.value = "";
  if (!file) return;
  try { await api("PUT", `${address}/plan`, { raw: file, timeoutMs: 60000 }); location.reload(); } catch { /* the toast says why */ }
});

/** @type {HTMLElement|null} */
let placing = null;
document.addEventListener("click", async event => {
  const target = event.target instanceof Element ? event.target : null, plan = document.getElementById("plan");
  const button = target?.closest("[data-place]");
  if (button instanceof HTMLElement && plan) {
    placing?.setAttribute("aria-pressed", "false");
    placing = placing === button ? null : button;
    placing?.setAttribute("aria-pressed", "true");
    plan.classList.toggle("placing", placing !== null);
    if (placing) plan.scrollIntoView({ block: "nearest" });
    return;
  }
  if (!placing || !plan || !target?.closest("#plan")) return;
  const box = plan.getBoundingClientRect();
  const x = Math.round(1000 * (event.clientX - box.left) / box.width), y = Math.round(1000 * (event.clientY - box.top) / box.height);
  const id = placing.dataset.place ?? "";
  try { await api("PUT", `/api/v1/detectors/${encodeURIComponent(id)}/plan`, { body: { x, y } }); location.reload(); } catch { /* the toast says why */ }
});

document.getElementById("unmask-form")?.addEventListener("submit", async event => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target), list = document.getElementById("contacts");
  try {
    const found = await post(`${address}/contacts`, { purpose: new FormData(form).get("purpose") });
    const rows = [{ name: found.ownerName, phone: found.ownerPhone }, ...(found.keyHolders ?? [])];
    list?.replaceChildren(...rows.filter(row => row.phone).flatMap(row => {
      const name = document.createElement("dt"), value = document.createElement("dd"), link = document.createElement("a");
      name.textContent = row.name;
      link.href = `tel:${row.phone}`;
      link.textContent = row.phone;
      value.append(link);
      return [name, value];
    }));
  } catch { /* the toast says why */ }
});
