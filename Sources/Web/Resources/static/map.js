// The town's map: areas, water, roads and sites as GeoJSON, alarms on top. Labels are drawn from the machine's own
// fonts (no `glyphs` key in the style), so nothing is fetched from outside.
import { get } from "./api.js";
import { word } from "./text.js";

export const fonts = '"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif';
const empty = { type: "FeatureCollection", features: [] };
/** @param {string} name */
export const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** @returns {Promise<any>} the library, once */
export function library() {
  const global = /** @type {any} */ (window);
  if (global.maplibregl) return Promise.resolve(global.maplibregl);
  return new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = "/vendor/maplibre-gl.js";
    script.onload = () => done(global.maplibregl);
    script.onerror = () => fail(new Error("maplibre-gl.js"));
    document.head.append(script);
  });
}

function style() {
  const land = colour("map-land"), text = { "text-color": colour("map-text"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.4 };
  /** @param {string[]} kinds @param {string} shape */
  const of = (kinds, shape) => ["all", ["in", ["get", "kind"], ["literal", kinds]], ["==", ["geometry-type"], shape]];
  /** @param {string} colourName @param {number} width */
  const road = (colourName, width) => ({ "line-color": colour(colourName), "line-width": ["interpolate", ["linear"], ["zoom"], 11, width * 0.4, 16, width * 2] });
  const round = { "line-cap": "round", "line-join": "round" };
  return {
    version: 8,
    sources: {
      areas: { type: "geojson", data: empty },
      sites: { type: "geojson", data: empty, cluster: true, clusterRadius: 36, clusterMaxZoom: 14 },
      alarms: { type: "geojson", data: empty },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("bg") } },
      { id: "area", type: "fill", source: "areas", filter: of(["town", "village", "cooperative"], "Polygon"), paint: { "fill-color": land } },
      { id: "water", type: "fill", source: "areas", filter: of(["river", "water"], "Polygon"), paint: { "fill-color": colour("map-water") } },
      { id: "river", type: "line", source: "areas", filter: of(["river", "water"], "LineString"), layout: round, paint: { "line-color": colour("map-water"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, 2, 16, 14] } },
      { id: "edge", type: "line", source: "areas", filter: of(["town", "village", "cooperative"], "Polygon"), paint: { "line-color": colour("map-line"), "line-dasharray": [3, 2], "line-width": ["match", ["get", "kind"], "town", 2.2, "village", 1.4, 0.6] } },
      { id: "road-edge", type: "line", source: "areas", filter: of(["road"], "LineString"), layout: round, paint: road("map-road-edge", 5) },
      { id: "road", type: "line", source: "areas", filter: of(["road"], "LineString"), layout: round, paint: road("map-road", 3.4) },
      { id: "line-name", type: "symbol", source: "areas", filter: ["==", ["geometry-type"], "LineString"], minzoom: 12, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11, "text-letter-spacing": 0.1 }, paint: text },
      { id: "cooperative-name", type: "symbol", source: "areas", filter: of(["cooperative"], "Polygon"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 9 }, paint: text },
      { id: "village-name", type: "symbol", source: "areas", filter: of(["village", "water"], "Polygon"), layout: { "text-field": ["get", "name"], "text-size": 13, "text-max-width": 9 }, paint: text },
      { id: "bend", type: "circle", source: "areas", filter: of(["bend"], "Point"), minzoom: 12, paint: { "circle-radius": 4, "circle-color": colour("map-water"), "circle-stroke-color": colour("map-text"), "circle-stroke-width": 1.5 } },
      { id: "bend-name", type: "symbol", source: "areas", filter: of(["bend"], "Point"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 11, "text-offset": [0, 0.7], "text-anchor": "top" }, paint: text },
      { id: "cluster", type: "circle", source: "sites", filter: ["has", "point_count"], paint: { "circle-color": colour("surface"), "circle-stroke-color": colour("off-solid"), "circle-stroke-width": 2, "circle-radius": ["step", ["get", "point_count"], 11, 20, 14, 100, 18] } },
      { id: "cluster-count", type: "symbol", source: "sites", filter: ["has", "point_count"], layout: { "text-field": ["get", "point_count_abbreviated"], "text-size": 12, "text-allow-overlap": true }, paint: { "text-color": colour("ink") } },
      { id: "site", type: "circle", source: "sites", filter: ["!", ["has", "point_count"]], paint: { "circle-radius": 5, "circle-stroke-width": 2, "circle-stroke-color": colour("surface"), "circle-color": ["match", ["get", "state"], "fault", colour("warn-solid"), "offline", colour("off-solid"), colour("ok-solid")] } },
      { id: "site-name", type: "symbol", source: "sites", minzoom: 14, filter: ["!", ["has", "point_count"]], layout: { "text-field": ["get", "name"], "text-size": 12, "text-offset": [0, 0.8], "text-anchor": "top", "text-max-width": 9 }, paint: text },
      { id: "alarm-halo", type: "circle", source: "alarms", paint: { "circle-radius": ["case", ["get", "selected"], 25, 19], "circle-color": ["case", ["get", "waiting"], colour("bad-solid"), colour("warn-solid")], "circle-opacity": 0.25, "circle-stroke-width": ["case", ["get", "selected"], 3, 0], "circle-stroke-color": colour("focus") } },
      { id: "alarm", type: "circle", source: "alarms", paint: { "circle-radius": 12, "circle-color": ["case", ["get", "waiting"], colour("bad-solid"), colour("warn-solid")], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
      { id: "alarm-kind", type: "symbol", source: "alarms", layout: { "text-field": ["get", "sign"], "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": ["case", ["get", "waiting"], "#ffffff", "#1b1200"] } },
      { id: "alarm-name", type: "symbol", source: "alarms", layout: { "text-field": ["get", "label"], "text-size": 13, "text-offset": [0, 1.5], "text-anchor": "top", "text-max-width": 12 }, paint: { "text-color": colour("ink"), "text-halo-color": colour("map-halo"), "text-halo-width": 2 } },
    ],
  };
}

