// The rounds on the phone: walks of these hours, each point shown by its code or by place with a photo. What is told
// without signal stays on the phone until the centre has answered. The own track is kept while the watch runs and the
// person lets it, and the page says so all the time.
import { html, render, useEffect, useRef, useState } from "/vendor/preact.js";
import { Problem, api, get, loginAddress, newKey, post } from "./api.js";
import { caption, shrink, where as position } from "./field-queue.js";
import { clockTime, shortTime, word } from "./text.js";

const root = /** @type {HTMLElement} */ (document.getElementById("rounds"));
const person = root.dataset.person ?? "";
/** @typedef {{key: string, order: number, person: string, walkId: string, pointId: string, name: string, body: any, photo?: Blob, photoKey: string, refused?: string}} Report */
const state = {
  /** @type {any} */ mine: null, /** @type {Report[]} */ waiting: [], isOld: false, failed: "", open: "", message: "", scanning: false,
  track: { on: false, sent: 0, /** @type {any[]} */ waiting: [], failed: "" },
};

/** @type {Promise<IDBDatabase>} */
const store = new Promise((done, fail) => {
  const request = indexedDB.open("zhili-patrol", 1);
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
    const mine = await get("/api/v1/patrol/mine", { quiet: true });
    Object.assign(state, { mine, isOld: false, failed: "" });
    await run("lists", "readwrite", s => s.put({ person, mine }));
    if (state.track.on && !mine.watch) stopTrack();
  } catch (error) {
    if (/** @type {any} */ (error).status === 401) { location.assign(loginAddress()); return; }
    const kept = await run("lists", "readonly", s => s.get(person));
    if (kept) Object.assign(state, { mine: kept.mine, isOld: true }); else state.failed = /** @type {Error} */ (error).message;
  }
  draw();
}

let sending = false, again = false, retryMs = 2000, timer = 0;
async function send() {
  // What is told while something travels goes right after it.
  if (sending) { again = true; return; }
  sending = true;
  again = false;
  clearTimeout(timer);
  let isLeft = false, isSent = false;
  for (const report of state.waiting) {
    if (report.refused) continue;
    try {
      if (report.photo && !report.body.photoId) {
        const answer = await api("POST", `/api/v1/attachments?name=${encodeURIComponent(report.name)}.jpg`, { raw: report.photo, key: report.photoKey, quiet: true, timeoutMs: 90000 });
        report.body.photoId = answer.id;
        await run("reports", "readwrite", s => s.put(report));
      }
      await api("POST", `/api/v1/patrol/walks/${report.walkId}/points/${report.pointId}`, { body: report.body, key: report.key, quiet: true });
      await run("reports", "readwrite", s => s.delete(report.key));
      isSent = true;
    } catch (error) {
      if (!(error instanceof Problem)) { isLeft = true; break; }
      if (error.status === 0 || error.status >= 500 || [401, 403, 408, 429].includes(error.status)) { isLeft = true; break; }
      // The centre's considered "no" stays with its reason, for the person to read.
      report.refused = error.message;
      await run("reports", "readwrite", s => s.put(report));
    }
  }
  sending = false;
  await readWaiting();
  if (isSent) await load(); else draw();
  if (isLeft) { timer = setTimeout(send, retryMs); retryMs = Math.min(retryMs * 2, 60000); } else { retryMs = 2000; if (again) send(); }
}

/** @returns {Promise<{lat: number, lon: number, accuracy: number}>} */
const where = () => new Promise((done, fail) => {
  if (!navigator.geolocation) { fail(new Error(word("patrol.noPlace"))); return; }
  navigator.geolocation.getCurrentPosition(
    at => done({ lat: at.coords.latitude, lon: at.coords.longitude, accuracy: Math.ceil(at.coords.accuracy) }),
    () => fail(new Error(word("patrol.noPlace"))), { enableHighAccuracy: true, timeout: 15000, maximumAge: 5000 });
});

/** @param {any} walk @param {any} point @param {any} body @param {Blob} [photo] */
async function tell(walk, point, body, photo) {
  await run("reports", "readwrite", s => s.put({ key: newKey(), photoKey: newKey(), order: Date.now(), person, walkId: walk.id, pointId: point.pointId, name: point.name, body: { at: new Date().toISOString(), ...body }, photo }));
  state.open = "";
  await readWaiting();
  draw();
  send();
}

/** What a code says: the point and its secret. @param {string} text */
function readCode(text) {
  const found = /#?([0-9a-z]{13})\.([0-9a-z]{16})$/.exec(text);
  return found && { pointId: found[1], code: found[2] };
}

