// The phone page of brigade, patrol and grid worker: my tasks, one big next step, photos, and what still waits to be sent.
import { html, render, useEffect, useReducer, useState } from "/vendor/preact.js";
import { get, loginAddress } from "./api.js";
import * as queue from "./field-queue.js";
import { ways } from "./navigate.js";
import { since, shortTime, span, word } from "./text.js";

const root = /** @type {HTMLElement} */ (document.getElementById("field"));
const person = root.dataset.person ?? "";
const state = { /** @type {any[]|null} */ tasks: null, /** @type {queue.Report[]} */ reports: [], keptAt: "", failed: "", reporting: "" };
let redraw = () => {};
const steps = ["accept", "onTheWay", "arrived", "result"];
const after = /** @type {Record<string, string>} */ ({ accept: "accepted", onTheWay: "onTheWay", arrived: "arrived", result: "done", decline: "declined" });
const allowedIn = /** @type {Record<string, string[]>} */ ({ offered: ["accept", "decline"], accepted: ["onTheWay"], onTheWay: ["arrived"], arrived: ["result"] });

async function load() {
  state.reports = await queue.waiting(person);
  try {
    const { items } = await get("/api/v1/tasks/mine", { quiet: true });
    Object.assign(state, { tasks: items, keptAt: "", failed: "" });
    queue.keepTasks(person, items);
  } catch (error) {
    if (/** @type {any} */ (error).status === 401) { location.assign(loginAddress()); return; }
    const kept = await queue.keptTasks(person);
    if (kept) Object.assign(state, { tasks: kept.items, keptAt: kept.at });
    else state.failed = /** @type {Error} */ (error).message;
  }
  redraw();
}

let retryMs = 2000, timer = 0;
async function sendAll() {
  clearTimeout(timer);
  let complete = false;
  try {
    complete = await queue.send(person, async () => { state.reports = await queue.waiting(person); redraw(); load(); });
  } catch (error) { console.warn("field:", error); }
  state.reports = await queue.waiting(person);
  redraw();
  if (complete) { retryMs = 2000; return; }
  timer = setTimeout(sendAll, retryMs);
  retryMs = Math.min(retryMs * 2, 60000);
}

/** @param {any} task @param {string} type @param {string} [text] @param {Blob[]} [blobs] */
async function act(task, type, text = "", blobs = []) {
  await queue.keep({ person, taskId: task.id, type, text, at: new Date().toISOString(), blobs });
  state.reports = await queue.waiting(person);
  state.reporting = "";
  redraw();
  sendAll();
}

/** What the person has already said counts here, even while it waits to be sent. @param {any} task */
function present(task) {
  const mine = state.reports.filter(report => report.taskId === task.id && !report.refused);
  const last = mine.at(-1);
  const standing = last ? after[last.type] : task.state;
  return { state: standing, waiting: mine.length > 0, allowed: last ? allowedIn[standing] ?? [] : task.allowed ?? allowedIn[standing] ?? [] };
}

/** @param {{name: string}} props */
const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true"><use href=${`/static/icons.svg#${name}`} /></svg>`;

/** @param {{task: any}} props */
function Task({ task }) {
  const { state: standing, waiting, allowed } = present(task), place = task.location;
  const next = steps.find(step => allowed.includes(step));
  return html`<article class="card task" data-severity=${task.severity} aria-label=${task.title}>
    <header><div><span class="tags"><span class=${`badge ${task.severity > 2 ? "bad" : "warn"}`}>${word(`severity.${task.severity}`)}</span><span class="badge info">${word(`taskState.${standing}`)}</span>
      ${waiting ? html`<span class="badge warn">${word("field.unsent")}</span>` : null}</span><h2>${task.title}</h2><span class="hint">${task.caseNumber} · ${since(task.at)}</span></div></header>
    <div class="body">
      ${task.note ? html`<p class="order">${task.note}</p>` : null}
      <div class="where"><${Icon} name="place" /><span>${task.address || word("field.noAddress")}</span></div>
      <div class="links">${place ? html`<details class="ways"><summary class="button"><${Icon} name="map" />${word("field.navigate")}</summary><ul>${ways(place, task.address || task.title).map(way => html`<li><a class="button" href=${way.href} rel="noreferrer">${word(`field.way.${way.key}`)}</a></li>`)}</ul></details>` : null}
        ${(task.contacts ?? []).map((/** @type {any} */ contact) => html`<a class="button" href=${`tel:${contact.phone}`}><${Icon} name="phone" />${contact.name}</a>`)}</div>
      <ol class="steps" aria-label=${word("field.progress")}>${steps.map(step => html`<li class=${steps.indexOf(step) < (next ? steps.indexOf(next) : steps.length) ? "done" : step === next ? "next" : ""}>${word(`taskState.${after[step]}`)}</li>`)}</ol>
      ${next === "result" ? state.reporting === task.id ? html`<${Result} task=${task} />` : html`<button class="button primary big" onClick=${() => { state.reporting = task.id; redraw(); }}><${Icon} name="camera" />${word("taskMove.result")}</button>`
    : next ? html`<button class="button primary big" onClick=${() => act(task, next)}>${word(`taskMove.${next}`)}</button>` : null}
      ${allowed.includes("decline") ? state.reporting === `no/${task.id}` ? html`<${Decline} task=${task} />` : html`<button class="button big" onClick=${() => { state.reporting = `no/${task.id}`; redraw(); }}>${word("taskMove.decline")}</button>` : null}
    </div></article>`;
}

