// The alarm tone: rings until it is told to stop; a mute always ends by itself.
// Browsers give sound only after a touch of the page, so the desk asks for it in words (state "blocked").

const muteMs = 120_000;

export class Siren {
  /** @type {AudioContext|null} */ #audio = null;
  #wanted = false;
  #mutedUntil = 0;
  #next = 0;
  #timer = 0;
  /** @param {() => void} changed called when the state may have changed */
  constructor(changed) {
    this.changed = changed;
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => this.enable(), { capture: true });
    this.#timer = setInterval(() => this.#beat(), 200);
  }

  /** "blocked": the browser gives no sound yet; "muted": until `mutedMs` runs out; "ringing"; "ready". */
  get state() {
    if (this.#audio?.state !== "running") return "blocked";
    if (this.mutedMs > 0) return "muted";
    return this.#wanted ? "ringing" : "ready";
  }
  get mutedMs() { return Math.max(0, this.#mutedUntil - Date.now()); }

  async enable() {
    if (this.#audio?.state === "running") return;
    this.#audio ??= new AudioContext();
    try { await this.#audio.resume(); } catch { /* still blocked: the prompt stays */ }
    this.changed();
  }

  /** @param {boolean} wanted */
  ring(wanted) { if (wanted !== this.#wanted) { this.#wanted = wanted; this.#next = 0; this.changed(); } }

  /** Two minutes of quiet, or none if it was muted already. A new alarm ends a mute: see `alert`. */
  toggleMute() { this.#mutedUntil = this.mutedMs > 0 ? 0 : Date.now() + muteMs; this.changed(); }
  /** Something new happened that nobody has heard yet. */
  alert() { this.#mutedUntil = 0; this.ring(true); }
  close() { clearInterval(this.#timer); this.#audio?.close(); }

  #beat() {
    const audio = this.#audio;
    if (!audio || this.state !== "ringing" || audio.currentTime < this.#next) return;
    // Two falling tones twice a second, about 800 and 630 Hz: carries over speech without shrillness.
    const start = audio.currentTime + 0.02;
    [[0, 800], [0.18, 630], [0.42, 800], [0.6, 630]].forEach(([offset, frequency]) => {
      const tone = audio.createOscillator(), gain = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = frequency;
      gain.gain.setValueAtTime(0, start + offset);
      gain.gain.linearRampToValueAtTime(0.5, start + offset + 0.015);
      gain.gain.setValueAtTime(0.5, start + offset + 0.13);
      gain.gain.linearRampToValueAtTime(0, start + offset + 0.17);
      tone.connect(gain).connect(audio.destination);
      tone.start(start + offset);
      tone.stop(start + offset + 0.18);
    });
    this.#next = start + 1.3;
  }
}
