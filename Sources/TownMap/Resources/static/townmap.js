// The town's map: layers as tiles of what this person may see, kept true by the live feed.
import { get, post } from "/static/api.js";
import { fonts, colour, library } from "/static/map.js";
import { date, now, word } from "/static/text.js";
import { tileAddress, townStyle } from "/static/townmap-style.js";
import { printMap } from "/static/townmap-print.js";

const root = /** @type {HTMLElement} */ (document.getElementById("townmap"));
const byID = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const boxes = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll("[data-layer]")]);
/** @param {HTMLInputElement} box @returns {import("/static/townmap-style.js").Layer} */
const layerOf = ({ dataset }) => ({ name: dataset.layer ?? "", glyph: dataset.glyph ?? "", tint: dataset.tint });
// The list begins with what is most urgent, the map draws that last.
const rooms = boxes.map(layerOf).reverse();
const layers = rooms.map(layer => layer.name);
const boxOf = (/** @type {string} */ name) => boxes.find(box => box.dataset.layer === name);
const labelOf = (/** @type {string} */ name) => boxOf(name)?.dataset.label ?? name;
const shown = () => boxes.filter(box => box.checked).map(box => /** @type {string} */ (box.dataset.layer));
/** Beginnings of events that change a layer, as the server says. @param {string} name */
const changes = name => name === "areas" ? ["area."] : (boxOf(name)?.dataset.changes ?? "").split(" ");
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
    for (const part of ["halo", "cell", "cellnum", "mark", "glyph", "name"]) {
      if (map.getLayer(`${name}-${part}`)) map.setLayoutProperty(`${name}-${part}`, "visibility", box.checked ? "visible" : "none");
    }
  }
  showHeat();
  legend();
  if (!counting) counting = setTimeout(count, 60);
}

/** Somebody else's map under the town's own, where one is configured; what this browser chose stays. */
function backdrop() {
  const box = /** @type {HTMLInputElement|null} */ (document.getElementById("backdrop"));
  const { backdrop: sheets, backdropFrom: from, backdropTo: to, backdropName: name = "" } = root.dataset;
  if (!box || !sheets) return;
  const ids = [...Array(Number(sheets)).keys()].map(sheet => `backdrop-${sheet}`);
  const show = () => {
    byID("credit").hidden = !box.checked;
    for (const [sheet, id] of ids.entries()) {
      if (box.checked && !map.getSource(id)) map.addSource(id, { type: "raster", tiles: [`${location.origin}/backdrop/${sheet}/{z}/{x}/{y}`], tileSize: 256, minzoom: Number(from), maxzoom: Number(to) });
      if (box.checked && !map.getLayer(id)) map.addLayer({ id, type: "raster", source: id, paint: { "raster-fade-duration": 0 } }, "shade");
      if (!box.checked && map.getLayer(id)) { map.removeLayer(id); map.removeSource(id); }
    }
  };
  box.checked = localStorage.getItem("zhili.backdrop") !== "off";
  box.addEventListener("change", () => { localStorage.setItem("zhili.backdrop", box.checked ? "on" : "off"); hint(""); show(); });
  // The land that the town drew itself shows through wherever a tile is missing; of a tile that failed the library draws
  // nothing, so that it would not notice that it is done.
  map.on("error", (/** @type {any} */ event) => {
    if (!ids.includes(event.sourceId)) return;
    if (!tool) hint(word("townmap.backdropGone", { name }));
    map.triggerRepaint();
  });
  show();
}

