// Speaking through loudspeakers: the microphone while a button or the space bar is held, or a text that the centre speaks.
// Each speaker's way is shown as it goes: asked, agreed, speaking, done, or why not.
import { api, post } from "./api.js";
import { word } from "./text.js";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byID = id => /** @type {any} */ (document.getElementById(id));
const page = byID("speak"), hold = /** @type {HTMLButtonElement} */ (byID("hold"));
const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("input[name=camera]")]);
const chosen = () => boxes().filter(box => box.checked && !box.disabled).map(box => box.value);

/** @type {string|null} */ let voice = null;
/** @type {{socket?: WebSocket, stop: () => void}|null} */ let microphone = null;
let held = 0;

function count() { byID("chosen").textContent = word("watch.voice.chosen", { count: String(chosen().length) }); }
page.addEventListener("change", event => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (box.dataset.group !== undefined) for (const other of box.closest("fieldset")?.querySelectorAll("input[name=camera]:not(:disabled)") ?? []) /** @type {HTMLInputElement} */ (other).checked = box.checked;
  count();
});
count();

/** @param {string} text @param {string} [tone] */
function say(text, tone = "") { const state = byID("state"); state.textContent = text; state.dataset.tone = tone; }

/** @param {any} view */
function draw(view) {
  byID("progress").replaceChildren(...view.speakers.map((/** @type {any} */ speaker) => {
    const item = document.createElement("li"), row = document.createElement("div"), end = document.createElement("span");
    row.className = "row";
    end.className = speaker.failure ? "end bad" : "end";
    end.textContent = speaker.failure ? word(`watch.voice.failure.${speaker.failure}`) : word(`watch.voice.${speaker.stage}`, { seconds: (speaker.spokenMs / 1000).toFixed(1) });
    row.append(speaker.name, end);
    item.append(row);
    item.dataset.stage = speaker.stage;
    return item;
  }));
  const open = view.speakers.some((/** @type {any} */ speaker) => !["ended", "failed"].includes(speaker.stage));
  const isOn = view.speakers.some((/** @type {any} */ speaker) => speaker.stage === "connected");
  byID("stop").hidden = !open;
  if (open) say(word(isOn ? "watch.voice.go" : "watch.voice.wait"), isOn ? "go" : "");
  else {
    const reached = view.speakers.filter((/** @type {any} */ speaker) => speaker.spokenMs > 0).length;
    say(word("watch.voice.over", { reached: String(reached), all: String(view.speakers.length) }), reached < view.speakers.length ? "bad" : "");
  }
  return open;
}

/** @param {string} id */
async function follow(id) {
  voice = id;
  while (voice === id) {
    try { if (!draw(await api("GET", `/api/v1/voices/${id}`, { quiet: true }))) break; } catch { /* the next look tells */ }
    await new Promise(done => setTimeout(done, 300));
  }
  if (voice === id) { voice = null; microphone?.stop(); microphone = null; }
}

/** @param {object} wish */
async function begin(wish) {
  const cameraIds = chosen();
  if (!cameraIds.length) { say(word("watch.voice.chooseFirst"), "bad"); return null; }
  const caseId = page.dataset.case || undefined;
  const view = await post("/api/v1/voices", { cameraIds, caseId, reason: byID("reason").value, ...wish });
  draw(view);
  void follow(view.id);
  return view;
}

/** The microphone as 16-bit samples at 8,000 a second, handed over every 100 ms. @param {(samples: Int16Array) => void} give */
async function listen(give) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  const context = new AudioContext();
  await context.audioWorklet.addModule("/static/speak-worklet.js");
  const source = context.createMediaStreamSource(stream), node = new AudioWorkletNode(context, "telephone");
  node.port.onmessage = event => give(event.data);
  source.connect(node);
  return () => { node.port.onmessage = null; source.disconnect(); for (const track of stream.getTracks()) track.stop(); void context.close(); };
}

async function press() {
  if (held || voice) return;
  const mine = held = Date.now();
  hold.dataset.on = "";
  /** @type {Int16Array[]} */ let waiting = [];
  /** @type {WebSocket|undefined} */ let socket;
  try {
    // The microphone first: nobody is called for a voice that cannot come.
    const stop = await listen(samples => {
      if (socket?.readyState === 1) { for (const old of waiting.splice(0)) socket.send(old); socket.send(samples); }
      else if (waiting.length < 100) waiting.push(samples);
    });
    microphone = { stop };
    if (held !== mine) { release(); return; }
    const view = await begin({ kind: "talk" });
    if (!view) { release(); return; }
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.hostname}:${view.port}${view.path}`);
    microphone.socket = socket;
    if (held !== mine) release();
  } catch (error) {
    if (error instanceof DOMException || !navigator.mediaDevices) say(word("watch.voice.noMicrophone"), "bad");
    release();
  }
}

function release() {
  held = 0;
  delete hold.dataset.on;
  const own = microphone;
  microphone = null;
  own?.stop();
  // What the socket still holds leaves before the end is told.
  if (voice) { const id = voice; setTimeout(() => { own?.socket?.close(); post(`/api/v1/voices/${id}/end`, {}, { quiet: true }).catch(() => {}); }, 250); }
}

hold.addEventListener("pointerdown", event => { event.preventDefault(); hold.focus(); void press(); });
for (const type of ["pointerup", "pointercancel", "pointerleave", "blur"]) hold.addEventListener(type, () => { if (held) release(); });
addEventListener("keydown", event => {
  if (event.key !== " " || event.repeat || (event.target instanceof HTMLElement && event.target !== hold && event.target.closest("input, textarea, select, button, summary"))) return;
  event.preventDefault();
  void press();
});
addEventListener("keyup", event => { if (event.key === " " && held) { event.preventDefault(); release(); } });
addEventListener("pagehide", () => { if (voice && held) release(); });

/** @param {object} what */
async function sayAll(what) {
  if (voice) return;
  try { await begin({ ...what, repeats: Number(byID("repeats").value), urgent: byID("urgent").checked }); } catch { /* the toast says why */ }
}
byID("text-form").addEventListener("submit", event => {
  event.preventDefault();
  void sayAll({ kind: "text", text: byID("text").value });
});
page.addEventListener("click", event => {
  const button = /** @type {HTMLElement|null} */ (event.target instanceof Element ? event.target.closest("[data-phrase], [data-recording]") : null);
  if (button?.dataset.phrase) byID("text").value = button.dataset.phrase;
  if (button?.dataset.recording) void sayAll({ kind: "recording", phraseId: button.dataset.recording });
});
byID("stop").addEventListener("click", () => { if (voice) post(`/api/v1/voices/${voice}/end`, { atOnce: true }).catch(() => {}); });
