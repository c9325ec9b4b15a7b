// One camera's picture: fragments of MP4 over a WebSocket into Media Source Extensions, at the live edge.
// The server says which stage is being waited for, and which one failed; the viewer's name lies over the picture.
import { post } from "./api.js";
import { Sound } from "./player-sound.js";
import { word } from "./text.js";

/** How far behind the newest picture is shown, in seconds: less stutters, more is late. */
const behind = 0.15;
/** What lies longer in the past is let go, in seconds. */
const kept = 12;

/** Whether the stream's coding is H.265. */
const isHEVC = (/** @type {string} */ codec) => /^(hvc|hev)1/.test(codec);
/** Failures of one stream that another of the same camera may not have. */
const otherStreamHelps = new Set(["codec", "no-stream", "no-video", "no-key-frame", "not-program-stream", "refused"]);

const text = (/** @type {string} */ tag, /** @type {string} */ cls) => {
  const element = document.createElement(tag);
  element.className = cls;
  return element;
};

/**
 * The live picture of a camera: its main stream and its substream, the one in place of the other.
 * @param {Player} player @param {string} camera @param {{reason?: string, small?: boolean}} [wish] `small` begins with
 * the substream, as a wall does
 */
export function watch(player, camera, { reason = "", small = false } = {}) {
  const stream = (/** @type {boolean} */ substream) => () => post(`/api/v1/cameras/${encodeURIComponent(camera)}/live`, { reason, substream }, { quiet: true });
  return player.play(stream(small), stream(!small));
}

