// The wall: 1, 4, 9 or 16 live pictures. More cameras than fields make a round that turns every few seconds. A layout
// (cameras, fields, seconds) is saved under a name for everybody who uses the wall.
import { api, get, post } from "./api.js";
import { Player, watch } from "./player.js";
import { word } from "./text.js";
import { toast } from "./toast.js";

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const grid = $("grid"), list = $("cameras"), round = /** @type {HTMLSelectElement} */ ($("round"));
const layoutList = /** @type {HTMLSelectElement} */ ($("layouts")), find = /** @type {HTMLInputElement} */ ($("find"));

/** @type {any[]} */ let cameras = [];
/** @type {any[]} */ let layouts = [];
/** What is on the wall, by place; a hole is null. @type {(string|null)[]} */
let shown = [];
let size = 4, group = 0, chosen = 0, turned = Date.now();
/** @type {{camera: string|null, player: Player|null, box: HTMLElement}[]} */
let tiles = [];

const nameOf = (/** @type {string} */ id) => cameras.find(camera => camera.id === id)?.name ?? word("watch.wall.gone");
const icon = (/** @type {string} */ name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
};
const groups = () => Math.max(1, Math.ceil(shown.length / size));

async function load() {
  let next = "/api/v1/cameras?limit=200";
  while (next && cameras.length < 2_000) {
    const page = await get(next);
    cameras.push(...page.items);
    next = page.next;
  }
  layouts = (await get("/api/v1/wall-layouts")).items;
  showLayouts("");
  const asked = new URLSearchParams(location.search).get("layout") ?? "", first = layouts.find(layout => layout.id === asked);
  if (first) use(first); else { shown = cameras.filter(camera => camera.state === "online").slice(0, size).map(camera => camera.id); draw(); }
  showList();
}

function showLayouts(/** @type {string} */ id) {
  layoutList.replaceChildren(layoutList.options[0], ...layouts.map(layout => new Option(layout.name, layout.id)));
  layoutList.value = id;
  $("remove").hidden = !id;
}

function use(/** @type {any} */ layout) {
  size = layout.size;
  shown = [...layout.cameras];
  round.value = [...round.options].some(option => option.value === String(layout.seconds)) ? String(layout.seconds) : "0";
  group = 0;
  layoutList.value = layout.id;
  $("remove").hidden = false;
  draw();
}

function showList() {
  const text = find.value.trim().toLowerCase();
  const found = cameras.filter(camera => !text || camera.name.toLowerCase().includes(text) || camera.gbId?.includes(text));
  list.replaceChildren(...found.slice(0, 300).map(camera => {
    const item = document.createElement("li"), button = document.createElement("button"), name = document.createElement("span"), state = document.createElement("span");
    button.type = "button";
    button.dataset.camera = camera.id;
    button.setAttribute("aria-pressed", String(shown.includes(camera.id)));
    name.textContent = camera.name;
    state.className = `badge ${camera.state === "online" ? "ok" : "off"}`;
    state.textContent = word(`watch.state.${camera.state}`);
    button.append(name, state);
    item.append(button);
    return item;
  }));
  $("none").hidden = found.length > 0;
}

/** Puts the players where they belong; one that shows the right camera already goes on. */
function draw() {
  grid.dataset.size = String(size);
  for (const button of document.querySelectorAll("[data-size]")) if (button instanceof HTMLButtonElement) button.setAttribute("aria-pressed", String(Number(button.dataset.size) === size));
  group = Math.min(group, groups() - 1);
  while (tiles.length > size) { const tile = tiles.pop(); tile?.player?.stop(); tile?.box.remove(); }
  while (tiles.length < size) {
    const box = document.createElement("div");
    box.className = "tile";
    grid.append(box);
    tiles.push({ camera: null, player: null, box });
    fill(tiles.length - 1, null, true);
  }
  for (let index = 0; index < size; index++) fill(index, shown[group * size + index] ?? null);
  chosen = Math.min(chosen, size - 1);
  tiles.forEach((tile, index) => tile.box.classList.toggle("chosen", index === chosen));
  $("round-state").textContent = groups() > 1 ? word("watch.wall.group", { n: group + 1, of: groups() }) : "";
  turned = Date.now();
}

function fill(/** @type {number} */ index, /** @type {string|null} */ camera, force = false) {
  const tile = tiles[index];
  if (tile.camera === camera && !force) return;
  tile.player?.stop();
  tile.player = null;
  tile.camera = camera;
  if (!camera) {
    const empty = document.createElement("button");
    empty.type = "button";
    empty.className = "tile-empty";
    empty.dataset.act = "choose";
    empty.textContent = word("watch.wall.empty");
    tile.box.replaceChildren(empty);
    return;
  }
  const head = document.createElement("div"), name = document.createElement("strong"), picture = document.createElement("div");
  head.className = "tile-head";
  name.textContent = name.title = nameOf(camera);
  head.append(name, ...["sound", "snapshot", "big", "off"].map(act => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.act = act;
    button.append(icon({ sound: "sound", snapshot: "camera", big: "full", off: "close" }[act] ?? ""));
    button.title = word(`watch.wall.${act}`);
    button.setAttribute("aria-label", `${word(`watch.wall.${act}`)}: ${name.textContent}`);
    if (act === "sound") button.setAttribute("aria-pressed", "false");
    return button;
  }));
  tile.box.replaceChildren(picture, head);
  tile.player = new Player(picture);
  void watch(tile.player, camera, { small: size > 1 });
}