/** @param {any} node @param {[number, number, number, number]} box */
function grow(node, box) {
  if (typeof node[0] === "number") {
    box[0] = Math.min(box[0], node[0]); box[1] = Math.min(box[1], node[1]);
    box[2] = Math.max(box[2], node[0]); box[3] = Math.max(box[3], node[1]);
  } else for (const part of node) grow(part, box);
}

/** A map of the land alone, once it stands. @param {HTMLElement} container @param {{lat: number, lon: number}|null} [at] @param {(message: string) => void} [onError] */
async function bare(container, at, onError) {
  const maplibre = await library();
  const map = new maplibre.Map({
    container, style: style(), attributionControl: false, localIdeographFontFamily: fonts, dragRotate: false, pitchWithRotate: false,
    center: at ? [at.lon, at.lat] : [113.02, 34.02], zoom: at ? 14 : 12, fadeDuration: 0,
    locale: { "NavigationControl.ZoomIn": word("map.zoomIn"), "NavigationControl.ZoomOut": word("map.zoomOut"), "Map.Title": word("map.title") },
  });
  map.on("error", (/** @type {any} */ event) => onError?.(String(event.error?.message ?? event.error)));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  await new Promise(done => map.once("load", done));
  return { maplibre, map };
}

/** The town's land; gives what it covers. @param {any} map @returns {Promise<[number, number, number, number]|null>} */
async function loadAreas(map) {
  const areas = await get("/api/v1/areas?format=geojson", { quiet: true });
  map.getSource("areas").setData(areas);
  /** @type {[number, number, number, number]} */
  const box = [180, 90, -180, -90];
  for (const feature of areas.features) grow(feature.geometry.coordinates, box);
  return box[0] < box[2] ? box : null;
}

/**
 * A way that somebody went, on the town's map: a line, green where it begins and red where it ends.
 * @param {HTMLElement} container @param {{lat: number, lon: number}[]} places at least two
 */
export async function drawTrack(container, places) {
  const { map } = await bare(container, places[0]);
  const way = places.map(({ lat, lon }) => [lon, lat]), ends = [places[0], places[places.length - 1]];
  map.addSource("track", { type: "geojson", data: { type: "Feature", geometry: { type: "LineString", coordinates: way }, properties: {} } });
  map.addSource("track-ends", { type: "geojson", data: { type: "FeatureCollection", features: ends.map((place, index) => point(place, { isEnd: index === 1 })) } });
  map.addLayer({ id: "track", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("brand"), "line-width": 4 } });
  map.addLayer({ id: "track-ends", type: "circle", source: "track-ends", paint: { "circle-radius": 6, "circle-stroke-width": 2, "circle-stroke-color": colour("surface"), "circle-color": ["case", ["get", "isEnd"], colour("bad-solid"), colour("ok-solid")] } });
  /** @type {[number, number, number, number]} */
  const box = [180, 90, -180, -90];
  grow(way, box);
  map.fitBounds(box, { padding: 40, maxZoom: 16, duration: 0 });
  try { await loadAreas(map); } catch { /* without the land it is still the way */ }
  container.dataset.ready = "";
}

/**
 * @param {HTMLElement} container
 * @param {{onCase: (caseId: string) => void, onSites?: (sites: any[]) => void, onError?: (message: string) => void}} hooks
 */
