// How the town is drawn: land and water from tiles of the centre itself, the rooms' things above them.
import { colour } from "/static/map.js";

const round = { "line-cap": "round", "line-join": "round" };
const zoomed = (/** @type {number[]} */ ...pairs) => ["interpolate", ["linear"], ["zoom"], ...pairs];

/** @param {string} name @param {string} [query] */
export const tileAddress = (name, query = "") => `${location.origin}/tiles/${name}/{z}/{x}/{y}.mvt${query}`;

/** The colour of a mark by its layer and state. @param {string} layer */
function tint(layer) {
  const by = (/** @type {any[]} */ ...pairs) => ["match", ["get", "state"], ...pairs];
  if (layer === "alarms") return by("raised", colour("bad-solid"), "cleared", colour("off-solid"), colour("warn-solid"));
  if (layer === "cases") return by("open", colour("bad-solid"), "closed", colour("off-solid"), "rejected", colour("off-solid"), colour("warn-solid"));
  if (layer === "units") return colour("brand");
  return by("fire", colour("bad-solid"), "fault", colour("warn-solid"), "offline", colour("off-solid"), layer === "detectors" ? colour("info-solid") : colour("ok-solid"));
}

/** @param {string} name @param {boolean} big for a wall that is read from afar */
export function markLayers(name, big = false) {
  const text = { "text-color": colour("map-text"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.4 };
  const size = (name === "alarms" || name === "cases" ? 8 : name === "units" ? 7 : 5) * (big ? 1.8 : 1);
  const counted = ["has", "count"], single = ["!", counted], source = name, from = { source, "source-layer": name };
  const layers = [
    { id: `${name}-cell`, type: "circle", ...from, filter: counted, paint: { "circle-color": tint(name), "circle-opacity": 0.55, "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 3, 30, 18] } },
    { id: `${name}-mark`, type: "circle", ...from, filter: single, paint: { "circle-color": tint(name), "circle-radius": zoomed(11, size * 0.6, 15, size), "circle-stroke-width": zoomed(11, 1, 15, 2), "circle-stroke-color": colour("surface") } },
    { id: `${name}-name`, type: "symbol", ...from, filter: single, minzoom: name === "alarms" || name === "cases" ? 13 : 15, layout: { "text-field": ["get", "label"], "text-size": big ? 20 : 12, "text-offset": [0, 0.9], "text-anchor": "top", "text-max-width": 10 }, paint: text },
  ];
  if (name === "alarms" || name === "cases") layers.unshift({ id: `${name}-halo`, type: "circle", ...from, filter: single, paint: { "circle-color": tint(name), "circle-opacity": 0.22, "circle-radius": zoomed(11, size * 1.2, 15, size * 2) } });
  return layers;
}

/** @param {string[]} names layers of the rooms @param {boolean} [big] */
export function townStyle(names, big = false) {
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
  };
  for (const name of names) sources[name] = { type: "vector", tiles: [tileAddress(name)], minzoom: 8, maxzoom: 15 };
  return {
    version: 8, sources,
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("bg") } },
      { id: "town-fill", type: "fill", ...area, filter: is("town"), paint: { "fill-color": colour("map-land") } },
      { id: "shade", type: "fill", ...area, filter: is("village"), paint: { "fill-color": "rgba(0,0,0,0)" } },
      { id: "water", type: "fill", ...base("water"), paint: { "fill-color": colour("map-water") } },
      { id: "river", type: "line", ...base("river"), layout: round, paint: { "line-color": colour("map-water"), "line-width": zoomed(10, 2, 13, 7, 16, 26) } },
      { id: "road-edge", type: "line", ...base("road"), layout: round, paint: { "line-color": colour("map-road-edge"), "line-width": zoomed(11, ["case", ["==", ["get", "name"], ""], 0, 2], 16, ["case", ["==", ["get", "name"], ""], 5, 11]) } },
      { id: "road", type: "line", ...base("road"), layout: round, paint: { "line-color": colour("map-road"), "line-width": zoomed(11, ["case", ["==", ["get", "name"], ""], 0.2, 1], 16, ["case", ["==", ["get", "name"], ""], 3, 8]) } },
      { id: "building", type: "fill", ...base("building"), minzoom: 13, paint: { "fill-color": colour("map-road-edge"), "fill-opacity": 0.8 } },
      { id: "grid-line", type: "line", ...area, filter: is("grid"), minzoom: 12.5, paint: { "line-color": colour("map-line"), "line-width": 0.7, "line-opacity": 0.8 } },
      { id: "cooperative-line", type: "line", ...area, filter: is("cooperative"), paint: { "line-color": colour("map-line"), "line-width": zoomed(11, 0.6, 15, 1.6), "line-dasharray": [4, 2] } },
      { id: "village-line", type: "line", ...area, filter: is("village"), paint: { "line-color": colour("map-line"), "line-width": zoomed(10, 1.2, 15, 3) } },
      { id: "town-line", type: "line", ...area, filter: is("town"), paint: { "line-color": colour("map-text"), "line-width": zoomed(10, 1.6, 15, 4) } },
      { id: "area-pick", type: "line", ...area, filter: ["==", ["get", "id"], ""], paint: { "line-color": colour("focus"), "line-width": 4 } },
      { id: "area-hit", type: "fill", ...area, paint: { "fill-opacity": 0, "fill-color": "#000" } },
      { id: "line-name", type: "symbol", ...base("river"), minzoom: 11.5, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12 * k, "text-letter-spacing": 0.2 }, paint: text },
      { id: "road-name", type: "symbol", ...base("road"), minzoom: 12.5, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11 * k }, paint: text },
      { id: "bend", type: "circle", ...base("bend"), minzoom: 11.5, paint: { "circle-radius": 4 * k, "circle-color": colour("map-water"), "circle-stroke-color": colour("map-text"), "circle-stroke-width": 1.5 } },
      { id: "bend-name", type: "symbol", ...base("bend"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 11 * k, "text-offset": [0, 0.7], "text-anchor": "top" }, paint: text },
      { id: "place-name", type: "symbol", ...base("place"), minzoom: 13, layout: { "text-field": ["get", "name"], "text-size": 11 * k }, paint: text },
      { id: "grid-name", type: "symbol", ...named, filter: is("grid"), minzoom: 14, layout: { "text-field": ["get", "name"], "text-size": 11 * k }, paint: text },
      { id: "cooperative-name", type: "symbol", ...named, filter: is("cooperative"), minzoom: 12.5, maxzoom: 14.5, layout: { "text-field": ["get", "name"], "text-size": 12 * k }, paint: text },
      { id: "village-name", type: "symbol", ...named, filter: is("village"), maxzoom: 14, layout: { "text-field": ["get", "name"], "text-size": zoomed(10, 11 * k, 13, 15 * k), "text-max-width": 8 }, paint: text },
      ...names.flatMap(name => markLayers(name, big)),
      { id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "fill-opacity": 0.16 } },
      { id: "draft-line", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "line-width": 2.5 } },
      { id: "draft-point", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["has", "bad"], 12, ["has", "middle"], 4, 6], "circle-color": ["case", ["has", "bad"], "rgba(0,0,0,0)", ["has", "middle"], colour("surface"), colour("focus")], "circle-stroke-color": ["case", ["has", "bad"], colour("bad-solid"), colour("focus")], "circle-stroke-width": ["case", ["has", "bad"], 4, 2] } },
    ],
  };
}