/** @param {{pointId: string, code: string}} read */
async function byCode({ pointId, code }) {
  const now = Date.now();
  const walks = (state.mine?.items ?? []).filter((/** @type {any} */ walk) => walk.points.some((/** @type {any} */ point) => point.pointId === pointId && !isDone(walk, point)));
  const walk = walks.find((/** @type {any} */ one) => Date.parse(one.startsAt) - 600000 <= now && now <= Date.parse(one.graceAt)) ?? walks[0];
  if (!walk) { state.message = word("patrol.noWalk"); draw(); return; }
  const point = walk.points.find((/** @type {any} */ one) => one.pointId === pointId);
  let place = {};
  try { place = await where(); } catch { /* the code is proof enough */ }
  state.message = word("patrol.read", { name: point.name });
  await tell(walk, point, { code, ...place });
}

/** @param {any} walk @param {any} point */
const isDone = (walk, point) => point.at || state.waiting.some(report => report.walkId === walk.id && report.pointId === point.pointId && !report.refused);

// ---- the own track

let watching = 0, lastAt = 0, flushTimer = 0;
function startTrack() {
  if (!navigator.geolocation || !state.mine?.watch) return;
  state.track.on = true;
  state.track.failed = "";
  watching = navigator.geolocation.watchPosition(at => {
    if (!state.mine?.watch || Date.now() > Date.parse(state.mine.watch.until)) { stopTrack(); return; }
    if (at.timestamp - lastAt < 10000) return;
    lastAt = at.timestamp;
    state.track.waiting.push({ at: new Date(at.timestamp).toISOString(), lat: at.coords.latitude, lon: at.coords.longitude, accuracy: at.coords.accuracy });
    if (state.track.waiting.length > 2000) state.track.waiting.shift();
    flush();
  }, () => { state.track.failed = word("patrol.noPlace"); draw(); }, { enableHighAccuracy: true, maximumAge: 5000 });
  flushTimer = setInterval(flush, 30000);
  draw();
}
function stopTrack() {
  navigator.geolocation?.clearWatch(watching);
  clearInterval(flushTimer);
  state.track.on = false;
  flush();
  draw();
}
let flushing = false;
async function flush() {
  if (flushing || state.track.waiting.length === 0) return;
  flushing = true;
  const some = state.track.waiting.slice(0, 500);
  try {
    const { kept } = await post("/api/v1/patrol/track", { items: some }, { quiet: true });
    state.track.waiting.splice(0, some.length);
    state.track.sent += kept;
  } catch (error) {
    if (/** @type {any} */ (error).status === 409) { state.track.waiting = []; if (state.track.on) stopTrack(); }
  }
  flushing = false;
  draw();
}

// ---- the camera, where the browser reads codes itself; elsewhere the phone's own camera opens the code's address

/** @type {MediaStream|null} */
let stream = null;
async function scan() {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  if (!Detector || !navigator.mediaDevices) { state.message = word("patrol.useCamera"); draw(); return; }
  try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }); } catch { state.message = word("patrol.useCamera"); draw(); return; }
  state.scanning = true;
  draw();
  const video = /** @type {HTMLVideoElement} */ (document.getElementById("finder")), detector = new Detector({ formats: ["qr_code"] });
  video.srcObject = stream;
  await video.play();
  while (state.scanning) {
    const [found] = await detector.detect(video).catch(() => []);
    const read = found && readCode(found.rawValue);
    if (read) { endScan(); byCode(read); return; }
    await new Promise(done => setTimeout(done, 250));
  }
}
function endScan() { for (const part of stream?.getTracks() ?? []) part.stop(); stream = null; state.scanning = false; draw(); }

// ---- the page

/** @param {{name: string}} props */
const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true"><use href=${`/static/icons.svg#${name}`} /></svg>`;

