// A camera's live picture while the pointer rests on its mark. Each look is a look: it is asked for with a reason, and
// the centre writes it down.
import { Player, watch } from "/static/player.js";
import { word } from "/static/text.js";

/** How long the pointer rests before a camera is called, in milliseconds: who only passes by starts nothing. */
const rest = 450;

/** @param {any} map @param {any} maplibre */
export function peeks(map, maplibre) {
  /** @type {any} */ let open = null;
  let timer = 0, over = "";
  const close = () => {
    clearTimeout(timer);
    over = "";
    open?.player.stop();
    open?.popup.remove();
    open = null;
  };
  map.on("mousemove", "cameras-mark", (/** @type {any} */ event) => {
    const mark = event.features[0], { subject, label, state } = mark.properties;
    if (subject === over) return;
    close();
    over = subject;
    timer = setTimeout(() => {
      const box = document.createElement("div"), picture = document.createElement("div"), name = document.createElement("strong");
      box.className = "peek";
      name.textContent = label;
      box.append(picture, name);
      const popup = new maplibre.Popup({ closeButton: false, closeOnClick: false, maxWidth: "none", offset: 14, focusAfterOpen: false }).setLngLat(mark.geometry.coordinates).setDOMContent(box).addTo(map);
      const player = new Player(picture);
      open = { player, popup };
      if (state === "offline") { player.note.textContent = word("townmap.live.failed"); return; }
      const id = subject.slice("cameras/".length);
      void watch(player, id, { reason: word("townmap.live.reason"), small: true });
    }, rest);
  });
  map.on("mouseleave", "cameras-mark", close);
  map.on("movestart", close);
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); });
}
