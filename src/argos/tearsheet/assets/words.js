// Numbers and moments as a person reads them: the same words as in words.py.
"use strict";
(() => {
  const NOTHING = "\u2013";
  const formats = new Map();

  function format(digits) {
    if (!formats.has(digits)) {
      formats.set(digits, new Intl.NumberFormat("en-US", {
        minimumFractionDigits: digits, maximumFractionDigits: digits,
      }));
    }
    return formats.get(digits);
  }

  argos.number = (value, digits = 2, sign = false) => {
    if (!Number.isFinite(value)) return NOTHING;
    const text = format(digits).format(Math.abs(value));
    if (/^[0.,]*$/.test(text)) return text;
    return (value < 0 ? "\u2212" : sign ? "+" : "") + text;
  };

  argos.percent = (fraction, digits = 1, sign = false) =>
    Number.isFinite(fraction) ? `${argos.number(fraction * 100, digits, sign)}\u00a0%` : NOTHING;

  argos.money = (value) => argos.number(value, Math.abs(value) < 1000 ? 2 : 0);

  argos.moment = (seconds, daily) => {
    const text = new Date(seconds * 1000).toISOString();
    return daily ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
  };
})();
