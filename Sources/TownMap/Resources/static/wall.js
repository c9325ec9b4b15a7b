// The wall: the town at a glance, kept true by the live feed; it turns from place to place by itself and shows nothing
// that the centre does not know.
import { get } from "/static/api.js";
import { dataIsAt } from "/static/live.js";
import { fonts, library } from "/static/map.js";
import { now, setClock, shortTime, since, span, word } from "/static/text.js";
import { tileAddress, townStyle } from "/static/townmap-style.js";

const byID = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const rooms = ["sites", "waters", "units", "reports", "cases", "alarms"].map(name => ({ name, glyph: word(`townmap.glyph.${name}`) }));
const layers = rooms.map(layer => layer.name);
/** @type {any} */ let map = null;
/** @type {any} */ let desk = null;
/** @type {any} */ let town = null;
/** @type {any} */ let wall = null;
let version = 0, turn = 0;

/** @param {string} tag @param {string} [text] @param {string} [name] */
function make(tag, text = "", name = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

/** As many lines as fit, from where the turn stands, so that a long list is seen whole in time. @param {string} id @param {HTMLElement[]} lines @param {string} calm */
function fill(id, lines, calm) {
  const list = byID(id);
  if (!lines.length) { list.replaceChildren(make("li", calm, "calm")); return; }
  list.replaceChildren(lines[0]);
  const each = list.firstElementChild?.getBoundingClientRect().height || 60;
  const fits = Math.max(1, Math.floor(list.clientHeight / each)), pages = Math.ceil(lines.length / fits), page = turn % pages;
  list.replaceChildren(...lines.slice(page * fits, page * fits + fits));
}

/** @param {string} name @param {string} sub @param {string} end @param {string} [tone] */
function line(name, sub, end, tone = "") {
  const item = make("li", "", tone);
  item.append(make("strong", name), make("span", end, "end"));
  if (sub) item.append(make("span", sub, "sub"));
  return item;
}

function draw() {
  if (!desk) return;
  const { counts } = desk;
  const figures = [["unacknowledgedAlarms", "bad"], ["openCases", ""], ["overdue", "warn"], ["offlineDetectors", ""]].map(([key, tone]) => [key, counts[key], counts[key] > 0 ? tone : ""]);
  if (wall) {
    figures.push(["opened", wall.today.opened, ""], ["closed", wall.today.closed, ""]);
    if (wall.today.records) figures.push(["verified", `${Math.floor(wall.today.verified / wall.today.records * 100)}%`, ""]);
  }
  byID("wall-counts").replaceChildren(...figures.map(([key, value, tone]) => {
    const box = make("div", "", tone);
    box.append(make("dt", word(`wall.${key}`)), make("dd", String(value)));
    return box;
  }));
  const alarms = desk.alarms.filter((/** @type {any} */ alarm) => alarm.state !== "cleared");
  fill("wall-alarms", alarms.map((/** @type {any} */ alarm) => line(alarm.siteName || alarm.address, `${word(`kind.${alarm.kind}`)} · ${word(`alarmState.${alarm.state}`)}`, since(alarm.firstAt), alarm.state === "raised" ? "waiting" : "")), word("wall.noAlarms"));
  fill("wall-cases", desk.cases.map((/** @type {any} */ item) => line(item.title, `${word(`state.${item.state}`)} · ${item.areaName || item.place}`, item.overdue ? word("overdue") : shortTime(item.openedAt), item.overdue ? "late" : "")), word("wall.noCases"));
  fill("wall-units", desk.units.map((/** @type {any} */ unit) => line(unit.name, "", word(`unitState.${unit.state}`))), word("wall.noUnits"));
  if (!wall) return;
  fill("wall-duty", wall.duty.map((/** @type {any} */ item) => line(item.names.join("、") || word("wall.nobody"), "", [word(`wall.role.${item.role}`), item.source === "roster" ? "" : word(`wall.duty.${item.source}`)].filter(Boolean).join(" · "), item.source === "gap" || !item.names.length ? "late" : "")), word("wall.noDuty"));
  const tones = { seen: "waiting", unwatched: "state-warn", watched: "state-ok" };
  fill("wall-water", wall.water.map((/** @type {any} */ item) => line(item.name, item.watchers.join("、"), word(`townmap.state.${item.state}`), tones[/** @type {keyof typeof tones} */ (item.state)] ?? "")), word("wall.noWater"));
  fill("wall-latest", wall.latest.map((/** @type {any} */ item) => line(item.title, word(`wall.step.${item.step}`), shortTime(item.at))), word("wall.noLatest"));
}

/** A bar chart in words and lengths; a panel without anything to count is not shown. @param {string} id @param {{name: string, value: number, text: string}[]} bars */
function bars(id, bars) {
  byID(`${id}-panel`).toggleAttribute("data-empty", !bars.length);
  const most = Math.max(1, ...bars.map(bar => bar.value));
  byID(id).replaceChildren(...bars.map(bar => {
    const item = make("li"), track = make("span"), fillBar = make("i");
    fillBar.style.width = `${Math.max(1, bar.value / most * 100)}%`;
    track.append(fillBar);
    item.append(make("span", bar.name), track, make("span", bar.text, "end"));
    return item;
  }));
}

let loading = false, again = false;
async function load() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    desk = await get("/api/v1/desk", { quiet: true });
    setClock(desk.now);
    dataIsAt(desk.lastEvent);
    wall = await get("/api/v1/wall", { quiet: true });
    draw();
    const statistics = await get("/api/v1/statistics?days=30", { quiet: true });
    bars("wall-times", statistics.steps.map((/** @type {any} */ step) => ({ name: word(`wall.step.${step.step}`), value: step.medianMs, text: `${span(step.medianMs)} (${step.count})` })));
    const from = new Date(now() - 30 * 86400000).toISOString();
    const counts = (await get(`/api/v1/map/counts?layer=cases&from=${encodeURIComponent(from)}`, { quiet: true })).items;
    const top = counts.filter((/** @type {any} */ item) => item.count > 0).sort((/** @type {any} */ a, /** @type {any} */ b) => b.count - a.count).slice(0, 7);
    bars("wall-villages", top.map((/** @type {any} */ item) => ({ name: item.name, value: item.count, text: String(item.count) })));
  } catch { /* the connection banner speaks; what is shown stays */ } finally {
    loading = false;
    document.getElementById("wall")?.setAttribute("data-ready", "");
    if (again) { again = false; setTimeout(load, 300); }
  }
}