/** @param {{walk: any, point: any}} props */
function Visit({ walk, point }) {
  const [photo, setPhoto] = useState(/** @type {{blob: Blob, url: string}|null} */ (null));
  const [note, setNote] = useState(""), [finding, setFinding] = useState(""), [busy, setBusy] = useState(""), [failed, setFailed] = useState("");
  const take = async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    if (!file) return;
    const blob = await shrink(file, caption(await position()));
    if (photo) URL.revokeObjectURL(photo.url);
    setPhoto({ blob, url: URL.createObjectURL(blob) });
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!photo) { setFailed(word("patrol.needsPhoto")); return; }
    setBusy(word("patrol.locating"));
    try { await tell(walk, point, { ...await where(), note, finding }, photo.blob); } catch (error) { setFailed(/** @type {Error} */ (error).message); setBusy(""); }
  };
  return html`<form class="visit" onSubmit=${submit}>
    ${photo ? html`<div class="thumbs"><figure><img src=${photo.url} alt=${word("patrol.photo")} /></figure></div>` : null}
    <label class="button big pick"><${Icon} name="camera" />${word(photo ? "patrol.again" : "patrol.takePhoto")}<input class="sr" type="file" accept="image/*" capture="environment" onChange=${take} /></label>
    <div class="field"><label for="note">${word("patrol.note")}</label><textarea id="note" maxlength="500" value=${note} onInput=${(/** @type {any} */ event) => setNote(event.target.value)}></textarea></div>
    <div class="field"><label for="finding">${word("patrol.finding")}</label><textarea id="finding" maxlength="1000" value=${finding} onInput=${(/** @type {any} */ event) => setFinding(event.target.value)}></textarea></div>
    ${failed ? html`<p class="flash bad" role="alert">${failed}</p>` : null}
    <button class="button primary big" disabled=${Boolean(busy)}>${busy || word("patrol.here")}</button>
    <button type="button" class="button big" onClick=${() => { state.open = ""; draw(); }}>${word("cancel")}</button></form>`;
}

/** @param {{walk: any}} props */
function Walk({ walk }) {
  const left = walk.points.filter((/** @type {any} */ point) => !isDone(walk, point)), next = left[0];
  const tint = /** @type {Record<string, string>} */ ({ running: "info", late: "warn", missed: "bad", done: "ok" })[walk.state] ?? "";
  const isOpen = walk.state !== "missed" && Date.now() <= Date.parse(walk.graceAt) && Date.now() >= Date.parse(walk.startsAt) - 600000;
  return html`<article class="card walk" aria-label=${walk.round}><header><h2>${walk.round}</h2><span class=${`badge ${tint}`}>${word(`patrol.state.${walk.state}`)}</span><span class="hint end">${walk.points.length - left.length} / ${walk.points.length}</span></header>
    <div class="body"><p class="hint">${shortTime(walk.startsAt).slice(0, -3)} – ${clockTime(walk.endsAt).slice(0, 5)}</p><ol class="stops">${walk.points.map((/** @type {any} */ point, /** @type {number} */ index) => {
    const done = isDone(walk, point), mayGo = isOpen && !done && (!walk.isOrdered || point === next);
    return html`<li class=${done ? "done" : ""}><span class="number" aria-hidden="true">${index + 1}</span><div><strong>${point.name}</strong>
        ${point.at ? html`<p class="hint">${clockTime(point.at)} · ${point.by}</p>` : done ? html`<p><span class="badge warn">${word("field.unsent")}</span></p>` : null}
        ${state.open === `${walk.id}/${point.pointId}` ? html`<${Visit} walk=${walk} point=${point} />` : null}</div>
        ${mayGo && state.open !== `${walk.id}/${point.pointId}` ? html`<button class="button" onClick=${() => { state.open = `${walk.id}/${point.pointId}`; draw(); }}>${word("patrol.arrive")}</button>` : null}</li>`;
  })}</ol></div></article>`;
}

function Track() {
  const { watch, trackDays, looks } = state.mine, on = state.track.on;
  return html`<section class=${`card ${on ? "on" : ""}`} aria-label=${word("patrol.track")}><div class=${`body rec ${on ? "on" : ""}`}><span class="dot" aria-hidden="true"></span>
    <p role="status"><strong>${word(on ? "patrol.recording" : "patrol.notRecording")}</strong><br /><span class="hint">${watch ? word("patrol.trackRule", { time: clockTime(watch.until).slice(0, 5), days: trackDays }) : word("patrol.offWatch")}${on || state.track.sent ? ` ${word("patrol.kept", { n: state.track.sent })}` : ""}${state.track.failed ? ` ${state.track.failed}` : ""}</span></p>
    ${watch ? html`<button class="button" aria-pressed=${on} onClick=${on ? stopTrack : startTrack}>${word(on ? "patrol.stop" : "patrol.start")}</button>` : null}</div>
    <${OwnTrack} />
    ${looks.length ? html`<details class="done"><summary>${word("patrol.looks", { n: looks.length })}</summary><ul class="lines">${looks.map((/** @type {any} */ look) => html`<li>${shortTime(look.at)} · ${look.by} · ${look.caseNumber}<div class="hint">${look.purpose}</div></li>`)}</ul></details>` : null}</section>`;
}

