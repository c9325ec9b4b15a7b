// A camera's recordings: a day on a strip with what there is, gaps and alarms; play, seek, ×0.5 … ×8, picture by picture.
// Segments are fetched as they are needed and put at their own time; gaps are jumped over.
import { api, post } from "./api.js";
import { clockTime, date, now, span, word } from "./text.js";
import { toast } from "./toast.js";

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const camera = $("replay").dataset.camera, address = `/api/v1/cameras/${encodeURIComponent(camera)}`;
const video = /** @type {HTMLVideoElement} */ ($("video")), strip = $("strip"), day = $("day");
const dayMs = 86_400_000;

/** @type {{from: number, to: number, url: string, codec: string}[]} */ let segments = [];
/** The day's first moment, and how many ms later the player's second 0 is. */
let start = 0;
/** @type {SourceBuffer|undefined} */ let buffer;
/** Which segments lie in the player. @type {Set<number>} */ let loaded = new Set();
let busy = false, wanted = 0, run = 0;

const at = (/** @type {number} */ ms) => (ms - start) / 1_000;
const moment = () => start + video.currentTime * 1_000;
const say = (/** @type {string} */ text) => { $("note").textContent = text; $("note").hidden = !text; };

day.value = new URLSearchParams(location.search).get("day") ?? date(now());

async function open() {
  const from = Date.parse(`${day.value}T00:00:00+08:00`);
  const found = await post(`${address}/replay`, { from: new Date(from).toISOString(), to: new Date(from + dayMs).toISOString(), reason: $("reason").value });
  start = from;
  segments = found.items.map((/** @type {any} */ item) => ({ from: Date.parse(item.from), to: Date.parse(item.to), url: item.url, codec: item.codec }));
  $("marks").replaceChildren(...blocks().map(block => mark("have", block.from, block.to)), ...found.alarms.map((/** @type {string} */ time) => mark("alarm", Date.parse(time), Date.parse(time))));
  $("total").textContent = segments.length ? word("watch.replay.total", { span: span(segments.reduce((sum, segment) => sum + segment.to - segment.from, 0)) }) : "";
  if (!segments.length) { say(word("watch.replay.nothing")); return; }
  say("");
  const asked = Number(new URLSearchParams(location.search).get("at"));
  seek(asked && asked >= from && asked < from + dayMs ? asked : segments[0].from);
}

/** What is recorded without a gap of more than two seconds. */
function blocks() {
  /** @type {{from: number, to: number}[]} */ const joined = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    if (last && segment.from - last.to < 2_000) last.to = Math.max(last.to, segment.to); else joined.push({ from: segment.from, to: segment.to });
  }
  return joined;
}

function mark(/** @type {string} */ kind, /** @type {number} */ from, /** @type {number} */ to) {
  const piece = document.createElement("i");
  piece.className = kind;
  piece.style.left = `${100 * Math.max(0, from - start) / dayMs}%`;
  if (kind === "have") piece.style.width = `max(1px, ${100 * (Math.min(start + dayMs, to) - Math.max(start, from)) / dayMs}%)`;
  piece.title = clockTime(from);
  return piece;
}

function fresh(/** @type {string} */ codec) {
  const type = `video/mp4; codecs="${codec}"`, mine = ++run;
  buffer = undefined;
  loaded = new Set();
  if (!MediaSource.isTypeSupported(type)) { say(word("watch.failure.codec")); return; }
  const source = new MediaSource();
  URL.revokeObjectURL(video.src);
  video.src = URL.createObjectURL(source);
  source.addEventListener("sourceopen", () => {
    if (mine !== run) return;
    buffer = source.addSourceBuffer(type);
    source.duration = dayMs / 1_000;
    video.currentTime = at(wanted);
    fill();
  }, { once: true });
}

/** @param {number} ms */
function seek(ms) {
  wanted = ms;
  let index = segments.findIndex(segment => segment.to > ms);
  if (index < 0) index = segments.length - 1;
  if (index < 0) return;
  if (segments[index].from > wanted) wanted = segments[index].from;
  if (!buffer || segments[index].codec !== codecNow) { codecNow = segments[index].codec; fresh(codecNow); return; }
  video.currentTime = at(wanted);
  fill();
}
let codecNow = "";