function showHeat() {
  const on = /** @type {HTMLInputElement} */ (byID("heat")).checked;
  for (const name of layers) {
    const id = `${name}-heat`, wanted = on && boxes.some(box => box.dataset.layer === name && box.checked);
    if (wanted && !map.getLayer(id)) map.addLayer({ id, type: "heatmap", source: name, "source-layer": name, paint: { "heatmap-weight": ["coalesce", ["get", "count"], 1], "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 10, 14, 15, 48], "heatmap-opacity": 0.7 } }, "draft-fill");
    if (!wanted && map.getLayer(id)) map.removeLayer(id);
  }
}

/** The plate of a layer as the list has it. @param {string} name */
function plate(name) {
  const box = boxOf(name), dot = make("span", box?.dataset.glyph ?? "", `dot ${name}${box?.dataset.tint ? ` tint-${box.dataset.tint}` : ""}`);
  dot.setAttribute("aria-hidden", "true");
  return dot;
}

function legend() {
  byID("legend").replaceChildren(...shown().map(name => {
    const item = make("li");
    item.append(plate(name), document.createTextNode(labelOf(name)));
    return item;
  }));
}

let counting = 0;
/** The area whose parts are shaded; the town's where it is empty. */
let whole = "";
async function count() {
  counting = 0;
  const past = period(), wanted = /** @type {HTMLSelectElement} */ (byID("shade")).value;
  const query = (/** @type {string} */ name) => boxOf(name) && "past" in (boxOf(name)?.dataset ?? {}) && past ? `&${past}` : "";
  await Promise.all(boxes.map(async box => {
    const name = /** @type {string} */ (box.dataset.layer), place = root.querySelector(`[data-count="${name}"]`);
    if (!place) return;
    if (!box.checked) { place.textContent = ""; return; }
    try {
      const { items } = await get(`/api/v1/map/counts?layer=${name}${query(name)}`, { quiet: true });
      place.textContent = String(items.reduce((/** @type {number} */ sum, /** @type {any} */ item) => sum + (item.count ?? 0), 0));
    } catch { place.textContent = "–"; }
  }));
  if (!wanted) { shade([], ""); return; }
  try {
    const { items } = await get(`/api/v1/map/counts?layer=${wanted}${whole ? `&parent=${whole}` : ""}${query(wanted)}`, { quiet: true });
    shade(items, /** @type {HTMLSelectElement} */ (byID("shade")).selectedOptions[0].text);
  } catch { shade([], ""); }
}

/** One hue from light to dark (ColorBrewer's Blues): told apart without seeing red or green, and in grey print. */
const steps = ["#deebf7", "#9ecae1", "#6baed6", "#3182bd", "#08519c"], fewTint = "#e7e3dc";

/** Areas in at most five steps that hold about as many areas each. @param {{id: string, kind: string, count?: number, isFew: boolean}[]} items @param {string} title */
function shade(items, title) {
  const key = byID("shade-key"), counts = items.flatMap(item => item.count ? [item.count] : []).sort((a, b) => a - b);
  const limits = [...new Set([0.2, 0.4, 0.6, 0.8, 1].map(share => counts[Math.max(0, Math.ceil(counts.length * share) - 1)]).filter(n => n))];
  const first = Math.max(0, steps.length - limits.length);
  const tints = limits.map((_, index) => steps[limits.length === 1 ? 2 : Math.min(steps.length - 1, first + index)]);
  const of = (/** @type {any} */ item) => item.isFew ? fewTint : item.count ? tints[limits.findIndex(limit => item.count <= limit)] : "";
  const pairs = items.flatMap(item => of(item) ? [item.id, of(item)] : []);
  if (items.length) map.setFilter("shade", ["==", ["get", "kind"], items[0].kind]);
  map.setPaintProperty("shade", "fill-color", pairs.length ? ["match", ["get", "id"], ...pairs, "rgba(0,0,0,0)"] : "rgba(0,0,0,0)");
  key.hidden = !title;
  const line = (/** @type {string} */ tint, /** @type {string} */ text) => {
    const item = make("li"), swatch = make("span", "", "swatch");
    swatch.style.background = tint;
    item.append(swatch, text);
    return item;
  };
  const head = make("li", title, "head");
  if (whole) {
    const back = make("button", word("townmap.wholeTown"), "button quiet small");
    back.addEventListener("click", () => { whole = ""; count(); });
    head.append(back);
  }
  key.replaceChildren(head, ...(items.some(item => !item.isFew && !item.count) ? [line("transparent", "0")] : []),
    ...(items.some(item => item.isFew) ? [line(fewTint, word("townmap.few"))] : []),
    ...limits.map((limit, index) => line(tints[index], index && limits[index - 1] + 1 < limit ? `${limits[index - 1] + 1}–${limit}` : !index && counts[0] < limit ? `${counts[0]}–${limit}` : String(limit))));
}

/** How the borders stood at the end of a day. @param {string} then */
async function showPast(then) {
  const empty = { type: "FeatureCollection", features: [] };
  if (!then) { map.getSource("past").setData(empty); hint(""); return; }
  const at = new Date(Date.parse(`${then}T00:00:00+08:00`) + day - 1000).toISOString();
  const all = await get(`/api/v1/areas?format=geojson&at=${encodeURIComponent(at)}`);
  const features = all.features.filter((/** @type {any} */ item) => item.geometry.type.includes("Polygon") && "parent" in item.properties);
  map.getSource("past").setData({ type: "FeatureCollection", features });
  hint(features.length ? word("townmap.bordersThen", { date: then, n: features.length }) : word("townmap.noBorders", { date: then }));
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
    row.append(plate(item.layer), link);
    if (item.metres !== undefined) row.append(make("span", item.metres < 1000 ? `${item.metres} m` : `${(item.metres / 1000).toFixed(1)} km`, "end hint num"));
    line.append(row, make("span", [labelOf(item.layer), word(`townmap.state.${item.state}`)].join(" · "), "hint"));
    list.append(line);
  }
  return items.length ? list : make("p", word("townmap.nothing"), "hint");
}

/** @param {string} id */
async function showArea(id) {
  map.setFilter("area-pick", ["==", ["get", "id"], id]);
  const names = shown().slice(0, 8);
  const shadeBy = /** @type {HTMLSelectElement} */ (byID("shade")).value;
  if (shadeBy && !names.includes(shadeBy)) names.push(shadeBy);
  const [area, ...lists] = await Promise.all([get(`/api/v1/areas/${id}`, { quiet: true }),
    ...names.map(name => get(`/api/v1/map/counts?layer=${name}&parent=${id}`, { quiet: true }))]);
  if (shadeBy && lists[0]?.items.length) { whole = area.kind === "town" ? "" : id; count(); }
  const title = (/** @type {string} */ name) => boxOf(name) ? labelOf(name) : /** @type {HTMLSelectElement} */ (byID("shade")).selectedOptions[0].text;
  const facts = make("dl", "", "facts");
  if (area.validFrom && !area.validFrom.startsWith("1970")) facts.append(make("dt", word("townmap.since")), make("dd", date(Date.parse(area.validFrom))));
  facts.append(make("dt", word("townmap.code")), make("dd", area.code || "–"), make("dt", word("townmap.size")), make("dd", `${(area.squareMetres / 1e6).toFixed(2)} km²`));
  const table = make("div", "", "table"), grid = make("table"), head = make("tr");
  head.append(make("th", word("townmap.part")), ...names.map(name => make("th", title(name), "num")));
  const top = make("thead");
  top.append(head);
  const body = make("tbody");
  for (const [index, part] of (lists[0]?.items ?? []).entries()) {
    const line = make("tr"), first = make("td"), button = make("button", part.name, "button quiet small");
    button.addEventListener("click", () => goTo(part.id));
    first.append(button);
    line.append(first, ...lists.map(list => make("td", list.items[index]?.isFew ? word("townmap.few") : String(list.items[index]?.count ?? 0), "num")));
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
  // Cameras, sites and units are told even where their layers are not drawn; of the registry what is.
  const names = [...new Set([...layers.filter(name => !name.startsWith("record-")), ...shown()])];
  const found = await get(`/api/v1/map/around?lat=${lat.toFixed(6)}&lon=${lon.toFixed(6)}&metres=1500&layers=${names.join(",")}`);
  detail(word("townmap.aroundTitle", { area: found.areaName || "–" }), hits(found.items), ...(found.areaId ? await people(found.areaId) : []));
}

/** How many people of each counted category live in the cooperative around a place; never who. @param {string} id */
async function people(id) {
  const options = [.../** @type {HTMLSelectElement} */ (byID("shade")).options].filter(option => option.value.startsWith("record-") && !boxOf(option.value)).slice(0, 8);
  if (!options.length) return [];
  let area = await get(`/api/v1/areas/${id}`, { quiet: true });
  while (area.kind === "grid" && area.parent) area = await get(`/api/v1/areas/${area.parent}`, { quiet: true });
  if (!area.parent) return [];
  const facts = make("dl", "", "facts");
  await Promise.all(options.map(async option => {
    const { items } = await get(`/api/v1/map/counts?layer=${option.value}&parent=${area.parent}`, { quiet: true });
    const item = items.find((/** @type {any} */ part) => part.id === area.id);
    if (item?.isFew || item?.count) facts.append(make("dt", option.text), make("dd", item.isFew ? word("townmap.few") : String(item.count)));
  }));
  return facts.children.length ? [make("h3", word("townmap.peopleIn", { area: area.fullName })), facts] : [];
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

/** What was drawn on the map: for a talk in front of it, and on paper; kept while the tab is open. @type {any[]} */
let sketch = JSON.parse(sessionStorage.getItem("townmap-sketch") ?? "[]");
function showSketch() {
  sessionStorage.setItem("townmap-sketch", JSON.stringify(sketch));
  byID("sketch-clear").hidden = !sketch.length;
  const data = { type: "FeatureCollection", features: sketch };
  if (map.getSource("sketch")) { map.getSource("sketch").setData(data); return; }
  if (!sketch.length) return;
  map.addSource("sketch", { type: "geojson", data });
  map.addLayer({ id: "sketch-fill", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour("bad-solid"), "fill-opacity": 0.14 } });
  map.addLayer({ id: "sketch-line", type: "line", source: "sketch", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("bad-solid"), "line-width": 3.5 } });
  map.addLayer({ id: "sketch-point", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 8, "circle-color": colour("bad-solid"), "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
}

/** One click is a place, more are a line, and a line that comes back to its beginning is an area. */
function endStroke() {
  // A double click has put its place there twice.
  const way = drawn.filter((at, index) => !index || metres(drawn[index - 1], at) > 0.5);
  if (way.length) {
    const [first, last] = [map.project(way[0]), map.project(way[way.length - 1])], isClosed = way.length > 3 && Math.hypot(first.x - last.x, first.y - last.y) < 14;
    sketch = [...sketch.slice(-199), way.length === 1 ? point(way[0]) : isClosed ? feature("Polygon", [[...way.slice(0, -1), way[0]]]) : feature("LineString", way)];
    showSketch();
  }
  drawn = [];
  draft([]);
}

async function finish() {
  if (tool === "draw") { endStroke(); return; }
  if (tool !== "select" || drawn.length < 3) return;
  const found = await post("/api/v1/map/inside", { ring: drawn, layers: shown() });
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
    button.append(make("span", ` ${boxOf(item.kind) ? labelOf(item.kind) : word(`townmap.found.${item.kind}`)}`, "hint"));
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
  const marks = map.queryRenderedFeatures([[event.point.x - 6, event.point.y - 6], [event.point.x + 6, event.point.y + 6]], { layers: layers.flatMap(name => [`${name}-mark`, `${name}-cell`]).filter(id => map.getLayer(id)) });
  const cell = marks.find((/** @type {any} */ mark) => mark.properties.count);
  if (cell) { map.easeTo({ center: cell.geometry.coordinates, zoom: Math.min(17, map.getZoom() + 2), duration: 400 }); return; }
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
    container: byID("canvas"), style: townStyle(rooms), attributionControl: false, localIdeographFontFamily: fonts, dragRotate: false, pitchWithRotate: false,
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
  backdrop();
  showLayers();
  count();
  map.on("click", click);
  if (map.getLayer("cameras-mark") && matchMedia("(hover: hover)").matches) {
    const { peeks } = await import("/static/townmap-peek.js");
    peeks(map, maplibre);
  }
  map.on("dblclick", finish);
  map.on("idle", () => { root.dataset.idle = String(Number(root.dataset.idle ?? 0) + 1); });
  new ResizeObserver(() => map.resize()).observe(byID("canvas"));
  for (const box of boxes) box.addEventListener("change", showLayers);
  byID("heat").addEventListener("change", showHeat);
  byID("shade").addEventListener("change", () => { whole = ""; count(); });
  byID("borders-at").addEventListener("change", event => showPast(/** @type {HTMLInputElement} */ (event.target).value));
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
  byID("sketch-clear").addEventListener("click", () => { sketch = []; showSketch(); });
  showSketch();
  for (const button of root.querySelectorAll("[data-tool]")) button.addEventListener("click", async () => {
    const name = button.getAttribute("data-tool") ?? "";
    if (name === "png" || name === "pdf") { await printMap(map, name, document.getElementById("credit")?.hidden === false ? root.dataset.backdropName ?? "" : "", boxes.filter(box => box.checked).map(box => ({ ...layerOf(box), label: labelOf(box.dataset.layer ?? "") }))); return; }
    use(tool === name ? "" : name);
    if ("canEdit" in root.dataset) {
      const { toggle } = await import("/static/townmap-edit.js");
      toggle(tool === "edit", { map, maplibre, draft, hint, point, feature, refresh: () => refresh("areas") });
    }
  });
  document.addEventListener("keydown", event => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "Escape" && tool !== "edit") { use(""); draft([]); }
    if (event.key === "Enter" && (tool === "select" || tool === "draw")) finish();
  });
  window.addEventListener("zhili:event", event => {
    const { type } = /** @type {CustomEvent} */ (event).detail;
    for (const name of [...layers, "areas"]) if (changes(name).some(prefix => type.startsWith(prefix))) due.add(name);
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