/** @param {{task: any}} props */
function Decline({ task }) {
  const [text, setText] = useState("");
  return html`<form onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); act(task, "decline", text); }}>
    <div class="field"><label for="why">${word("field.why")}</label><textarea id="why" required maxlength="500" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea></div>
    <button class="button big danger">${word("taskMove.decline")}</button></form>`;
}

/** @param {{task: any}} props */
function Result({ task }) {
  const [text, setText] = useState("");
  const [photos, setPhotos] = useState(/** @type {{blob: Blob, url: string}[]} */ ([]));
  const [busy, setBusy] = useState(false);
  const add = async (/** @type {any} */ event) => {
    const files = [...event.target.files].slice(0, 9 - photos.length);
    event.target.value = "";
    setBusy(true);
    const added = [];
    // Said on the picture itself: a photo that is sent on must still say when and where it was taken.
    const at = files.length ? await queue.where() : null;
    for (const file of files) { const blob = await queue.shrink(file, queue.caption(at)); added.push({ blob, url: URL.createObjectURL(blob) }); }
    setPhotos([...photos, ...added]);
    setBusy(false);
  };
  const remove = (/** @type {number} */ index) => { URL.revokeObjectURL(photos[index].url); setPhotos(photos.filter((_, other) => other !== index)); };
  return html`<form class="result" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); if (!busy) { setBusy(true); act(task, "result", text, photos.map(photo => photo.blob)); } }}>
    <div class="field"><label for="result-text">${word("field.what")}</label><textarea id="result-text" required maxlength="2000" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea></div>
    <div class="thumbs">${photos.map((photo, index) => html`<figure><img src=${photo.url} alt=${word("field.photo", { n: index + 1 })} /><button type="button" class="button small" onClick=${() => remove(index)} aria-label=${word("field.removePhoto", { n: index + 1 })}><${Icon} name="close" /></button></figure>`)}</div>
    ${photos.length < 9 ? html`<label class="button big pick"><${Icon} name="camera" />${word("field.addPhoto")}<input class="sr" type="file" accept="image/*" multiple onChange=${add} /></label>` : null}
    <button class="button primary big" disabled=${busy}>${word("field.send")}</button>
    <button type="button" class="button big" onClick=${() => { state.reporting = ""; redraw(); }}>${word("cancel")}</button></form>`;
}

function Waiting() {
  if (state.reports.length === 0) return null;
  return html`<section class="card unsent" aria-label=${word("field.waitingTitle")}><header><h2>${word("field.waiting", { n: state.reports.length })}</h2><button class="button small end" onClick=${() => { retryMs = 2000; sendAll(); load(); }}>${word("field.sendNow")}</button></header>
    <ul class="lines">${state.reports.map(report => html`<li><div class="row"><strong>${word(`taskMove.${report.type}`)}</strong><span class="hint">${shortTime(report.at)}${report.photos.length ? ` · ${word("field.photos", { n: report.photos.length })}` : ""}</span>
        <span class=${`badge end ${report.refused ? "bad" : "warn"}`}>${word(report.refused ? "field.refused" : "field.unsent")}</span></div>
      ${report.text ? html`<div class="hint">${report.text}</div>` : null}
      ${report.refused ? html`<p>${report.refused}</p><div class="buttons"><button class="button" onClick=${async () => { await queue.retry(report); sendAll(); }}>${word("retry")}</button><button class="button" onClick=${async () => { await queue.discard(report.key); load(); }}>${word("field.discard")}</button></div>` : null}</li>`)}</ul></section>`;
}

function Field() {
  const [, tick] = useReducer((/** @type {number} */ n) => n + 1, 0);
  useEffect(() => { redraw = () => tick(0); load().then(sendAll); const every = setInterval(redraw, 1000); return () => clearInterval(every); }, []);
  if (!state.tasks) return html`<div class="card"><div class="empty">${state.failed ? html`<strong>${state.failed}</strong><button class="button" onClick=${load}>${word("retry")}</button>` : word("field.loading")}</div></div>`;
  const open = state.tasks.filter(task => !["done", "declined"].includes(present(task).state));
  const done = state.tasks.filter(task => ["done", "declined"].includes(present(task).state));
  return html`${state.keptAt ? html`<div class="flash warn" role="status">${word("field.offline", { span: span(Date.now() - Date.parse(state.keptAt)) })}</div>` : null}
    <${Waiting} />
    ${open.length === 0 ? html`<div class="card"><div class="empty"><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#none" /></svg><strong>${word("field.none")}</strong><span>${word("field.noneHint")}</span></div></div>` : null}
    ${open.map(task => html`<${Task} key=${task.id} task=${task} />`)}
    ${done.length ? html`<details class="card done"><summary>${word("field.done", { n: done.length })}</summary><ul class="lines">${done.map(task => html`<li><div class="row"><span>${task.title}</span><span class="badge end">${word(`taskState.${present(task).state}`)}</span></div><div class="hint">${task.caseNumber}</div></li>`)}</ul></details>` : null}`;
}

window.addEventListener("zhili:event", event => { if (/^(task|case)\./.test(/** @type {CustomEvent} */ (event).detail.type)) load(); });
window.addEventListener("zhili:refetch", () => { retryMs = 2000; load(); sendAll(); });
window.addEventListener("online", () => { retryMs = 2000; sendAll(); load(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { sendAll(); load(); } });
// On a shared phone the next person must not find the last one's tasks. Unsent reports stay, under their writer's name.
document.querySelector("form[action='/logout']")?.addEventListener("submit", () => { queue.forgetTasks(person); globalThis.caches?.delete("zhili-field"); });

root.replaceChildren();
render(html`<${Field} />`, root);
navigator.serviceWorker?.register("/static/sw.js", { scope: "/field" }).catch(error => console.warn("offline page:", error));
