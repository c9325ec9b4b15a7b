// How the town is drawn: land and water from tiles of the centre itself, the rooms' things above them.
import { colour } from "/static/map.js";

const round = { "line-cap": "round", "line-join": "round" };
const zoomed = (/** @type {number[]} */ ...pairs) => ["interpolate", ["linear"], ["zoom"], ...pairs];

/** @param {string} name @param {string} [query] */
export const tileAddress = (name, query = "") => `${location.origin}/tiles/${name}/{z}/{x}/{y}.mvt${query}`;

/** @typedef {{name: string, glyph: string, tint?: string}} Layer a room's layer: its address, the letter of its marks, its tint */

/** The colour of a mark by its layer and state. @param {Layer} layer */
function tint(layer) {
  const by = (/** @type {any[]} */ ...pairs) => ["match", ["get", "state"], ...pairs];
  if (layer.tint) return colour(`${layer.tint}-solid`);
  if (layer.name === "alarms") return by("raised", colour("bad-solid"), "cleared", colour("off-solid"), colour("warn-solid"));
  if (layer.name === "cases" || layer.name === "reports") return by("open", colour("bad-solid"), ["closed", "rejected", "merged"], colour("off-solid"), colour("warn-solid"));
  if (layer.name === "units") return colour("brand");
  if (layer.name === "waters") return by("seen", colour("bad-solid"), "unwatched", colour("warn-solid"), "watched", colour("ok-solid"), colour("off-solid"));
  return by("fire", colour("bad-solid"), "fault", colour("warn-solid"), "offline", colour("off-solid"), layer.name === "sites" ? colour("ok-solid") : colour("info-solid"));
}

const urgent = ["alarms", "cases", "reports"];

