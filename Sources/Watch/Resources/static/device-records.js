// What a camera's own recorder keeps: a day on a strip, played by the recorder itself with pause, jumps and speeds, and
// fetched into the centre's recordings. A recorder that ignores a speed is found out by how fast its pictures come.
import { api, post } from "./api.js";
import { Player } from "./player.js";
import { clockTime, date, now, word } from "./text.js";

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const address = `/api/v1/cameras/${encodeURIComponent($("records").dataset.camera)}`;
const day = $("day"), strip = $("strip"), dayMs = 86_400_000;
const player = new Player($("picture"), { onState: () => steerable() });

/** @type {{from: number, to: number, type: string}[]} */ let records = [];
/** @type {{id: string, from: number, to: number}|null} */ let replay = null;
/** The day's first moment; the moment that the player showed at its second `origin`. */
let start = 0, base = 0, origin = 0;
let paused = false, measuring = 0;

day.value ||= new URLSearchParams(location.search).get("day") ?? date(now());
const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();
const end = () => player.video.buffered.length ? player.video.buffered.end(player.video.buffered.length - 1) : 0;
const moment = () => base + Math.max(0, player.video.currentTime - origin) * 1_000;

function steerable() {
  const on = player.state === "playing";
  for (const element of document.querySelectorAll("#play, #speed, [data-jump]")) /** @type {HTMLButtonElement} */ (element).disabled = !on;
}

async function ask() {
  start = Date.parse(`${day.value}T00:00:00+08:00`);
  $("said").textContent = word("watch.records.asking");
  /** @type {any} */ let found;
  try { found = await api("GET", `${address}/records?from=${encodeURIComponent(iso(start))}&to=${encodeURIComponent(iso(start + dayMs))}`); } catch { $("said").textContent = ""; return; }
  records = found.items.map((/** @type {any} */ item) => ({ from: Math.max(start, Date.parse(item.from)), to: Math.min(start + dayMs, Date.parse(item.to)), type: item.type }));
  $("marks").replaceChildren(...records.map(record => {
    const piece = document.createElement("i");
    piece.className = "have";
    piece.style.left = `${100 * (record.from - start) / dayMs}%`;
    piece.style.width = `max(1px, ${100 * (record.to - record.from) / dayMs}%)`;
    return piece;
  }));
  $("list").replaceChildren(...records.map(record => {
    const line = document.createElement("li"), button = document.createElement("button"), kind = document.createElement("span");
    line.className = "row";
    button.type = "button";
    button.className = "button small mono";
    button.textContent = `${clockTime(record.from)}–${clockTime(record.to)}`;
    button.addEventListener("click", () => { open(record.from).catch(() => {}); });
    kind.className = "hint";
    kind.textContent = word(`watch.records.type.${["alarm", "manual"].includes(record.type) ? record.type : "time"}`);
    line.append(button, kind);
    return line;
  }));
  $("none").hidden = records.length > 0;
  $("said").textContent = word(records.length ? "watch.records.found" : "watch.records.nothing", { count: String(records.length) });
}

/** Calls the recorder from a moment on, up to where its recordings end or gape. */
async function open(/** @type {number} */ ms) {
  const first = records.findIndex(record => record.to > ms);
  if (first < 0) return;
  const from = Math.max(ms, records[first].from);
  let to = records[first].to;
  for (const record of records.slice(first + 1)) { if (record.from - to > 2_000) break; to = Math.max(to, record.to); }
  await close();
  show(await post(`${address}/replays`, { from: iso(from), to: iso(to), reason: $("reason").value }));
}

/** @param {any} made */
function show(made) {
  replay = { id: made.id, from: Date.parse(made.from), to: Date.parse(made.to) };
  base = replay.from;
  origin = 0;
  paused = false;
  player.rate = 1;
  $("speed").value = "1";
  tell("");
  said();
  let ticket = made;
  // A connection that breaks needs a new ticket, and that needs a new call from where it broke.
  void player.play(async () => {
    const way = ticket ?? await post(`${address}/replays`, { from: iso(moment()), to: iso(replay?.to ?? 0), reason: $("reason").value });
    if (!ticket) { base = Date.parse(way.from); origin = 0; replay = { id: way.id, from: base, to: Date.parse(way.to) }; }
    ticket = null;
    return way;
  });
}

