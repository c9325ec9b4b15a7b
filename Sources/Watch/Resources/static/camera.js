// The page of a camera: moving it by buttons and arrow keys, presets. A move lasts while a key or a button is held; the
// stop is sent on release, on losing the focus and on leaving the page.
import { api, post } from "./api.js";
import { Player, watch } from "./player.js";
import { word } from "./text.js";
import { toast } from "./toast.js";

const screen = /** @type {HTMLElement} */ (document.getElementById("screen"));
const address = `/api/v1/cameras/${encodeURIComponent(screen.dataset.camera ?? "")}`;
const pad = document.getElementById("ptz");

/** @type {string|null} */
let moving = null;

/** @param {string} way pan,tilt,zoom */
function move(way) {
  if (moving === way) return;
  moving = way;
  const [pan, tilt, zoom] = way.split(",").map(Number);
  const speed = Number(/** @type {HTMLInputElement} */ (document.getElementById("speed")).value);
  post(`${address}/ptz`, { pan, tilt, zoom, speed }).catch(() => { moving = null; });
}

function stop() {
  if (moving === null) return;
  moving = null;
  post(`${address}/ptz`, { pan: 0, tilt: 0, zoom: 0 }).catch(() => {});
}

if (pad) {
  pad.addEventListener("pointerdown", event => {
    const button = event.target instanceof Element ? event.target.closest("[data-move]") : null;
    if (button instanceof HTMLElement) move(button.dataset.move ?? "");
  });
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) pad.addEventListener(type, stop);
  addEventListener("blur", stop);
  addEventListener("pagehide", stop);
  const keys = { ArrowUp: "0,1,0", ArrowDown: "0,-1,0", ArrowLeft: "-1,0,0", ArrowRight: "1,0,0", "+": "0,0,1", "=": "0,0,1", "-": "0,0,-1" };
  addEventListener("keydown", event => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.ctrlKey || event.altKey || event.metaKey) return;
    const way = keys[/** @type {keyof typeof keys} */ (event.key)];
    if (way) { event.preventDefault(); move(way); }
    if (/^[1-9]$/.test(event.key)) {
      const button = document.querySelector(`[data-preset="${event.key}"]`);
      if (button instanceof HTMLElement) button.click();
    }
  });
  addEventListener("keyup", stop);
  document.getElementById("presets")?.addEventListener("click", event => {
    const button = event.target instanceof Element ? event.target.closest("[data-preset]") : null;
    if (button instanceof HTMLElement) post(`${address}/presets/${button.dataset.preset}/call`, {}).catch(() => {});
  });
  const number = (/** @type {string} */ id) => Number(/** @type {HTMLInputElement} */ (document.getElementById(id)).value);
  document.getElementById("home-form")?.addEventListener("submit", async event => {
    event.preventDefault();
    try { await api("PUT", `${address}/home`, { body: { preset: number("home") || undefined, afterSeconds: number("home-after") } }); toast("ok", word("watch.ptz.homeSaved")); } catch { /* the toast says why */ }
  });
  document.getElementById("cruise-form")?.addEventListener("submit", async event => {
    event.preventDefault();
    const presets = [...document.querySelectorAll("[data-preset]")].map(b => Number(/** @type {HTMLElement} */ (b).dataset.preset));
    try { await post(`${address}/cruise`, { presets: presets.slice(0, 32), dwellSeconds: number("dwell") }); toast("ok", word("watch.ptz.cruising")); } catch { /* the toast says why */ }
  });
  document.getElementById("cruise-stop")?.addEventListener("click", async () => {
    try { await api("DELETE", `${address}/cruise`); toast("ok", word("watch.ptz.cruiseEnded")); } catch { /* the toast says why */ }
  });
  document.getElementById("go-home")?.addEventListener("click", () => { post(`${address}/home/call`, {}).catch(() => {}); });
  document.getElementById("preset-form")?.addEventListener("submit", async event => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (document.getElementById("preset-name"));
    const used = new Set([...document.querySelectorAll("[data-preset]")].map(b => Number(/** @type {HTMLElement} */ (b).dataset.preset)));
    let number = 1;
    while (used.has(number)) number += 1;
    try { await api("PUT", `${address}/presets/${number}`, { body: { name: input.value } }); location.reload(); } catch { /* the toast says why */ }
  });
}

if (screen.dataset.watch !== undefined) {
  const player = new Player(screen);
  void watch(player, screen.dataset.camera ?? "");
  addEventListener("pagehide", () => player.stop());
}
