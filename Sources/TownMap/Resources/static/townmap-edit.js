// Editing borders: corners are dragged, added and taken away, areas split and merged. The server decides; what it
// refuses is shown at the place.
import { get, newKey } from "/static/api.js";
import { word } from "/static/text.js";

/** @type {any} */ let tools = null;
/** @type {any[]} */ let areas = [];
/** @type {any} */ let chosen = null;
/** @type {number[][]} */ let line = [];
/** @type {any} */ let held = null;
let base = "", mode = "corners", busy = false;
const bar = /** @type {HTMLElement} */ (document.getElementById("edit-bar"));
const modes = ["corners", "remove", "split", "merge"];

/** @param {boolean} on @param {any} given */
export async function toggle(on, given) {
  tools = given;
  bar.hidden = !on;
  if (!on) { stop(); return; }
  bar.replaceChildren(...modes.map(name => button(name, () => use(name))), button("rename", rename), button("undo", undo), button("files", files));
  given.map.on("mousedown", press);
  given.map.on("mousemove", drag);
  given.map.on("mouseup", drop);
  given.map.on("click", click);
  given.map.on("dblclick", split);
  document.addEventListener("keydown", key);
  window.addEventListener("zhili:event", changed);
  chosen = null;
  use("corners");
  await load();
}

function stop() {
  if (!tools) return;
  for (const [type, handler] of /** @type {[string, any][]} */ ([["mousedown", press], ["mousemove", drag], ["mouseup", drop], ["click", click], ["dblclick", split]])) tools.map.off(type, handler);
  document.removeEventListener("keydown", key);
  window.removeEventListener("zhili:event", changed);
  tools.draft([]);
  tools.hint("");
}

/** @param {string} name @param {() => void} action */
function button(name, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button small";
  element.dataset.edit = name;
  element.textContent = word(`townmap.edit.${name}`);
  element.addEventListener("click", action);
  return element;
}

/** @param {string} name */
function use(name) {
  mode = name;
  line = [];
  for (const element of bar.querySelectorAll("[data-edit]")) element.setAttribute("aria-pressed", String(element.getAttribute("data-edit") === name));
  tools.hint(word(`townmap.editHint.${name}`));
  show();
}

async function load() {
  const [history, all] = await Promise.all([get("/api/v1/areas/revisions?limit=1"), get("/api/v1/areas?format=geojson")]);
  base = history.items[0]?.id ?? "";
  const found = all.features.filter((/** @type {any} */ item) => item.geometry.type.includes("Polygon") && "parent" in item.properties);
  const whole = new Set(found.map((/** @type {any} */ item) => item.properties.parent));
  areas = found.filter((/** @type {any} */ item) => !whole.has(item.properties.id));
  chosen = areas.find(item => item.properties.id === chosen?.properties.id) ?? null;
  show();
}

/** @param {any} event */
function changed(event) { if (event.detail.type === "area.changed" && !busy && !held) load(); }

const rings = (/** @type {any} */ area) => (area.geometry.type === "Polygon" ? [area.geometry.coordinates] : area.geometry.coordinates).flat().map((/** @type {number[][]} */ ring) => ring.slice(0, -1));

/** @param {any[]} [more] */
function show(more = []) {
  const parts = [];
  if (chosen) {
    parts.push(chosen.geometry.type === "Polygon" ? tools.feature("Polygon", chosen.geometry.coordinates) : tools.feature("MultiPolygon", chosen.geometry.coordinates));
    if (mode === "corners" || mode === "remove") for (const ring of rings(chosen)) {
      for (const [index, at] of ring.entries()) {
        const next = ring[(index + 1) % ring.length];
        parts.push(tools.point(at, { corner: JSON.stringify(at) }));
        if (mode === "corners") parts.push(tools.point([(at[0] + next[0]) / 2, (at[1] + next[1]) / 2], { middle: JSON.stringify([at, next]) }));
      }
    }
  }
  if (line.length > 1) parts.push(tools.feature("LineString", line));
  for (const at of line) parts.push(tools.point(at));
  tools.draft([...parts, ...more]);
}

/** @param {any} event */
const under = event => {
  const p = event.point;
  const found = tools.map.queryRenderedFeatures([[p.x - 8, p.y - 8], [p.x + 8, p.y + 8]], { layers: ["draft-point"] });
  return found.find((/** @type {any} */ item) => item.properties.corner) ?? found.find((/** @type {any} */ item) => item.properties.middle);
};

/** @param {any} event */
function press(event) {
  if (mode !== "corners" || busy) return;
  const found = under(event);
  if (!found) return;
  event.preventDefault();
  held = { corner: found.properties.corner && JSON.parse(found.properties.corner), middle: found.properties.middle && JSON.parse(found.properties.middle), moved: false };
}