export async function openMap(container, { onCase, onSites, onError }) {
  const { maplibre, map } = await bare(container, undefined, onError);
  map.addControl(new maplibre.ScaleControl(), "bottom-right");
  const loadSites = async () => {
    const view = map.getBounds();
    const bbox = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map(n => n.toFixed(6)).join(",");
    try {
      const { items } = await get(`/api/v1/sites?bbox=${bbox}&limit=500`, { quiet: true });
      const placed = items.filter((/** @type {any} */ site) => site.location);
      map.getSource("sites").setData({ type: "FeatureCollection", features: placed.map((/** @type {any} */ site) => point(site.location, { id: site.id, name: site.name, state: site.state })) });
      onSites?.(placed);
    } catch { /* the connection banner speaks; the last sites stay */ }
  };
  try {
    const box = await loadAreas(map);
    if (box) map.fitBounds(box, { padding: { top: 56, bottom: 64, left: 48, right: 48 }, duration: 0 });
  } catch { onError?.(word("map.noAreas")); }
  await loadSites();
  let wait = 0;
  map.on("moveend", () => { clearTimeout(wait); wait = setTimeout(loadSites, 250); });
  map.on("click", "alarm", (/** @type {any} */ event) => onCase(event.features[0].properties.caseId));
  map.on("click", "cluster", (/** @type {any} */ event) => map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 }));
  map.on("click", "site", (/** @type {any} */ event) => location.assign(`/sites/${encodeURIComponent(event.features[0].properties.id)}`));
  for (const layer of ["alarm", "cluster", "site"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  new ResizeObserver(() => map.resize()).observe(container);

  return {
    /** One mark a place: of several alarms at one place the unacknowledged one shows. @param {any[]} alarms @param {string|null} selectedCase */
    setAlarms(alarms, selectedCase) {
      const places = new Map();
      for (const alarm of alarms) {
        if (!alarm.location || alarm.state === "cleared") continue;
        const key = alarm.siteId ?? alarm.address, waiting = alarm.state === "raised", before = places.get(key);
        if (before && (before.properties.waiting || !waiting)) continue;
        places.set(key, point(alarm.location, { caseId: alarm.caseId, waiting, selected: alarm.caseId === selectedCase,
          sign: word(`kindSign.${alarm.kind}`), label: `${short(alarm.siteName)}\n${word(`alarmState.${alarm.state}`)}` }));
      }
      map.getSource("alarms").setData({ type: "FeatureCollection", features: [...places.values()] });
    },
    /** @param {{lat: number, lon: number}} place */
    show({ lat, lon }) { map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 14.5), duration: 500 }); },
    refresh: loadSites,
  };
}

/** A name that does not cover the map. @param {string} name */
const short = name => (name.length > 13 ? `${name.slice(0, 12)}…` : name);

/** @param {{lat: number, lon: number}} place @param {object} properties */
function point({ lat, lon }, properties) {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties };
}

/**
 * A map to choose one place on: a click or a tap sets it, dragging the mark moves it. The page's own fields stay the
 * way for those who have no pointer.
 * @param {HTMLElement} container
 * @param {{at?: {lat: number, lon: number}|null, many?: boolean, onPick: (place: {lat: number, lon: number}) => void}} options
 *   many: each click is a place of its own, and the page says by `marks` what stands where
 */
export async function pickPlace(container, { at, many = false, onPick }) {
  const { maplibre, map } = await bare(container, at);
  const mark = new maplibre.Marker({ color: colour("brand"), draggable: true });
  const set = (/** @type {{lat: number, lon: number}} */ place) => mark.setLngLat([place.lon, place.lat]).addTo(map);
  const tell = (/** @type {any} */ where) => onPick({ lat: Number(where.lat.toFixed(6)), lon: Number(where.lng.toFixed(6)) });
  mark.on("dragend", () => tell(mark.getLngLat()));
  map.on("click", (/** @type {any} */ event) => { if (!many) set({ lat: event.lngLat.lat, lon: event.lngLat.lng }); tell(event.lngLat); });
  map.getCanvas().style.cursor = "crosshair";
  try {
    const box = await loadAreas(map);
    if (!at && box) map.fitBounds(box, { padding: 24, duration: 0 });
  } catch { /* without areas it is still a map */ }
  if (at) set(at);
  container.dataset.ready = "";
  /** @type {any[]} */
  let drawn = [];
  return {
    set(/** @type {{lat: number, lon: number}} */ place) { set(place); map.easeTo({ center: [place.lon, place.lat], duration: 300 }); },
    /** Numbered marks in place of those before. @param {{lat: number, lon: number, label: string}[]} places */
    marks(places) {
      for (const old of drawn) old.remove();
      drawn = places.map(({ lat, lon, label }) => {
        const element = document.createElement("span");
        element.className = "map-number";
        element.textContent = label;
        return new maplibre.Marker({ element }).setLngLat([lon, lat]).addTo(map);
      });
    },
  };
}
