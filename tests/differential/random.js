// Random numbers that a seed repeats, and a few ways to choose by them.
'use strict';

class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  // In [0, 1); mulberry32.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  // From 0 to n - 1, or from `from` to `to`.
  below(n) {
    return Math.floor(this.next() * n);
  }
  between(from, to) {
    return from + this.below(to - from + 1);
  }
  chance(probability) {
    return this.next() < probability;
  }
  of(list) {
    return list[this.below(list.length)];
  }

  text(alphabet, length) {
    let text = '';
    for (let i = 0; i < length; ++i) text += alphabet[this.below(alphabet.length)];
    return text;
  }
  digits(length) {
    return this.text('0123456789', length);
  }
}

module.exports = { Random };