/** @param {Layer} layer @param {boolean} big for a wall that is read from afar */
export function markLayers(layer, big = false) {
  const { name } = layer, k = big ? 1.8 : 1, loud = urgent.includes(name);
  const text = { "text-color": colour("map-text"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.6 * k };
  const counted = ["has", "count"], single = ["!", counted], source = name, from = { source, "source-layer": name };
  // Far away a mark is a dot; near, a plate with a letter, so that it is told without its colour.
  const few = name === "waters" || name === "units";
  const size = zoomed(10, (loud ? 5 : few ? 3.5 : 2.2) * k, big ? 11.5 : 12.5, (loud ? 9 : few ? 8 : 4) * k, 14, (loud ? 11 : 9) * k);
  const edge = layer.tint ? ["match", ["get", "state"], "due", colour("warn-solid"), colour("surface")] : colour("surface");
  const letters = (loud ? 12 : few ? 12.4 : 13.6) - (big ? 1 : 0);
  const layers = [
    { id: `${name}-cell`, type: "circle", ...from, filter: counted, paint: { "circle-color": tint(layer), "circle-opacity": 0.8, "circle-stroke-color": colour("surface"), "circle-stroke-width": 1.5, "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 8 * k, 30, 22 * k] } },
    { id: `${name}-cellnum`, type: "symbol", ...from, filter: counted, layout: { "text-field": ["to-string", ["get", "count"]], "text-size": 11 * k, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": "#ffffff", "text-halo-color": tint(layer), "text-halo-width": 1 } },
    { id: `${name}-mark`, type: "circle", ...from, filter: single, paint: { "circle-color": tint(layer), "circle-radius": size, "circle-stroke-width": zoomed(10, 0.8 * k, 14, 1.6 * k), "circle-stroke-color": edge } },
    { id: `${name}-glyph`, type: "symbol", ...from, filter: single, minzoom: letters, layout: { "text-field": layer.glyph, "text-size": 12 * k, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": "#ffffff", "text-halo-color": tint(layer), "text-halo-width": 0.6 } },
    { id: `${name}-name`, type: "symbol", ...from, filter: single, minzoom: loud ? 13 : few ? 13.5 : 15.2, layout: { "text-field": ["get", "label"], "text-size": big ? 21 : 12, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": loud ? 1.2 : 1, "text-justify": "auto", "text-max-width": 9, "text-padding": 4, "symbol-sort-key": loud ? 0 : 1 }, paint: text },
  ];
  if (loud) layers.unshift({ id: `${name}-halo`, type: "circle", ...from, filter: single, paint: { "circle-color": tint(layer), "circle-opacity": 0.2, "circle-radius": zoomed(10, 9 * k, 14, 20 * k) } });
  return layers;
}

/** @param {Layer[]} rooms layers of the rooms @param {boolean} [big] */
export function townStyle(rooms, big = false) {
  const names = rooms.map(layer => layer.name);
  const text = { "text-color": colour("map-text"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.6 };
  const base = (/** @type {string} */ layer) => ({ source: "base", "source-layer": layer });
  const area = { source: "areas", "source-layer": "areas" }, named = { source: "areas", "source-layer": "names" };
  const is = (/** @type {string} */ kind) => ["==", ["get", "kind"], kind];
  const k = big ? 1.7 : 1;
  /** @type {Record<string, any>} */
  const sources = {
    base: { type: "vector", tiles: [tileAddress("base")], minzoom: 8, maxzoom: 15 },
    areas: { type: "vector", tiles: [tileAddress("areas")], minzoom: 8, maxzoom: 16 },
    draft: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    past: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
  };
  for (const name of names) sources[name] = { type: "vector", tiles: [tileAddress(name)], minzoom: 8, maxzoom: 15 };
  return {
    version: 8, sources,
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("bg") } },
      { id: "town-fill", type: "fill", ...area, filter: is("town"), paint: { "fill-color": colour("map-land") } },
      { id: "shade", type: "fill", ...area, filter: is("village"), paint: { "fill-color": "rgba(0,0,0,0)", "fill-opacity": 0.78 } },
      { id: "water", type: "fill", ...base("water"), paint: { "fill-color": colour("map-water") } },
      { id: "river", type: "line", ...base("river"), layout: round, paint: { "line-color": colour("map-water"), "line-width": zoomed(10, 2, 13, 7, 16, 26) } },
      { id: "road-edge", type: "line", ...base("road"), layout: round, paint: { "line-color": colour("map-road-edge"), "line-width": zoomed(11, ["case", ["==", ["get", "name"], ""], 0, 2], 16, ["case", ["==", ["get", "name"], ""], 5, 11]) } },
      { id: "road", type: "line", ...base("road"), layout: round, paint: { "line-color": colour("map-road"), "line-width": zoomed(11, ["case", ["==", ["get", "name"], ""], 0.2, 1], 16, ["case", ["==", ["get", "name"], ""], 3, 8]) } },
      { id: "building", type: "fill", ...base("building"), minzoom: 13, paint: { "fill-color": colour("map-road-edge"), "fill-opacity": 0.8 } },
      { id: "grid-line", type: "line", ...area, filter: is("grid"), minzoom: 12.5, paint: { "line-color": colour("map-line"), "line-width": 0.7, "line-opacity": 0.8 } },
      { id: "cooperative-line", type: "line", ...area, filter: is("cooperative"), paint: { "line-color": colour("map-line"), "line-width": zoomed(11, 0.6, 15, 1.6), "line-dasharray": [4, 2] } },
      { id: "village-line", type: "line", ...area, filter: is("village"), paint: { "line-color": colour("map-line"), "line-width": zoomed(10, 1.2, 15, 3) } },
      { id: "town-line", type: "line", ...area, filter: is("town"), paint: { "line-color": colour("map-text"), "line-width": zoomed(10, 1.6, 15, 4) } },
      { id: "past-line", type: "line", source: "past", layout: round, paint: { "line-color": colour("bad"), "line-width": ["match", ["get", "kind"], "town", 3, "village", 2, 1.2], "line-dasharray": [2, 2] } },
      { id: "area-pick", type: "line", ...area, filter: ["==", ["get", "id"], ""], paint: { "line-color": colour("focus"), "line-width": 4 } },
      { id: "area-hit", type: "fill", ...area, paint: { "fill-opacity": 0, "fill-color": "#000" } },
      ...rooms.filter(layer => !urgent.includes(layer.name)).flatMap(layer => markLayers(layer, big)),
      { id: "line-name", type: "symbol", ...base("river"), minzoom: 11.5, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12 * k, "text-letter-spacing": 0.2 }, paint: text },
      { id: "road-name", type: "symbol", ...base("road"), minzoom: 12.5, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11 * k }, paint: text },
      { id: "bend", type: "circle", ...base("bend"), minzoom: 11.5, paint: { "circle-radius": 4 * k, "circle-color": colour("map-water"), "circle-stroke-color": colour("map-text"), "circle-stroke-width": 1.5 } },
      { id: "bend-name", type: "symbol", ...base("bend"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 11 * k, "text-offset": [0, 0.7], "text-anchor": "top" }, paint: text },
      { id: "place-name", type: "symbol", ...base("place"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 11 * k }, paint: text },
      { id: "grid-name", type: "symbol", ...named, filter: is("grid"), minzoom: 14, layout: { "text-field": ["get", "name"], "text-size": 11 * k, "text-padding": 6 }, paint: { ...text, "text-opacity": 0.85 } },
      { id: "cooperative-name", type: "symbol", ...named, filter: is("cooperative"), minzoom: 12.5, maxzoom: 14.5, layout: { "text-field": ["get", "name"], "text-size": 12 * k }, paint: text },
      { id: "village-name", type: "symbol", ...named, filter: is("village"), maxzoom: 14, layout: { "text-field": ["get", "name"], "text-size": zoomed(10, 11 * k, 13, 15 * k), "text-max-width": 8, "text-letter-spacing": 0.08 }, paint: text },
      ...rooms.filter(layer => urgent.includes(layer.name)).flatMap(layer => markLayers(layer, big)),
      { id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "fill-opacity": 0.16 } },
      { id: "draft-line", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "line-width": 2.5 } },
      { id: "draft-point", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["has", "bad"], 12, ["has", "middle"], 4, 6], "circle-color": ["case", ["has", "bad"], "rgba(0,0,0,0)", ["has", "middle"], colour("surface"), colour("focus")], "circle-stroke-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "circle-stroke-width": ["case", ["has", "bad"], 4, 2] } },
    ],
  };
}
