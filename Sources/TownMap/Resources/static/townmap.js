// The town's map: layers as tiles of what this person may see, kept true by the live feed.
import { get, post } from "/static/api.js";
import { fonts, colour, library } from "/static/map.js";
import { date, now, word } from "/static/text.js";
import { tileAddress, townStyle } from "/static/townmap-style.js";
import { printMap } from "/static/townmap-print.js";

const root = /** @type {HTMLElement} */ (document.getElementById("townmap"));
const byID = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const boxes = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("[data-layer]")]);
const layers = boxes.map(box => /** @type {string} */ (box.dataset.layer));
/** Beginnings of events that change a layer; the server knows the same list. @type {Record<string, string[]>} */
const changes = { sites: ["site.", "alarm.", "detector.", "area."], detectors: ["site.", "alarm.", "detector.", "area."], alarms: ["alarm.", "site.", "area."], cases: ["case.", "area."], units: ["task.", "unit.", "case."], areas: ["area."] };
const day = 86400000;
/** @type {any} */ let map = null;
/** @type {string} */ let tool = "";
/** @type {[number, number][]} */ let drawn = [];
let version = 0;

const make = (/** @type {string} */ tag, /** @type {string} */ text = "", /** @type {string} */ name = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
};

/** The period of the slider, or nothing for how it is now. */
function period() {
  if (!(/** @type {HTMLInputElement} */ (byID("time-on")).checked)) return "";
  const back = 30 - Number(/** @type {HTMLInputElement} */ (byID("time-at")).value);
  const midnight = Date.parse(`${date(now() - back * day)}T00:00:00+08:00`);
  return `from=${encodeURIComponent(new Date(midnight).toISOString())}&to=${encodeURIComponent(new Date(midnight + day).toISOString())}`;
}

/** @param {string} name */
function refresh(name) {
  const past = boxes.find(box => box.dataset.layer === name && "past" in box.dataset) ? period() : "";
  version += 1;
  map.getSource(name)?.setTiles([tileAddress(name, `?v=${version}${past ? `&${past}` : ""}`)]);
}

function showLayers() {
  for (const box of boxes) {
    const name = /** @type {string} */ (box.dataset.layer);
    for (const part of ["halo", "cell", "mark", "name"]) {
      if (map.getLayer(`${name}-${part}`)) map.setLayoutProperty(`${name}-${part}`, "visibility", box.checked ? "visible" : "none");
    }
  }
  showHeat();
  legend();
}

