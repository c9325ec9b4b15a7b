// Brings the microphone down to the telephone's 8,000 samples a second: the mean over each new sample's time.
class Telephone extends AudioWorkletProcessor {
  /** @type {number[]} */ out = [];
  sum = 0;
  count = 0;
  place = 0;

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const input = inputs[0]?.[0];
    if (!input) return true;
    for (const sample of input) {
      this.sum += sample;
      this.count += 1;
      this.place += 8000;
      if (this.place < sampleRate) continue;
      this.place -= sampleRate;
      this.out.push(Math.max(-32768, Math.min(32767, Math.round(this.sum / this.count * 32767))));
      this.sum = this.count = 0;
    }
    if (this.out.length >= 800) {
      const samples = Int16Array.from(this.out.splice(0));
      this.port.postMessage(samples, [samples.buffer]);
    }
    return true;
  }
}
registerProcessor("telephone", Telephone);
