// A camera's sound: G.711 at 8,000 samples a second, which browsers do not take in Media Source Extensions, or AAC, which
// they do.

/** @param {number} byte */
const aLaw = byte => {
  const code = byte ^ 0x55, mantissa = (code & 15) << 4, segment = (code >> 4) & 7;
  const size = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return (code & 0x80 ? size : -size) / 32768;
};
/** @param {number} byte */
const muLaw = byte => {
  const code = ~byte & 255, size = (((code & 15) << 3) + 0x84) << ((code >> 4) & 7);
  return (code & 0x80 ? 0x84 - size : size - 0x84) / 32768;
};
const tables = [aLaw, muLaw].map(law => Float32Array.from({ length: 256 }, (_, byte) => law(byte)));

export class Sound {
  /** @param {boolean} on */
  turn(on) {
    if (on && !this.context) this.context = new AudioContext({ sampleRate: 8000 });
    if (on) this.context?.resume(); else this.context?.suspend();
    this.on = on;
    if (!on) this.end();
    this.next = 0;
  }

  /** @param {Uint8Array} bytes @param {boolean} isALaw */
  play(bytes, isALaw) {
    const context = this.context;
    if (!this.on || !context || !bytes.length) return;
    const table = tables[isALaw ? 0 : 1], buffer = context.createBuffer(1, bytes.length, 8000), out = buffer.getChannelData(0);
    for (let index = 0; index < bytes.length; index++) out[index] = table[bytes[index]];
    // Late sound is caught up with by leaving it out, early sound waits for its turn.
    if (this.next < context.currentTime) this.next = context.currentTime + 0.06;
    if (this.next > context.currentTime + 0.6) return;
    const node = context.createBufferSource();
    node.buffer = buffer;
    node.connect(context.destination);
    node.start(this.next);
    this.next += buffer.duration;
  }

  /** A track of AAC begins. @param {Uint8Array} bytes the codec string's length, the string, the start of the track */
  begin(bytes) {
    this.end();
    const size = bytes[0], type = `audio/mp4; codecs="${new TextDecoder().decode(bytes.subarray(1, 1 + size))}"`;
    if (!this.on || !("MediaSource" in window) || !MediaSource.isTypeSupported(type)) return;
    const source = new MediaSource(), element = new Audio();
    this.element = element;
    this.address = URL.createObjectURL(source);
    this.waiting = [bytes.subarray(1 + size)];
    source.addEventListener("sourceopen", () => {
      if (this.element !== element || source.readyState !== "open") return;
      this.buffer = source.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", () => this.pump());
      this.pump();
    }, { once: true });
    element.src = this.address;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    if (!this.element) return;
    this.waiting.push(bytes);
    // A page in the background takes nothing; the track's start stays.
    if (this.waiting.length > 500) this.waiting.splice(1, 250);
    this.pump();
  }

  pump() {
    const { buffer, element } = this;
    if (!buffer || !element || buffer.updating) return;
    if (element.buffered.length) {
      const last = element.buffered.length - 1, end = element.buffered.end(last), start = element.buffered.start(last);
      // Late sound is caught up with by leaving it out.
      if (element.currentTime < start || end - element.currentTime > 0.6) element.currentTime = Math.max(start, end - 0.2);
      if (element.paused && end - start > 0.2) element.play().catch(() => { /* a page in the background */ });
      if (element.currentTime - element.buffered.start(0) > 30) { buffer.remove(0, element.currentTime - 5); return; }
    }
    const next = this.waiting.shift();
    if (!next) return;
    try { buffer.appendBuffer(next); } catch { this.end(); }
  }

  end() {
    if (this.element) { this.element.pause(); this.element.removeAttribute("src"); this.element.load(); }
    if (this.address) URL.revokeObjectURL(this.address);
    this.element = this.buffer = this.address = undefined;
    this.waiting = [];
  }

  /** @type {HTMLAudioElement|undefined} */ element;
  /** @type {SourceBuffer|undefined} */ buffer;
  /** @type {string|undefined} */ address;
  /** @type {Uint8Array[]} */ waiting = [];
  /** @type {AudioContext|undefined} */ context;
  on = false;
  next = 0;
}
