// A camera's sound, G.711 at 8,000 samples a second, which browsers do not take in Media Source Extensions.

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

  /** @type {AudioContext|undefined} */ context;
  on = false;
  next = 0;
}