/** Puts what comes next into the player, and lets go what lies more than two minutes back. */
async function fill() {
  if (busy || !buffer || buffer.updating) return;
  const mine = run, ms = Math.max(wanted, moment()), first = segments.findIndex(segment => segment.to > ms);
  if (first < 0) return;
  const ahead = 15_000 * Math.max(1, video.playbackRate);
  const index = segments.findIndex((segment, place) => place >= first && !loaded.has(place) && segment.from < ms + ahead && segment.codec === codecNow);
  if (index < 0) return;
  busy = true;
  try {
    const response = await fetch(segments[index].url);
    if (!response.ok) throw new Error(String(response.status));
    const bytes = await response.arrayBuffer(), target = buffer;
    if (mine !== run || !target) return;
    loaded.add(index);
    await new Promise(done => {
      target.addEventListener("updateend", done, { once: true });
      target.timestampOffset = at(segments[index].from);
      target.appendBuffer(bytes);
    });
    const back = video.currentTime - 120;
    if (target.buffered.length && target.buffered.start(0) < back - 60) {
      await new Promise(done => { target.addEventListener("updateend", done, { once: true }); target.remove(0, back); });
      for (const place of [...loaded]) if (at(segments[place].to) < back + 1) loaded.delete(place);
    }
  } catch { loaded.add(index); } finally {
    busy = false;
    if (mine === run) setTimeout(fill, 0);
  }
}

function tick() {
  if (!segments.length) return;
  const ms = moment();
  $("time").textContent = clockTime(ms);
  $("now").style.left = `${100 * (ms - start) / dayMs}%`;
  strip.setAttribute("aria-valuenow", String(Math.round((ms - start) / 1_000)));
  strip.setAttribute("aria-valuetext", clockTime(ms));
  fill();
  // A gap: nothing more here, but something later.
  if (!video.paused && !busy && video.readyState < 3) {
    const next = segments.find(segment => segment.from > ms + 20);
    const inside = segments.some(segment => segment.from <= ms + 20 && segment.to > ms + 200);
    if (!inside && next) seek(next.from + 10);
  }
}

function play(/** @type {boolean} */ on) {
  if (on) { video.playbackRate = Number($("speed").value); video.play().catch(() => {}); } else video.pause();
  $("play").setAttribute("aria-pressed", String(on));
  $("play").textContent = word(on ? "watch.replay.pause" : "watch.replay.play");
}

$("open").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); open().catch(() => {}); });
$("play").addEventListener("click", () => play(video.paused));
$("speed").addEventListener("change", () => { video.playbackRate = Number($("speed").value); });
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => { play(false); wanted = 0; video.currentTime += Number(/** @type {HTMLElement} */ (button).dataset.step) / 25; });
}
strip.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
  const box = strip.getBoundingClientRect();
  seek(start + dayMs * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
});
strip.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const step = { ArrowLeft: -10_000, ArrowRight: 10_000, PageDown: -600_000, PageUp: 600_000 }[event.key];
  if (step && segments.length) { event.preventDefault(); seek(Math.max(start, moment() + step)); }
});
video.addEventListener("seeked", () => { wanted = 0; tick(); });
video.addEventListener("timeupdate", tick);
setInterval(tick, 500);

$("clip").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  const time = (/** @type {string} */ id) => new Date(Date.parse(`${day.value}T${$(id).value.padEnd(8, ":00").slice(0, 8)}+08:00`)).toISOString();
  try {
    const made = await post(`${address}/clips`, { from: time("from"), to: time("to"), reason: $("clip-reason").value, caseId: $("case").value });
    const link = document.createElement("a");
    link.href = made.url;
    link.download = "";
    link.textContent = word("watch.replay.download", { mb: (made.bytes / 1e6).toFixed(1) });
    $("clip-done").replaceChildren(link, ` SHA-256 ${made.sha256}`);
  } catch { /* the toast says why */ }
});
$("rule")?.addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  try { await api("PUT", `${address}/recording`, { body: { mode: $("mode").value, keepDays: Number($("days").value) } }); toast("ok", word("watch.replay.ruled")); } catch { /* the toast says why */ }
});
open().catch(() => {});