function OwnTrack() {
  const [items, setItems] = useState(/** @type {any[]|null} */ (null));
  const load = async (/** @type {any} */ event) => { if (event.target.open) try { setItems((await get("/api/v1/patrol/track")).items); } catch { /* the toast says why */ } };
  const map = useRef(/** @type {HTMLElement|null} */ (null));
  // Where there is no signal for the map, the bare line stays.
  useEffect(() => { if (map.current && items && items.length > 1) import("./map.js").then(({ drawTrack }) => map.current && drawTrack(map.current, items)).catch(() => {}); }, [items]);
  const lats = (items ?? []).map(item => item.lat), lons = (items ?? []).map(item => item.lon);
  const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], narrow = Math.cos((box[1] + box[3]) / 2 * Math.PI / 180);
  const scale = Math.min(600 / Math.max((box[2] - box[0]) * narrow, 0.0005), 320 / Math.max(box[3] - box[1], 0.0005));
  const line = (items ?? []).map(item => `${(320 + (item.lon - (box[0] + box[2]) / 2) * narrow * scale).toFixed(1)},${(180 - (item.lat - (box[1] + box[3]) / 2) * scale).toFixed(1)}`).join(" ");
  return html`<details class="done" onToggle=${load}><summary>${word("patrol.own")}</summary><div class="body">${items === null ? null : items.length < 2 ? html`<p class="hint">${word("patrol.noTrack")}</p>`
    : html`<svg class="track" viewBox="0 0 640 360" role="img" aria-label=${word("patrol.own")}><polyline points=${line} /></svg><div class="track-map" ref=${map} role="region" aria-label=${word("patrol.own")}></div><p class="hint">${clockTime(items[0].at)} – ${clockTime(items[items.length - 1].at)} · ${items.length}</p>`}</div></details>`;
}

function Waiting() {
  if (state.waiting.length === 0) return null;
  return html`<section class="card unsent"><header><h2>${word("field.waiting", { n: state.waiting.length })}</h2><button class="button small end" onClick=${() => { retryMs = 2000; send(); }}>${word("field.sendNow")}</button></header><ul class="lines">${state.waiting.map(report => html`<li><div class="row"><strong>${report.name}</strong><span class="hint">${shortTime(report.body.at)}</span><span class=${`badge end ${report.refused ? "bad" : "warn"}`}>${word(report.refused ? "field.refused" : "field.unsent")}</span></div>
    ${report.refused ? html`<p>${report.refused}</p><button class="button" onClick=${async () => { await run("reports", "readwrite", s => s.delete(report.key)); load(); }}>${word("field.discard")}</button>` : null}</li>`)}</ul></section>`;
}

function Page() {
  if (!state.mine) return html`<div class="card"><div class="empty">${state.failed ? html`<strong>${state.failed}</strong><button class="button" onClick=${load}>${word("retry")}</button>` : word("field.loading")}</div></div>`;
  const { items } = state.mine, rank = (/** @type {any} */ walk) => ({ running: 0, late: 0, planned: 1 })[walk.state] ?? 2;
  const sorted = [...items].sort((a, b) => rank(a) - rank(b));
  return html`${state.isOld ? html`<div class="flash warn" role="status">${word("patrol.old")}</div>` : null}
    ${state.message ? html`<div class="flash" role="status">${state.message}</div>` : null}
    <${Waiting} />
    ${state.scanning ? html`<div class="card"><video id="finder" muted playsinline style="width:100%"></video><button class="button big" onClick=${endScan}>${word("cancel")}</button></div>` : html`<button class="button primary big" onClick=${scan}><${Icon} name="camera" />${word("patrol.scan")}</button>`}
    <${Track} />
    ${sorted.length === 0 ? html`<div class="card"><div class="empty"><strong>${word("patrol.none")}</strong><span>${word("patrol.noneHint")}</span></div></div>` : null}
    ${sorted.map(walk => html`<${Walk} key=${walk.id} walk=${walk} />`)}`;
}
const draw = () => render(html`<${Page} />`, root);

window.addEventListener("online", () => { retryMs = 2000; send(); load(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { send(); load(); } });
window.addEventListener("zhili:refetch", () => load());
document.querySelector("form[action='/logout']")?.addEventListener("submit", () => { if (state.track.on) stopTrack(); run("lists", "readwrite", s => s.delete(person)); });

/** A code that the phone's own camera opened is in the address; it is taken once and then forgotten. */
function fromAddress() {
  const read = readCode(location.hash);
  if (!read) return;
  history.replaceState(null, "", location.pathname);
  byCode(read);
}
root.replaceChildren();
window.addEventListener("hashchange", fromAddress);
load().then(() => { fromAddress(); send(); });
navigator.serviceWorker?.register("/static/sw.js", { scope: "/field" }).catch(error => console.warn("offline page:", error));