async function close() {
  player.stop();
  if (!replay) return;
  const { id } = replay;
  replay = null;
  await api("DELETE", `${address}/replays/${id}`, { quiet: true }).catch(() => {});
}

async function order(/** @type {any} */ body) {
  if (!replay) return { obeyed: false };
  return post(`${address}/replays/${replay.id}/orders`, body);
}

async function jump(/** @type {number} */ ms) {
  if (!replay || ms < replay.from || ms >= replay.to) { await open(ms); return; }
  const seconds = Math.max(0, Math.round((ms - replay.from) / 1_000)), from = replay.from;
  const done = await order({ order: "seek", seconds });
  if (done.replay) { show(done.replay); return; }
  base = from + seconds * 1_000;
  origin = end();
  player.video.currentTime = origin;
  paused = false;
  said();
}

async function setSpeed(/** @type {number} */ speed) {
  const run = ++measuring;
  tell("");
  const done = await order({ order: "speed", speed });
  if (!done.obeyed) { ignored(speed); return; }
  player.rate = speed;
  await new Promise(wait => setTimeout(wait, 1_000));
  const [firstEnd, firstTime] = [end(), performance.now()];
  await new Promise(wait => setTimeout(wait, 3_000));
  if (run !== measuring || paused || player.state !== "playing") return;
  const ratio = (end() - firstEnd) * 1_000 / (performance.now() - firstTime);
  if (speed > 1 ? ratio < 1 + (speed - 1) / 3 : speed < 1 && ratio > (1 + speed) / 2) ignored(speed);
}

function ignored(/** @type {number} */ speed) {
  player.rate = 1;
  $("speed").value = "1";
  tell(word("watch.records.ignored", { speed: String(speed) }));
}

function tell(/** @type {string} */ text) { $("ignored").textContent = text; $("ignored").hidden = !text; }
function said() {
  $("play").setAttribute("aria-pressed", String(paused));
  $("play").textContent = word(paused ? "watch.records.resume" : "watch.records.pause");
}

$("open").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); ask().catch(() => {}); });
$("play").addEventListener("click", async () => {
  try {
    const done = await order({ order: paused ? "resume" : "pause" });
    if (!done.obeyed) { tell(word("watch.records.refused")); return; }
    paused = !paused;
    said();
  } catch { /* the toast says why */ }
});
$("speed").addEventListener("change", () => { setSpeed(Number($("speed").value)).catch(() => {}); });
for (const button of document.querySelectorAll("[data-jump]")) {
  button.addEventListener("click", () => { jump(moment() + Number(/** @type {HTMLElement} */ (button).dataset.jump) * 1_000).catch(() => {}); });
}
strip.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
  if (!records.length) return;
  const box = strip.getBoundingClientRect();
  jump(start + dayMs * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))).catch(() => {});
});
strip.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const step = { ArrowLeft: -10_000, ArrowRight: 10_000, PageDown: -600_000, PageUp: 600_000 }[event.key];
  if (step && replay) { event.preventDefault(); jump(moment() + step).catch(() => {}); }
});
setInterval(() => {
  if (!replay) return;
  const ms = moment();
  $("time").textContent = clockTime(ms);
  $("now").style.left = `${100 * (ms - start) / dayMs}%`;
  strip.setAttribute("aria-valuenow", String(Math.round((ms - start) / 1_000)));
  strip.setAttribute("aria-valuetext", clockTime(ms));
}, 250);

$("fetch")?.addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  const time = (/** @type {string} */ id) => iso(Date.parse(`${day.value}T${$(id).value.padEnd(8, ":00").slice(0, 8)}+08:00`));
  try {
    await close();
    await post(`${address}/replays`, { from: time("from"), to: time("to"), reason: $("reason").value, downloadSpeed: Number($("faster").value) });
    const link = document.createElement("a");
    link.href = `/cameras/${$("records").dataset.camera}/replay?day=${day.value}&at=${Date.parse(time("from"))}`;
    link.textContent = word("watch.records.fetchedLink");
    $("fetched").replaceChildren(word("watch.records.fetching"), " ", link);
  } catch { /* the toast says why */ }
});
// Hung up by the centre 20 s after its last viewer; a page that is left cannot be relied on to say so.
addEventListener("pagehide", () => player.stop());
