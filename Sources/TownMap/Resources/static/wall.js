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
  item.append(make("strong", name), make("span", end, "end"), make("span", sub, "sub"));
  return item;
}

function draw() {
  if (!desk) return;
  const { counts } = desk;
  byID("wall-counts").replaceChildren(...[["unacknowledgedAlarms", "bad"], ["openCases", ""], ["overdue", "warn"], ["offlineDetectors", ""]].map(([key, tone]) => {
    const box = make("div", "", counts[key] > 0 ? tone : "");
    box.append(make("dt", word(`wall.${key}`)), make("dd", String(counts[key])));
    return box;
  }));
  const alarms = desk.alarms.filter((/** @type {any} */ alarm) => alarm.state !== "cleared");
  fill("wall-alarms", alarms.map((/** @type {any} */ alarm) => line(alarm.siteName || alarm.address, `${word(`kind.${alarm.kind}`)} · ${word(`alarmState.${alarm.state}`)}`, since(alarm.firstAt), alarm.state === "raised" ? "waiting" : "")), word("wall.noAlarms"));
  fill("wall-cases", desk.cases.map((/** @type {any} */ item) => line(item.title, `${word(`state.${item.state}`)} · ${item.areaName || item.place}`, item.overdue ? word("overdue") : shortTime(item.openedAt), item.overdue ? "late" : "")), word("wall.noCases"));
  fill("wall-units", desk.units.map((/** @type {any} */ unit) => line(unit.name, "", word(`unitState.${unit.state}`))), word("wall.noUnits"));
}

/** A bar chart in words and lengths; a panel without anything to count is not shown. @param {string} id @param {{name: string, value: number, text: string}[]} bars */
function bars(id, bars) {
  byID(`${id}-panel`).hidden = !bars.length;
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

async function start() {
  const maplibre = await library();
  town = await get("/api/v1/map/town", { quiet: true }).catch(() => null);
  map = new maplibre.Map({ container: byID("wall-map"), style: townStyle(rooms, true), interactive: false, attributionControl: false, localIdeographFontFamily: fonts, fadeDuration: 0,
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
window.addEventListener("resize", draw);
setInterval(cycle, 12000);
setInterval(draw, 1000);
load();
start().catch(() => { byID("wall-map").textContent = word("map.failed"); });
