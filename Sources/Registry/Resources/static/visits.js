// The grid worker's visits: one card a record, one tap when all is as it stands, a few when something is not. What was
// said without signal stays on the phone until the centre has answered.
import { html, render, useState } from "/vendor/preact.js";
import { api, get, loginAddress, newKey } from "./api.js";
import { word } from "./text.js";

const root = /** @type {HTMLElement} */ (document.getElementById("visits"));
const person = root.dataset.person ?? "";
/** @typedef {{key: string, order: number, person: string, category: string, id: string, label: string, body: any, refused?: string, clash?: {version: number, conflicts: any[]}}} Report */
const state = { /** @type {any[]|null} */ items: null, /** @type {Report[]} */ waiting: [], isOld: false, failed: "" };

/** @type {Promise<IDBDatabase>} */
const store = new Promise((done, fail) => {
  const request = indexedDB.open("zhili-visits", 1);
  request.onupgradeneeded = () => { request.result.createObjectStore("reports", { keyPath: "key" }); request.result.createObjectStore("lists", { keyPath: "person" }); };
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});
/** @param {string} name @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
async function run(name, mode, work) {
  const transaction = (await store).transaction(name, mode, { durability: "strict" });
  const request = work(transaction.objectStore(name));
  return new Promise((done, fail) => { transaction.oncomplete = () => done(request.result); transaction.onerror = transaction.onabort = () => fail(transaction.error); });
}
async function readWaiting() {
  const all = /** @type {Report[]} */ (await run("reports", "readonly", s => s.getAll()));
  state.waiting = all.filter(report => report.person === person).sort((a, b) => a.order - b.order);
}

async function load() {
  await readWaiting();
  try {
    const { items } = await get("/api/v1/visits", { quiet: true });
    Object.assign(state, { items, isOld: false, failed: "" });
    await run("lists", "readwrite", s => s.put({ person, items }));
  } catch (error) {
    if (/** @type {any} */ (error).status === 401) { location.assign(loginAddress()); return; }
    const kept = await run("lists", "readonly", s => s.get(person));
    if (kept) Object.assign(state, { items: kept.items, isOld: true }); else state.failed = /** @type {Error} */ (error).message;
  }
  draw();
}

let sending = false, again = false, retryMs = 2000, timer = 0;
async function send() {
  // What is said while something travels goes right after it.
  if (sending) { again = true; return; }
  sending = true;
  again = false;
  clearTimeout(timer);
  let isLeft = false, sent = false;
  for (const report of state.waiting) {
    if (report.refused || report.clash) continue;
    try {
      await api("POST", `/api/v1/visits/${report.category}/${report.id}`, { body: report.body, key: report.key, quiet: true });
      await run("reports", "readwrite", s => s.delete(report.key));
      sent = true;
    } catch (error) {
      const { status, message, body } = /** @type {any} */ (error);
      if (status === 0 || status >= 500 || [401, 403, 408, 429].includes(status)) { isLeft = true; break; }
      // Somebody else was faster: both sides stay on the phone until the worker has chosen.
      const clash = status === 409 && body?.conflicts?.length ? { version: body.version, conflicts: body.conflicts } : undefined;
      await run("reports", "readwrite", s => s.put(clash ? { ...report, clash } : { ...report, refused: message }));
    }
  }
  sending = false;
  await readWaiting();
  if (isLeft) { timer = setTimeout(send, retryMs); retryMs = Math.min(retryMs * 2, 60000); } else { retryMs = 2000; if (again) send(); }
  if (sent) await load(); else draw();
}

/** @param {any} item @param {string[]} verified @param {Record<string, string>} values */
async function say(item, verified, values) {
  await run("reports", "readwrite", s => s.put({ key: newKey(), order: Date.now(), person, category: item.category, id: item.id, label: item.label,
    body: { version: item.version, verified, values, at: new Date().toISOString(), seen: Object.fromEntries(item.values.filter((/** @type {any} */ value) => verified.includes(value.key) && value.canChange).map((/** @type {any} */ value) => [value.key, value.raw])) } }));
  await readWaiting();
  draw();
  send();
}

/** Says again what was said, on what stands there now: what the worker leaves to the other is not sent. @param {Report} report @param {Record<string, string>} chosen */
async function settle(report, chosen) {
  const { clash, ...said } = report, verified = new Set(said.body.verified ?? []), values = { ...said.body.values };
  for (const { field } of clash?.conflicts ?? []) {
    verified.delete(field);
    if (chosen[field] === "theirs") delete values[field];
    // What was only confirmed becomes a value of its own, for the record holds another one now.
    else if (!(field in values)) values[field] = said.body.seen?.[field] ?? "";
  }
  const key = newKey();
  await run("reports", "readwrite", s => s.put({ ...said, key, body: { ...said.body, version: clash?.version, verified: [...verified], values } }));
  await run("reports", "readwrite", s => s.delete(report.key));
  await readWaiting();
  draw();
  send();
}