function choose(/** @type {number} */ index) {
  chosen = index;
  tiles.forEach((tile, at) => tile.box.classList.toggle("chosen", at === index));
}

grid.addEventListener("click", async event => {
  const target = event.target instanceof Element ? event.target : null, box = target?.closest(".tile");
  const index = tiles.findIndex(tile => tile.box === box);
  if (index < 0) return;
  choose(index);
  const tile = tiles[index], act = target?.closest("[data-act]"), player = tile.player;
  if (!(act instanceof HTMLElement) || !player) return;
  if (act.dataset.act === "off") { shown[group * size + index] = null; while (shown.at(-1) === null) shown.pop(); draw(); showList(); }
  if (act.dataset.act === "big") player.fullScreen();
  if (act.dataset.act === "sound") {
    const on = act.getAttribute("aria-pressed") !== "true";
    // One voice at a time.
    for (const other of tiles) { other.player?.listen(false); other.box.querySelector("[data-act=sound]")?.setAttribute("aria-pressed", "false"); }
    player.listen(on);
    act.setAttribute("aria-pressed", String(on));
  }
  if (act.dataset.act === "snapshot") {
    const picture = await player.snapshot();
    if (!picture) { toast("bad", word("watch.wall.noPicture")); return; }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = `${nameOf(tile.camera ?? "")}-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.jpg`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
});
grid.addEventListener("dblclick", event => {
  const tile = tiles.find(tile => event.target instanceof Element && tile.box.contains(event.target));
  if (event.target instanceof Element && !event.target.closest("button")) tile?.player?.fullScreen();
});

list.addEventListener("click", event => {
  const button = event.target instanceof Element ? event.target.closest("[data-camera]") : null;
  if (!(button instanceof HTMLElement)) return;
  const id = button.dataset.camera ?? "", at = shown.indexOf(id);
  if (at >= 0) shown[at] = null;
  else {
    let place = group * size + chosen;
    if (shown[place]) { place = shown.findIndex(camera => !camera); if (place < 0) place = shown.length; }
    while (shown.length < place) shown.push(null);
    shown[place] = id;
    choose(Math.min(size - 1, place % size + 1));
  }
  while (shown.at(-1) === null) shown.pop();
  draw();
  showList();
});

document.querySelector(".segments")?.addEventListener("click", event => {
  const button = event.target instanceof Element ? event.target.closest("[data-size]") : null;
  if (button instanceof HTMLElement) { size = Number(button.dataset.size); group = 0; draw(); }
});
find.addEventListener("input", showList);
round.addEventListener("change", () => { turned = Date.now(); });
layoutList.addEventListener("change", () => {
  const layout = layouts.find(layout => layout.id === layoutList.value);
  if (layout) { use(layout); showList(); } else $("remove").hidden = true;
});
$("full").addEventListener("click", () => $("wall-page").requestFullscreen());

const dialog = /** @type {HTMLDialogElement} */ ($("save-dialog")), layoutName = /** @type {HTMLInputElement} */ ($("layout-name"));
$("save").addEventListener("click", () => { layoutName.value = layoutList.selectedOptions[0]?.value ? layoutList.selectedOptions[0].text : ""; dialog.showModal(); });
$("save-cancel").addEventListener("click", () => dialog.close(""));
dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "ok") return;
  const known = layouts.find(layout => layout.name === layoutName.value.trim());
  const body = { name: layoutName.value, size, seconds: Number(round.value), cameras: shown.filter(Boolean) };
  try {
    const saved = known ? await api("PUT", `/api/v1/wall-layouts/${known.id}`, { body }) : await post("/api/v1/wall-layouts", body);
    layouts = [...layouts.filter(layout => layout.id !== saved.id), saved];
    showLayouts(saved.id);
    toast("ok", word("watch.wall.saved"));
  } catch { /* the toast says why */ }
});
$("remove").addEventListener("click", async () => {
  const id = layoutList.value;
  try { await api("DELETE", `/api/v1/wall-layouts/${id}`); } catch { return; }
  layouts = layouts.filter(layout => layout.id !== id);
  showLayouts("");
});

setInterval(() => {
  const seconds = Number(round.value);
  if (!seconds || groups() < 2 || Date.now() - turned < seconds * 1_000) return;
  group = (group + 1) % groups();
  draw();
}, 500);
addEventListener("pagehide", () => tiles.forEach(tile => tile.player?.stop()));
load();