export class Player {
  /** @param {HTMLElement} box holds the picture @param {{onState?: (player: Player) => void}} [hooks] */
  constructor(box, { onState } = {}) {
    this.box = box;
    this.onState = onState;
    box.classList.add("player");
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true, disablePictureInPicture: true });
    this.note = text("p", "player-note");
    this.note.setAttribute("role", "status");
    this.name = text("div", "player-name");
    this.name.setAttribute("aria-hidden", "true");
    box.replaceChildren(this.video, this.name, this.note);
    this.sound = new Sound();
    /** idle, waiting, playing, failed, ended */
    this.state = "idle";
    this.stage = "signalling";
    this.failure = "";
    this.shown = 0;
    this.run = 0;
    this.tries = 0;
  }

  /**
   * Shows a source; a connection that breaks is made anew, each time with a ticket of its own.
   * @param {() => Promise<{port: number, path: string}>} ticket
   * @param {() => Promise<{port: number, path: string}>} [spare] another stream of the same, for a browser that cannot
   * decode the first (H.265), or where the first fails; where that is no better, the first is asked for as H.264
   */
  async play(ticket, spare) {
    this.stop();
    this.ticket = ticket;
    this.spare = spare;
    this.first = undefined;
    this.tries = 0;
    await this.connect();
  }

  async connect() {
    const run = ++this.run;
    this.close();
    this.set("waiting", "signalling");
    let way;
    try { way = await /** @type {any} */ (this.ticket)(); } catch (error) {
      // The centre itself says no, and would to the other stream as well.
      if (run === this.run) this.fail("signalling", "", error instanceof Error ? error.message : "");
      return;
    }
    if (run !== this.run) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.hostname}:${way.port}${way.path}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = event => { if (run === this.run) this.hear(event.data); };
    socket.onopen = () => { if (this.wantsSound) socket.send("sound"); };
    socket.onclose = () => { if (run === this.run && this.state !== "failed" && this.state !== "ended") this.again(); };
  }

  /** The media process went away, or the network: after 1, 2, 4 … 10 s once more. */
  again() {
    this.set("waiting", "signalling");
    const run = this.run;
    setTimeout(() => { if (run === this.run) this.connect(); }, Math.min(10_000, 1_000 * 2 ** this.tries++));
  }

  /** @param {string|ArrayBuffer} data */
  hear(data) {
    if (typeof data === "string") {
      const said = JSON.parse(data);
      if (said.kind === "viewer") this.name.textContent = [said.name, said.note].filter(Boolean).join(" ");
      if (said.kind === "stage" && this.state !== "playing") this.set("waiting", said.stage);
      if (said.kind === "format") this.begin(said.codec);
      if (said.kind === "failed") this.fail(said.stage, said.failure);
      if (said.kind === "ended") this.set("ended", this.stage);
      return;
    }
    const bytes = new Uint8Array(data);
    if (bytes[0] === 4 || bytes[0] === 5) { this.sound.play(bytes.subarray(1), bytes[0] === 4); return; }
    if (bytes[0] === 6) { this.sound.begin(bytes.subarray(1)); return; }
    if (bytes[0] === 7) { this.sound.add(bytes.subarray(1)); return; }
    this.queue.push(bytes.subarray(1));
    // A page in the background takes nothing; what it would show is old by then.
    if (this.queue.length > 2_000) this.queue.splice(1, this.queue.length - 500);
    this.pump();
  }

  /** @param {string} codec */
  begin(codec) {
    const type = `video/mp4; codecs="${codec}"`;
    if (!("MediaSource" in window) || !MediaSource.isTypeSupported(type)) {
      if (!isHEVC(codec) || !("MediaSource" in window)) this.fail("decode", "codec");
      else if (this.spare) { this.first = this.ticket; this.fail("decode", "codec"); }
      // The server makes it into H.264 from here on, and says so by another format.
      else { this.set("waiting", "decode"); this.socket?.send("h264"); }
      return;
    }
    this.queue = [];
    this.buffer = undefined;
    const source = new MediaSource();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(source);
    this.video.src = this.address;
    source.addEventListener("sourceopen", () => {
      if (source.readyState !== "open" || this.video.src !== this.address) return;
      this.buffer = source.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", () => { this.follow(); this.pump(); });
      this.pump();
    }, { once: true });
    this.video.onerror = () => this.fail("decode", "codec", this.video.error?.message);
    this.video.requestVideoFrameCallback?.(() => this.show());
    this.video.onplaying = () => this.show();
  }

  show() {
    this.shown++;
    if (this.state === "playing") return;
    this.tries = 0;
    this.set("playing", "decode");
    if (this.socket?.readyState === 1) this.socket.send("shown");
  }

  pump() {
    const buffer = this.buffer;
    if (!buffer || buffer.updating || !this.queue.length) return;
    let size = 0, count = 0;
    while (count < this.queue.length && size < 1 << 20) size += this.queue[count++].length;
    const joined = new Uint8Array(size);
    let at = 0;
    for (const part of this.queue.splice(0, count)) { joined.set(part, at); at += part.length; }
    try { buffer.appendBuffer(joined); } catch (error) {
      // Full: what was seen goes first. Anything else is the decoder's end.
      if (error instanceof DOMException && error.name === "QuotaExceededError" && this.video.buffered.length) {
        buffer.remove(0, Math.max(0.1, this.video.currentTime - 2));
      } else { this.fail("decode", "codec", String(error)); }
    }
  }

  /** Keeps to the live edge: a jump when far behind, else a little faster or slower. */
  follow() {
    const { video, buffer } = this;
    if (!buffer || !video.buffered.length) return;
    const last = video.buffered.length - 1, end = video.buffered.end(last), start = video.buffered.start(last);
    const late = end - video.currentTime;
    if (video.currentTime < start || late > Math.max(1, this.rate)) video.currentTime = Math.max(start, end - behind);
    else video.playbackRate = this.rate * (late > behind + 0.1 ? 1.1 : late < behind - 0.1 ? 0.95 : 1);
    if (video.paused) video.play().catch(() => { /* a page in the background; it plays when it is looked at */ });
    if (video.currentTime - video.buffered.start(0) > 2 * kept && !buffer.updating) buffer.remove(0, video.currentTime - kept);
  }

  /** @param {string} state @param {string} stage */
  set(state, stage) {
    this.state = state;
    this.stage = stage;
    this.box.dataset.state = state;
    this.note.hidden = state === "playing" || state === "idle";
    this.note.textContent = state === "waiting" ? word(`watch.stage.${stage}`) : state === "ended" ? word("watch.ended")
      : state === "failed" ? word("watch.failed", { stage: word(`watch.stageName.${stage}`), why: this.failure }) : "";
    this.onState?.(this);
  }

  /** @param {string} stage @param {string} failure @param {string} [detail] */
  fail(stage, failure, detail = "") {
    this.close();
    const next = this.spare ?? this.first;
    if (next && otherStreamHelps.has(failure)) {
      this.ticket = next;
      if (this.spare) this.spare = undefined; else this.first = undefined;
      void this.connect();
      return;
    }
    this.failure = failure ? word(`watch.failure.${failure}`) : detail;
    this.set("failed", stage);
  }

  /** @param {boolean} on must follow a click, as browsers want it */
  listen(on) {
    this.wantsSound = on;
    this.sound.turn(on);
    if (this.socket?.readyState === 1) this.socket.send(on ? "sound" : "mute");
  }

  fullScreen() { return document.fullscreenElement === this.box ? document.exitFullscreen() : this.box.requestFullscreen(); }

  /** The picture as it is seen, with the viewer's name and the time on it. @returns {Promise<Blob|null>} */
  snapshot() {
    const canvas = document.createElement("canvas"), { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return Promise.resolve(null);
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    if (!pen) return Promise.resolve(null);
    pen.drawImage(this.video, 0, 0);
    const size = Math.max(14, Math.round(height / 36));
    pen.font = `${size}px sans-serif`;
    pen.fillStyle = "rgb(0 0 0 / .55)";
    const line = `${this.name.textContent} ${new Date().toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" })}`;
    pen.fillRect(0, height - size * 1.8, pen.measureText(line).width + size, size * 1.8);
    pen.fillStyle = "#fff";
    pen.fillText(line, size / 2, height - size * 0.6);
    return new Promise(done => canvas.toBlob(done, "image/jpeg", 0.9));
  }

  close() {
    if (this.socket) { this.socket.onclose = null; this.socket.close(); this.socket = undefined; }
    this.queue = [];
  }

  stop() {
    this.run++;
    this.close();
    this.buffer = undefined;
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = undefined;
    this.name.textContent = "";
    this.set("idle", "signalling");
  }

  /** @type {Uint8Array[]} */ queue = [];
  /** @type {SourceBuffer|undefined} */ buffer;
  /** @type {WebSocket|undefined} */ socket;
  /** @type {string|undefined} */ address;
  /** @type {(() => Promise<{port: number, path: string}>)|undefined} */ ticket;
  /** @type {(() => Promise<{port: number, path: string}>)|undefined} */ spare;
  /** The first stream, where it was left for being H.265. @type {(() => Promise<{port: number, path: string}>)|undefined} */ first;
  wantsSound = false;
  /** How many times faster the source sends than it was: of a replay. */
  rate = 1;
}