/** @param {{report: Report}} props */
function Clash({ report }) {
  const [chosen, choose] = useState(/** @type {Record<string, string>} */ ({}));
  const conflicts = report.clash?.conflicts ?? [];
  return html`<article class="card clash" aria-label=${report.label}><header><div><span class="badge warn">${word("visit.conflict")}</span><h2>${report.label}</h2></div></header>
    <div class="body">${conflicts.map((/** @type {any} */ one) => html`<fieldset><legend>${one.name}</legend><p class="hint">${word("visit.before")}: ${one.base}</p>
      ${[["theirs", `${word("visit.theirs")} · ${one.by} ${one.at}`, one.theirs], ["mine", word("visit.mine"), one.mine]].map(([side, title, text]) => html`<label class="choice"><input type="radio" name=${`${report.key}-${one.field}`} checked=${chosen[one.field] === side}
        onChange=${() => choose({ ...chosen, [one.field]: side })} /><span><span class="hint">${title}</span><br /><strong>${text}</strong></span></label>`)}</fieldset>`)}
      <div class="buttons visit-end"><button class="button primary big" disabled=${conflicts.some((/** @type {any} */ one) => !chosen[one.field])} onClick=${() => settle(report, chosen)}>${word("visit.settle")}</button></div></div></article>`;
}

/** @param {{item: any}} props */
function Visit({ item }) {
  const [isOpen, open] = useState(false);
  const [values, change] = useState(/** @type {Record<string, string>} */ ({}));
  const shown = item.values.filter((/** @type {any} */ value) => value.isDue || item.doubts.length || isOpen);
  const rest = () => item.values.map((/** @type {any} */ value) => value.key).filter((/** @type {string} */ key) => !(key in values));
  return html`<article class="card" aria-label=${item.label}><header><div><span class="tags"><span class="badge info">${item.categoryName}</span> ${item.doubts.map((/** @type {string} */ text) => html`<span class="badge warn">${text}</span> `)}</span><h2>${item.label}</h2><span class="hint">${item.area}</span></div></header>
    <div class="body"><dl class="facts">${shown.map((/** @type {any} */ value) => html`<dt>${value.name}</dt><dd>${isOpen && value.canChange
      ? value.options.length
        ? html`<select aria-label=${value.name} onChange=${(/** @type {any} */ e) => change({ ...values, [value.key]: e.target.value })}>${value.options.map((/** @type {string[]} */ [key, name]) => html`<option value=${key} selected=${(values[value.key] ?? value.raw) === key}>${name}</option>`)}</select>`
        : html`<input aria-label=${value.name} value=${values[value.key] ?? value.raw} onInput=${(/** @type {any} */ e) => change({ ...values, [value.key]: e.target.value })} />`
      : value.text}</dd>`)}</dl>
      <div class="buttons">${item.point ? html`<a class="button" href=${`geo:${item.point.lat},${item.point.lon}`}>${word("field.navigate")}</a>` : null}${item.phone ? html`<a class="button" href=${`tel:${item.phone}`}>${word("visit.call")}</a>` : null}</div>
      <div class="buttons visit-end">${isOpen
        ? html`<button class="button primary big" onClick=${() => say(item, rest(), values)}>${word("visit.save")}</button><button class="button big" onClick=${() => { change({}); open(false); }}>${word("cancel")}</button>`
        : html`<button class="button primary big" onClick=${() => say(item, rest(), {})}>${word("visit.right")}</button><button class="button big" onClick=${() => open(true)}>${word("visit.wrong")}</button>`}</div></div></article>`;
}

function Visits() {
  if (!state.items) return html`<div class="card"><div class="empty">${state.failed ? html`<strong>${state.failed}</strong><button class="button" onClick=${load}>${word("visit.again")}</button>` : word("visit.loading")}</div></div>`;
  const said = new Set(state.waiting.filter(report => !report.refused).map(report => report.id));
  const left = state.items.filter(item => !said.has(item.id)), clashes = state.waiting.filter(report => report.clash), unsent = state.waiting.filter(report => !report.clash);
  return html`${state.isOld ? html`<div class="flash warn" role="status">${word("visit.offline")}</div>` : null}
    ${clashes.map(report => html`<${Clash} key=${report.key} report=${report} />`)}
    ${unsent.length ? html`<section class="card unsent"><header><h2>${word("visit.waiting", { n: unsent.length })}</h2><button class="button small end" onClick=${send}>${word("visit.send")}</button></header><ul class="lines">${unsent.map(report => html`<li><div class="row"><strong>${report.label}</strong><span class=${`badge end ${report.refused ? "bad" : "warn"}`}>${report.refused ?? word("visit.unsent")}</span>${report.refused ? html`<button class="button small" onClick=${async () => { await run("reports", "readwrite", s => s.delete(report.key)); load(); }}>${word("visit.drop")}</button>` : null}</div></li>`)}</ul></section>` : null}
    ${left.length === 0 ? html`<div class="card"><div class="empty"><strong>${word("visit.none")}</strong></div></div>` : left.map(item => html`<${Visit} key=${item.id + item.version} item=${item} />`)}`;
}

root.replaceChildren();
const draw = () => render(html`<${Visits} stamp=${Date.now()} />`, root);
window.addEventListener("online", () => { retryMs = 2000; send(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) load().then(send); });
// On a shared phone the next person must not find the last one's records; unsent reports stay under their writer's name.
document.querySelector("form[action='/logout']")?.addEventListener("submit", () => { run("lists", "readwrite", s => s.delete(person)); globalThis.caches?.delete("zhili-field"); });
load().then(send);
navigator.serviceWorker?.register("/static/sw.js", { scope: "/field" }).catch(error => console.warn("offline page:", error));