function showHeat() {
  const on = /** @type {HTMLInputElement} */ (byID("heat")).checked;
  for (const name of layers) {
    const id = `${name}-heat`, wanted = on && boxes.some(box => box.dataset.layer === name && box.checked);
    if (wanted && !map.getLayer(id)) map.addLayer({ id, type: "heatmap", source: name, "source-layer": name, paint: { "heatmap-weight": ["coalesce", ["get", "count"], 1], "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 10, 14, 15, 48], "heatmap-opacity": 0.7 } }, "draft-fill");
    if (!wanted && map.getLayer(id)) map.removeLayer(id);
  }
}

function legend() {
  const list = byID("legend");
  list.replaceChildren(...boxes.filter(box => box.checked).map(box => {
    const item = make("li");
    item.append(make("span", "", `dot ${box.dataset.layer}`), document.createTextNode(word(`townmap.layer.${box.dataset.layer}`)));
    return item;
  }));
}

let counting = 0;
async function count() {
  counting = 0;
  const past = period();
  for (const box of boxes) {
    const name = /** @type {string} */ (box.dataset.layer), place = root.querySelector(`[data-count="${name}"]`);
    try {
      const { items } = await get(`/api/v1/map/counts?layer=${name}${"past" in box.dataset && past ? `&${past}` : ""}`, { quiet: true });
      if (place) place.textContent = String(items.reduce((/** @type {number} */ sum, /** @type {any} */ item) => sum + item.count, 0));
      if (name === /** @type {HTMLSelectElement} */ (byID("shade")).value) shade(items);
    } catch { if (place) place.textContent = "–"; }
  }
  if (!(/** @type {HTMLSelectElement} */ (byID("shade")).value)) shade([]);
}

/** Villages in five steps of one hue, the most the darkest. @param {{id: string, count: number}[]} items */
function shade(items) {
  const most = Math.max(0, ...items.map(item => item.count));
  const steps = items.filter(item => item.count > 0).flatMap(item => [item.id, `rgba(42, 102, 173, ${(0.08 + 0.5 * item.count / most).toFixed(3)})`]);
  map.setPaintProperty("shade", "fill-color", steps.length ? ["match", ["get", "id"], ...steps, "rgba(0,0,0,0)"] : "rgba(0,0,0,0)");
}

/** @param {string} title @param {HTMLElement[]} parts */
function detail(title, ...parts) {
  const box = byID("detail");
  box.replaceChildren(make("h2", title), ...parts);
}

/** Marks as a list that leads to them. @param {any[]} items */
function hits(items) {
  const list = make("ul", "", "lines hits");
  for (const item of items) {
    const line = make("li"), row = make("div", "", "row");
    const link = item.href ? make("a", item.label) : make("span", item.label);
    if (item.href) link.setAttribute("href", item.href);
    row.append(make("span", "", `dot ${item.layer}`), link);
    if (item.metres !== undefined) row.append(make("span", item.metres < 1000 ? `${item.metres} m` : `${(item.metres / 1000).toFixed(1)} km`, "end hint num"));
    line.append(row, make("span", [word(`townmap.layer.${item.layer}`), word(`townmap.state.${item.state}`)].join(" · "), "hint"));
    list.append(line);
  }
  return items.length ? list : make("p", word("townmap.nothing"), "hint");
}

/** @param {string} id */
async function showArea(id) {
  map.setFilter("area-pick", ["==", ["get", "id"], id]);
  const shown = boxes.filter(box => box.checked).map(box => /** @type {string} */ (box.dataset.layer));
  const [area, ...lists] = await Promise.all([get(`/api/v1/areas/${id}`, { quiet: true }),
    ...shown.map(name => get(`/api/v1/map/counts?layer=${name}&parent=${id}`, { quiet: true }))]);
  const facts = make("dl", "", "facts");
  facts.append(make("dt", word("townmap.code")), make("dd", area.code || "–"), make("dt", word("townmap.size")), make("dd", `${(area.squareMetres / 1e6).toFixed(2)} km²`));
  const table = make("div", "", "table"), grid = make("table"), head = make("tr");
  head.append(make("th", word("townmap.part")), ...shown.map(name => make("th", word(`townmap.layer.${name}`), "num")));
  const top = make("thead");
  top.append(head);
  const body = make("tbody");
  for (const [index, part] of (lists[0]?.items ?? []).entries()) {
    const line = make("tr"), first = make("td"), button = make("button", part.name, "button quiet small");
    button.addEventListener("click", () => goTo(part.id));
    first.append(button);
    line.append(first, ...lists.map(list => make("td", String(list.items[index]?.count ?? 0), "num")));
    body.append(line);
  }
  grid.append(top, body);
  table.append(grid);
  detail(area.fullName, facts, ...(body.children.length ? [table] : []));
}

/** @param {string} id */
async function goTo(id) {
  const area = await get(`/api/v1/areas/${id}`);
  map.fitBounds(area.bounds, { padding: 40, duration: 400 });
  await showArea(id);
}

/** @param {number} lon @param {number} lat */
async function showAround(lon, lat) {
  draft([point([lon, lat])]);
  const found = await get(`/api/v1/map/around?lat=${lat.toFixed(6)}&lon=${lon.toFixed(6)}&metres=1500`);
  detail(word("townmap.aroundTitle", { area: found.areaName || "–" }), hits(found.items));
}

const feature = (/** @type {string} */ type, /** @type {any} */ coordinates, /** @type {object} */ properties = {}) => ({ type: "Feature", geometry: { type, coordinates }, properties });
const point = (/** @type {number[]} */ at, /** @type {object} */ properties = {}) => feature("Point", at, properties);
/** @param {any[]} features */
function draft(features) { map.getSource("draft").setData({ type: "FeatureCollection", features }); }
/** @param {string} text @param {boolean} [bad] */
function hint(text, bad = false) {
  const line = byID("tool-hint");
  line.hidden = !text;
  line.textContent = text;
  line.classList.toggle("bad", bad);
}

/** Metres between two positions on the globe. @param {number[]} a @param {number[]} b */
function metres(a, b) {
  const r = Math.PI / 180, h = Math.sin((b[1] - a[1]) * r / 2) ** 2 + Math.cos(a[1] * r) * Math.cos(b[1] * r) * Math.sin((b[0] - a[0]) * r / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
}
/** @param {number[][]} ring */
function squareMetres(ring) {
  const scale = 6371008.8 * Math.PI / 180, k = Math.cos(ring[0][1] * Math.PI / 180);
  return Math.abs(ring.reduce((sum, a, i) => { const b = ring[(i + 1) % ring.length]; return sum + (a[0] - ring[0][0]) * (b[1] - ring[0][1]) - (b[0] - ring[0][0]) * (a[1] - ring[0][1]); }, 0)) / 2 * scale * scale * k;
}

function showDrawn() {
  const parts = drawn.map(at => point(at));
  if (tool === "select" && drawn.length > 2) parts.push(feature("Polygon", [[...drawn, drawn[0]]]));
  else if (drawn.length > 1) parts.push(feature("LineString", drawn));
  draft(parts);
  if (tool === "measure") {
    const length = drawn.slice(1).reduce((sum, at, i) => sum + metres(drawn[i], at), 0);
    const text = length < 1000 ? `${Math.round(length)} m` : `${(length / 1000).toFixed(2)} km`;
    hint(word("townmap.measured", { length: text, area: drawn.length > 2 ? `${(squareMetres(drawn) / 1e6).toFixed(3)} km²` : "–" }));
  }
}

async function finish() {
  if (tool !== "select" || drawn.length < 3) return;
  const wanted = boxes.filter(box => box.checked).map(box => box.dataset.layer);
  const found = await post("/api/v1/map/inside", { ring: drawn, layers: wanted });
  detail(word("townmap.selected", { n: found.count }), hits(found.items));
  use("");
}

/** @param {string} name */
function use(name) {
  tool = name;
  drawn = [];
  for (const button of root.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-tool") === name));
  hint(name && name !== "edit" ? word(`townmap.hint.${name}`) : "");
  if (name) draft([]);
  map.getCanvas().style.cursor = name ? "crosshair" : "";
  map.doubleClickZoom[name ? "disable" : "enable"]();
}

/** @param {SubmitEvent} event */
async function find(event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target)), list = byID("found");
  const text = String(form.get("q")).trim();
  if (!text) { list.hidden = true; return; }
  const { items } = await get(`/api/v1/map/find?q=${encodeURIComponent(text)}&datum=${form.get("datum")}`);
  list.hidden = false;
  list.replaceChildren(...(items.length ? items.map((/** @type {any} */ item) => {
    const line = make("li"), button = make("button", item.label);
    button.append(make("span", ` ${word(`townmap.found.${item.kind}`)}`, "hint"));
    button.addEventListener("click", () => {
      if (item.areaId) { goTo(item.areaId); return; }
      map.easeTo({ center: [item.location.lon, item.location.lat], zoom: 16, duration: 400 });
      showAround(item.location.lon, item.location.lat);
    });
    line.append(button);
    return line;
  }) : [make("li", word("townmap.nothing"), "hint")]));
}

/** @param {any} event */
function click(event) {
  const at = /** @type {[number, number]} */ ([event.lngLat.lng, event.lngLat.lat]);
  if (tool === "edit") return;
  if (tool === "around") { showAround(at[0], at[1]); return; }
  if (tool) { drawn.push(at); showDrawn(); return; }
  const marks = map.queryRenderedFeatures([[event.point.x - 6, event.point.y - 6], [event.point.x + 6, event.point.y + 6]], { layers: layers.map(name => `${name}-mark`).filter(id => map.getLayer(id)) });
  if (marks.length) {
    const seen = new Map(marks.map((/** @type {any} */ mark) => [mark.properties.subject, { ...mark.properties, layer: mark.source }]));
    detail(word("townmap.here"), hits([...seen.values()]));
    return;
  }
  const order = ["grid", "cooperative", "village", "town"], zoom = map.getZoom();
  const wanted = zoom < 12 ? "village" : zoom < 13.5 ? "cooperative" : "grid";
  const under = map.queryRenderedFeatures(event.point, { layers: ["area-hit"] });
  under.sort((/** @type {any} */ a, /** @type {any} */ b) => order.indexOf(b.properties.kind) - order.indexOf(a.properties.kind));
  const area = under.find((/** @type {any} */ item) => item.properties.kind === wanted) ?? under.at(-1);
  if (area) goTo(area.properties.id);
}

async function start() {
  const maplibre = await library();
  const town = await get("/api/v1/map/town", { quiet: true }).catch(() => null);
  map = new maplibre.Map({
    container: byID("canvas"), style: townStyle(layers), attributionControl: false, localIdeographFontFamily: fonts, dragRotate: false, pitchWithRotate: false,
    bounds: town?.bounds, fitBoundsOptions: { padding: 30 }, center: town ? undefined : [113.02, 34.02], zoom: town ? undefined : 11, minZoom: 8, maxZoom: 18.5, fadeDuration: 0, canvasContextAttributes: { preserveDrawingBuffer: true },
    locale: { "NavigationControl.ZoomIn": word("map.zoomIn"), "NavigationControl.ZoomOut": word("map.zoomOut"), "Map.Title": word("map.title") },
  });
  map.on("error", (/** @type {any} */ event) => console.warn(event.error?.message ?? event.error));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl(), "bottom-right");
  await new Promise(done => map.once("load", done));
  root.dataset.ready = "";
  if (!town) hint(word("townmap.noTown"));
  showLayers();
  count();
  map.on("click", click);
  map.on("dblclick", finish);
  new ResizeObserver(() => map.resize()).observe(byID("canvas"));
  for (const box of boxes) box.addEventListener("change", showLayers);
  byID("heat").addEventListener("change", showHeat);
  byID("shade").addEventListener("change", count);
  const moved = () => {
    const on = /** @type {HTMLInputElement} */ (byID("time-on")).checked, slider = /** @type {HTMLInputElement} */ (byID("time-at"));
    slider.disabled = !on;
    byID("time-text").textContent = on ? date(now() - (30 - Number(slider.value)) * day) : word("townmap.now");
    for (const box of boxes) if ("past" in box.dataset) refresh(/** @type {string} */ (box.dataset.layer));
    count();
  };
  byID("time-on").addEventListener("change", moved);
  byID("time-at").addEventListener("input", moved);
  byID("find").addEventListener("submit", find);
  for (const button of root.querySelectorAll("[data-tool]")) button.addEventListener("click", async () => {
    const name = button.getAttribute("data-tool") ?? "";
    if (name === "png" || name === "pdf") { await printMap(map, name, boxes.filter(box => box.checked).map(box => /** @type {string} */ (box.dataset.layer))); return; }
    use(tool === name ? "" : name);
    if ("canEdit" in root.dataset) {
      const { toggle } = await import("/static/townmap-edit.js");
      toggle(tool === "edit", { map, maplibre, draft, hint, point, feature, refresh: () => refresh("areas") });
    }
  });
  document.addEventListener("keydown", event => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "Escape" && tool !== "edit") { use(""); draft([]); }
    if (event.key === "Enter" && tool === "select") finish();
  });
  window.addEventListener("zhili:event", event => {
    const { type } = /** @type {CustomEvent} */ (event).detail;
    for (const name of [...layers, "areas"]) if ((changes[name] ?? ["area."]).some(prefix => type.startsWith(prefix))) due.add(name);
    if (due.size && !waiting) waiting = setTimeout(renew, 400);
  });
  window.addEventListener("zhili:refetch", () => { for (const name of [...layers, "areas"]) due.add(name); renew(); });
  const asked = new URLSearchParams(location.search), lat = Number(asked.get("lat")), lon = Number(asked.get("lon"));
  if (asked.has("lat") && Number.isFinite(lat) && Number.isFinite(lon)) { map.jumpTo({ center: [lon, lat], zoom: 15 }); showAround(lon, lat); }
}

/** @type {Set<string>} */
const due = new Set();
let waiting = 0;
function renew() {
  waiting = 0;
  for (const name of due) refresh(name);
  due.clear();
  if (!counting) counting = setTimeout(count, 300);
}

start().catch(error => {
  const over = byID("map-failed");
  over.hidden = false;
  over.append(make("strong", word("map.failed")), make("p", String(error.message ?? error)));
});
