// The live feed. Follows /api/v1/events from the last event that this page's data already holds, notices silence,
// says so, reconnects, and asks everybody to fetch afresh.
//
// Window events: `zhili:event` (detail {type, subject, seq, data}), `zhili:refetch` (after a reconnect), `zhili:link` (detail {up}).
import { loginAddress } from "./api.js";
import { clockTime, now, word } from "./text.js";

const storeKey = "zhili.lastEvent";
const silenceMs = 4000;

let last = Number(document.querySelector("meta[name=events-after]")?.getAttribute("content")) ||
  Number(sessionStorage.getItem(storeKey)) || 0;
/** @type {EventSource|null} */
let stream = null;
let heardAt = Date.now(), lostAt = 0, waitMs = 500, retry = 0, failures = 0;

/** A page that has just fetched its data says up to which event that data is complete. @param {number} seq */
export function dataIsAt(seq) { if (seq > last) remember(seq); }

/** @param {number} seq */
function remember(seq) { last = seq; sessionStorage.setItem(storeKey, String(seq)); }

/** @param {string} name @param {object} [detail] */
const tell = (name, detail) => window.dispatchEvent(new CustomEvent(`zhili:${name}`, { detail }));

function heard() {
  heardAt = Date.now();
  failures = 0;
  waitMs = 500;
  if (lostAt) { lostAt = 0; tell("refetch"); }
  show(true);
}

function connect() {
  stream?.close();
  heardAt = Date.now();
  stream = new EventSource(`/api/v1/events?after=${last}`);
  stream.onopen = heard;
  stream.addEventListener("ping", event => { heard(); showFull(event.data); });
  stream.onmessage = event => {
    heard();
    const seq = Number(event.lastEventId);
    if (seq) { if (seq <= last) return; remember(seq); }
    try { tell("event", { seq, ...JSON.parse(event.data) }); } catch { tell("refetch"); }
  };
  stream.onerror = lose;
}

/** A full disk: what is on the screen stays true, and nothing new can be kept. @param {string} data */
function showFull(data) {
  let full = false;
  try { full = JSON.parse(data).full === true; } catch { /* an older server says nothing */ }
  const banner = document.getElementById("full-banner");
  if (!full) { banner?.remove(); return; }
  if (banner) return;
  const bar = document.createElement("div");
  bar.id = "full-banner";
  bar.className = "banner";
  bar.setAttribute("role", "alert");
  bar.textContent = word("storage.full");
  document.querySelector(".top")?.after(bar);
}

function lose() {
  stream?.close();
  stream = null;
  if (!lostAt) lostAt = heardAt;
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(connect, waitMs);
  waitMs = Math.min(waitMs * 2, 8000);
  if (failures === 3) checkSession();
}

/** A stream that is refused may mean that the session has ended: then only logging in again helps. */
async function checkSession() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", credentials: "same-origin", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401) location.assign(loginAddress());
  } catch { /* no network: keep trying */ }
}

setInterval(() => {
  if (stream && Date.now() - heardAt >= silenceMs) lose();
  if (lostAt && Date.now() - lostAt >= silenceMs) show(false);
}, 250);

/** @param {boolean} up */
function show(up) {
  const light = document.getElementById("link-state");
  const state = up ? "on" : "off";
  if (light && light.dataset.state !== state) {
    light.dataset.state = state;
    const text = word(up ? "link.on" : "link.off");
    light.title = text;
    const label = light.querySelector("span");
    if (label) label.textContent = text;
    tell("link", { up });
  }
  const banner = document.getElementById("link-banner");
  if (up) { banner?.remove(); return; }
  if (banner) return;
  const bar = document.createElement("div");
  bar.id = "link-banner";
  bar.className = "banner";
  bar.setAttribute("role", "alert");
  bar.textContent = word("link.lost", { time: clockTime(now() - (Date.now() - lostAt)) });
  const button = document.createElement("button");
  button.className = "button small";
  button.textContent = word("link.retry");
  button.addEventListener("click", () => { waitMs = 500; clearTimeout(retry); connect(); });
  bar.append(button);
  document.querySelector(".top")?.after(bar);
}

window.addEventListener("online", () => { if (lostAt) { waitMs = 500; clearTimeout(retry); connect(); } });
window.addEventListener("offline", lose);
window.addEventListener("pagehide", () => stream?.close());
window.addEventListener("pageshow", event => { if (event.persisted) { lostAt = lostAt || heardAt; connect(); } });
if (!document.querySelector("[data-offline]")) connect();