/** @param {any} event */
function drag(event) {
  if (!held) { tools.map.getCanvas().style.cursor = (mode === "corners" || mode === "remove") && under(event) ? "grab" : "crosshair"; return; }
  held.moved = true;
  const at = [event.lngLat.lng, event.lngLat.lat];
  // Every neighbour that has the corner moves with it.
  const touched = held.corner ? areas.filter(area => rings(area).some((/** @type {number[][]} */ ring) => ring.some(p => p[0] === held.corner[0] && p[1] === held.corner[1])))
    .flatMap(area => rings(area).map((/** @type {number[][]} */ ring) => tools.feature("LineString", [...ring, ring[0]].map(p => p[0] === held.corner[0] && p[1] === held.corner[1] ? at : p))))
    : [tools.feature("LineString", [held.middle[0], at, held.middle[1]])];
  tools.draft([...touched, tools.point(at)]);
}

/** @param {any} event */
async function drop(event) {
  if (!held) return;
  const { corner, middle, moved } = held, at = [event.lngLat.lng, event.lngLat.lat].map(n => Math.round(n * 1e6) / 1e6);
  held = null;
  if (!moved) { show(); return; }
  await send(corner ? [{ op: "move", from: corner, to: at }] : [{ op: "insert", at, a: middle[0], b: middle[1] }]);
}

/** @param {any} event */
async function click(event) {
  if (busy) return;
  const at = [event.lngLat.lng, event.lngLat.lat];
  if (mode === "remove" && chosen) {
    const found = under(event);
    if (found?.properties.corner) { await send([{ op: "remove", at: JSON.parse(found.properties.corner) }]); return; }
  }
  if (mode === "split" && chosen) { line.push(at); show(); return; }
  if (mode === "corners" && under(event)) return;
  const ids = new Set(tools.map.queryRenderedFeatures(event.point, { layers: ["area-hit"] }).map((/** @type {any} */ item) => item.properties.id));
  const area = areas.find(item => ids.has(item.properties.id));
  if (!area) return;
  if (mode === "merge" && chosen && chosen !== area) {
    await send([{ op: "merge", areas: [chosen.properties.id, area.properties.id], name: chosen.properties.name }]);
    return;
  }
  chosen = area;
  show();
}

/** @param {any} event */
async function split(event) {
  if (mode !== "split" || !chosen || line.length < 2) return;
  event?.preventDefault?.();
  // A double click has put its place there twice.
  const way = line.filter((at, index) => index === 0 || Math.hypot(at[0] - line[index - 1][0], at[1] - line[index - 1][1]) > 1e-5);
  line = [];
  await send([{ op: "split", area: chosen.properties.id, line: way, names: [`${chosen.properties.name}东`.slice(0, 40), `${chosen.properties.name}西`.slice(0, 40)] }]);
}

/** @param {KeyboardEvent} event */
function key(event) {
  if (event.target instanceof HTMLInputElement) return;
  if (event.key === "Enter") split(null);
  if (event.key === "Escape") { line = []; held = null; show(); }
  if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
}

function rename() {
  if (!chosen) { tools.hint(word("townmap.editHint.choose")); return; }
  const form = document.createElement("form"), input = document.createElement("input");
  form.className = "row";
  input.value = chosen.properties.name;
  input.maxLength = 40;
  input.setAttribute("aria-label", word("townmap.edit.rename"));
  form.append(input);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    form.remove();
    await send([{ op: "rename", area: chosen.properties.id, name: input.value.trim() }]);
  });
  bar.append(form);
  input.focus();
}

/** Import, export and the format of codes, in a panel of their own. */
async function files() {
  const open = bar.querySelector(".files-panel");
  if (open) { open.remove(); return; }
  const { filesPanel } = await import("/static/townmap-files.js");
  tools.hint(word("townmap.editHint.files"));
  await filesPanel(bar, { base: () => base, refused, done: async moved => {
    tools.hint(word("townmap.edit.done", { n: moved }));
    tools.refresh();
    await load();
  } });
}

/** @param {any[]} edits */
const send = edits => change("/api/v1/areas/edits", { ...(base ? { base } : {}), edits });
const undo = () => change("/api/v1/areas/undo", {});

/** @param {string} path @param {any} body */
async function change(path, body) {
  if (busy) return;
  busy = true;
  try {
    const answer = await fetch(path, { method: "POST", credentials: "same-origin", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": newKey(), "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "" } });
    const result = await answer.json();
    if (answer.ok) {
      tools.hint(word("townmap.edit.done", { n: result.moved }));
      tools.refresh();
      await load();
    } else refused(result);
  } catch (error) {
    tools.hint(String(/** @type {Error} */ (error).message), true);
  } finally { busy = false; }
}

/** @param {any} result */
function refused(result) {
  tools.hint([result.title, ...(result.areas ?? [])].join(" · "), true);
  const marks = [];
  if (result.place) marks.push(tools.point(result.place, { bad: 1 }));
  if (result.ring) marks.push(tools.feature("Polygon", [[...result.ring, result.ring[0]]], { bad: 1 }));
  show(marks);
  if (result.place && !tools.map.getBounds().contains(result.place)) tools.map.easeTo({ center: result.place, duration: 400 });
  if (result.code === "townmap.stale") load();
}
