// The watch screen: goes from place to place, tells the log who watches what, and turns one key into a case.
import { post } from "./api.js";
import { Player, watch as watchCamera } from "./player.js";
import { word } from "./text.js";

const dwell = 20000, beat = 20000;
const watch = document.getElementById("watch");
const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#places > li")]);
const may = watch?.dataset.watch !== undefined;

if (watch && items.length) {
  const picture = /** @type {HTMLElement} */ (document.getElementById("picture"));
  const player = new Player(picture);
  const hold = document.getElementById("hold");
  let current = Math.max(0, items.findIndex(item => item.dataset.due !== undefined)), held = false, timer = 0;

  const show = (/** @type {number} */ index) => {
    current = (index + items.length) % items.length;
    const item = items[current];
    for (const other of items) other.toggleAttribute("aria-current", other === item);
    /** @type {HTMLElement} */ (document.getElementById("place-name")).textContent = item.dataset.name ?? "";
    /** @type {HTMLElement} */ (document.getElementById("place-note")).textContent = item.dataset.note ?? "";
    item.scrollIntoView({ block: "nearest" });
    if (item.dataset.camera && may) void watchCamera(player, item.dataset.camera, { reason: word("watch.water.reason") });
    else player.stop();
    watching();
    clearTimeout(timer);
    timer = setTimeout(next, dwell);
  };
  const next = () => {
    if (held) { timer = setTimeout(next, dwell); return; }
    // Places that are due come first; out of season all of them take their turn.
    const due = items.some(item => item.dataset.due !== undefined);
    let index = current + 1;
    while (due && items[index % items.length].dataset.due === undefined) index += 1;
    show(index);
  };
  /** A place counts as watched while its screen is in front of somebody. */
  const watching = () => {
    if (!may || document.hidden) return;
    post(`/api/v1/water-places/${items[current].dataset.place}/watched`, {}, { quiet: true }).catch(() => {});
  };
  setInterval(watching, beat);

  const keep = () => {
    held = !held;
    hold?.setAttribute("aria-pressed", String(held));
  };
  /** Warns through the place's loudspeaker, before all other voices; the case's timeline tells of it. @param {HTMLElement} item @param {boolean} children @param {string} caseId */
  const shout = async (item, children, caseId) => {
    if (!item.dataset.speaker) return word("watch.water.noSpeaker");
    const kept = item.parentElement?.dataset ?? {}, phraseId = children ? kept.children : kept.people;
    const what = phraseId ? { kind: children ? kept.childrenKind : kept.peopleKind, phraseId }
      : { kind: "text", text: word(children ? "watch.water.shoutChildren" : "watch.water.shout") };
    try {
      await post("/api/v1/voices", { ...what, cameraIds: [item.dataset.speaker], repeats: 2, caseId, urgent: true }, { quiet: true });
      return word("watch.water.shouted");
    } catch (error) { return word("watch.water.notShouted", { why: error instanceof Error ? error.message : "" }); }
  };
  const seen = async (/** @type {boolean} */ children) => {
    const item = items[current];
    held = true;
    hold?.setAttribute("aria-pressed", "true");
    try {
      const made = await post(`/api/v1/water-places/${item.dataset.place}/sightings`, { cameraId: item.dataset.camera || undefined, children });
      const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm"));
      const said = /** @type {HTMLElement} */ (document.getElementById("confirm-text"));
      if (made.known) said.textContent = word("watch.water.known", { place: item.dataset.name ?? "" });
      else said.textContent = made.called.length
        ? word("watch.water.calledWho", { place: item.dataset.name ?? "", who: made.called.join(" ") }) : word("watch.water.calledNobody", { place: item.dataset.name ?? "" });
      if (!made.known) void shout(item, children, made.caseId).then(text => { said.textContent += ` ${text}`; });
      /** @type {HTMLAnchorElement} */ (document.getElementById("confirm-case")).href = `/cases/${made.caseId}`;
      dialog.showModal();
    } catch { /* the toast says why */ }
  };

  hold?.addEventListener("click", keep);
  document.getElementById("seen")?.addEventListener("click", () => seen(false));
  document.getElementById("seen-children")?.addEventListener("click", () => seen(true));
  document.querySelector("#confirm [data-close]")?.addEventListener("click", () => location.reload());
  items.forEach((item, index) => item.querySelector("button")?.addEventListener("click", () => { show(index); }));
  addEventListener("keydown", event => {
    const target = event.target;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key) && items[Number(key) - 1]) show(Number(key) - 1);
    else if (key === "arrowright") show(current + 1);
    else if (key === "arrowleft") show(current - 1);
    else if (key === " " && may && !(target instanceof HTMLButtonElement)) { event.preventDefault(); keep(); }
    else if (key === "s" && may && !event.repeat) void seen(false);
    else if (key === "d" && may && !event.repeat) void seen(true);
  });
  addEventListener("pagehide", () => player.stop());
  show(current);
}
