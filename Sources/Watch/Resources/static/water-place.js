// The page of a water place: a click on the map fills the two fields, the fields move the mark; cameras by name.
import { pickPlace } from "./map.js";

const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
const lat = field("lat"), lon = field("lon");
const read = () => {
  const place = { lat: Number(lat.value), lon: Number(lon.value) };
  return lat.value && lon.value && Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180 ? place : null;
};

pickPlace(/** @type {HTMLElement} */ (document.getElementById("map")), {
  at: read(), onPick: place => { lat.value = String(place.lat); lon.value = String(place.lon); },
}).then(map => {
  for (const input of [lat, lon]) input.addEventListener("change", () => { const place = read(); if (place) map.set(place); });
}, () => { /* without a map the fields are the way */ });

field("find").addEventListener("input", () => {
  const wanted = field("find").value.trim().toLowerCase();
  for (const line of document.querySelectorAll("#cameras > li")) /** @type {HTMLElement} */ (line).hidden = !line.textContent?.toLowerCase().includes(wanted);
});