/** Every twelve seconds: the next open alarm or case, then the whole town again. */
function cycle() {
  turn += 1;
  const panels = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-turn]")]), filled = panels.filter(panel => !("empty" in panel.dataset));
  for (const panel of panels) panel.hidden = panel !== filled[turn % filled.length];
  draw();
  if (!map || !desk) return;
  const places = [...desk.alarms.filter((/** @type {any} */ alarm) => alarm.state !== "cleared" && alarm.location).map((/** @type {any} */ alarm) => ({ text: alarm.siteName, at: alarm.location })),
    ...desk.cases.filter((/** @type {any} */ item) => item.location).map((/** @type {any} */ item) => ({ text: item.title, at: item.location }))];
  const place = places[turn % (places.length + 1)], focus = byID("wall-focus");
  focus.hidden = !place;
  if (place) {
    focus.textContent = place.text;
    map.easeTo({ center: [place.at.lon, place.at.lat], zoom: 14.2, duration: 1500 });
  } else if (town) map.fitBounds(town.bounds, { padding: 30, duration: 1500 });
}

/** The map is drawn as on 1920 points and enlarged, so that its letters grow with the screen like all others. */
const larger = () => Math.max(1, innerWidth / 1920);
function scale() {
  const { style } = byID("wall-map");
  style.width = style.height = `${100 / larger()}%`;
  style.transform = larger() > 1 ? `scale(${larger()})` : "";
  map?.setPixelRatio(Math.max(1, devicePixelRatio * larger()));
  map?.resize();
}

async function start() {
  const maplibre = await library();
  scale();
  town = await get("/api/v1/map/town", { quiet: true }).catch(() => null);
  map = new maplibre.Map({ container: byID("wall-map"), style: townStyle(rooms, true), interactive: false, attributionControl: false, localIdeographFontFamily: fonts, fadeDuration: 0, pixelRatio: Math.max(1, devicePixelRatio * larger()),
    bounds: town?.bounds, fitBoundsOptions: { padding: 30 }, center: town ? undefined : [113.02, 34.02], zoom: town ? undefined : 11, locale: { "Map.Title": word("map.title") } });
  map.addControl(new maplibre.ScaleControl(), "bottom-right");
}

let waiting = 0;
window.addEventListener("zhili:event", () => {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = 0;
    version += 1;
    for (const name of layers) map?.getSource(name)?.setTiles([tileAddress(name, `?v=${version}`)]);
    load();
  }, 400);
});
window.addEventListener("zhili:refetch", load);
window.addEventListener("resize", () => { scale(); draw(); });
setInterval(cycle, 12000);
setInterval(draw, 1000);
// A watch begins and ends without an event, and who is on duty changes with the clock.
setInterval(load, 60000);
load();
start().catch(() => { byID("wall-map").textContent = word("map.failed"); });
