// What every page has: the clock, menus, dialogs, ticking times, islands that renew themselves when something happens.
import { get } from "./api.js";
import { clockTime, date, now, since, word } from "./text.js";
import "./live.js";
import "./table.js";

const clock = document.getElementById("clock");
function tick() {
  if (clock) {
    const at = now();
    clock.innerHTML = `<small>${date(at)}</small>${clockTime(at)}`;
  }
  for (const element of document.querySelectorAll("time[data-since]")) {
    element.textContent = since(element.getAttribute("datetime") ?? "");
  }
}
tick();
setInterval(tick, 1000);

// Preferences come back to the page they were set on.
for (const input of document.querySelectorAll("form[action='/preferences'] input[name=next]")) {
  if (input instanceof HTMLInputElement && !input.value) input.value = location.pathname + location.search;
}

document.addEventListener("click", event => {
  const target = event.target instanceof Element ? event.target : null;
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.removeAttribute("open");
  const opener = target?.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-dialog") ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }
  if (target?.closest("[data-close]")) target.closest("dialog")?.close();
  if (target?.matches("[data-print]")) window.print();
});
document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  open?.removeAttribute("open");
  open?.querySelector("summary")?.focus();
});

// A form is sent once: a second press of an impatient finger does nothing.
document.addEventListener("submit", event => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  const question = form.dataset.confirm;
  if (question && !form.dataset.confirmed) { event.preventDefault(); confirmThen(form, question, event.submitter); return; }
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});

/** @param {HTMLFormElement} form @param {string} question @param {HTMLElement|null} submitter */
function confirmThen(form, question, submitter) {
  const dialog = document.createElement("dialog");
  dialog.innerHTML = `<div class="box"><div class="body"><p></p></div><footer><button class="button" data-close></button><button class="button danger"></button></footer></div>`;
  const [text, no, yes] = dialog.querySelectorAll("p, button");
  text.textContent = question;
  no.textContent = word("cancel");
  yes.textContent = submitter?.textContent?.trim() || word("confirm");
  yes.addEventListener("click", () => { form.dataset.confirmed = "1"; dialog.close(); form.requestSubmit(submitter); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// Islands: <div id="…" data-live="case. task."> is fetched again when an event of such a type arrives.
/** @type {Set<string>} */
const due = new Set();
let pending = 0, renewing = false;
/** @param {Element} island */
function busy(island) {
  return island.querySelector("dialog[open]") || island.querySelector("form[data-dirty]") ||
    (document.activeElement?.matches("input, textarea, select") && island.contains(document.activeElement));
}
/** The first event starts the wait and later ones do not lengthen it, so that a storm cannot keep a page old. @param {(island: Element) => boolean} wanted */
function renewSoon(wanted) {
  for (const island of document.querySelectorAll("[data-live]")) if (wanted(island)) due.add(island.id);
  if (due.size && !pending) pending = setTimeout(renew, 400);
}
/** @param {Element} island @param {{type: string, subject: string, data: any}} event */
function concerns(island, { type, subject: about, data }) {
  const subject = island.getAttribute("data-live-subject");
  if (subject && about !== subject && data.subject !== subject && `cases/${data.caseId}` !== subject && `sites/${data.siteId}` !== subject) return false;
  return (island.getAttribute("data-live") ?? "").split(" ").some(prefix => prefix && type.startsWith(prefix));
}
async function renew() {
  pending = 0;
  if (renewing) { pending = setTimeout(renew, 400); return; }
  const ids = [...due];
  due.clear();
  renewing = true;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ids) {
      const island = document.getElementById(id), next = fresh.getElementById(id);
      if (!island || !next || island.innerHTML === next.innerHTML) continue;
      if (busy(island)) tellStale();
      else island.replaceChildren(...next.childNodes);
    }
    window.dispatchEvent(new CustomEvent("zhili:renewed"));
  } catch { /* the connection banner speaks for this */ } finally { renewing = false; }
}
document.addEventListener("input", event => { if (event.target instanceof Element) event.target.closest("form")?.setAttribute("data-dirty", ""); });
function tellStale() {
  if (document.getElementById("stale")) return;
  const bar = document.createElement("div");
  bar.id = "stale";
  bar.className = "flash warn";
  bar.setAttribute("role", "status");
  bar.innerHTML = `<span></span><a class="button small"></a>`;
  const [text, link] = bar.querySelectorAll("span, a");
  text.textContent = word("stale");
  link.textContent = word("refresh");
  link.setAttribute("href", location.href);
  document.getElementById("main")?.prepend(bar);
}

// The count of unacknowledged alarms in the bar, on every page.
let counting = 0;
function recount() {
  if (!document.querySelector(".alarm-count") || document.getElementById("desk")) return;
  if (counting) return;
  counting = setTimeout(async () => {
    counting = 0;
    try { showCount((await get("/api/v1/desk", { quiet: true })).counts.unacknowledgedAlarms); } catch { /* as above */ }
  }, 600);
}
/** @param {number} count */
function showCount(count) {
  const pill = document.querySelector(".alarm-count"), number = pill?.querySelector("[data-number]");
  if (!pill || !number) return;
  pill.setAttribute("data-count", String(count));
  number.textContent = String(count);
}
window.addEventListener("zhili:counts", event => showCount(/** @type {CustomEvent} */ (event).detail.unacknowledgedAlarms));
window.addEventListener("zhili:event", event => {
  const news = /** @type {CustomEvent} */ (event).detail;
  if (news.type.startsWith("alarm.")) recount();
  renewSoon(island => concerns(island, news));
});
window.addEventListener("zhili:refetch", () => { recount(); renewSoon(() => true); });
