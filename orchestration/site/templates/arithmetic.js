"use strict";
/* The arithmetic of shared money in exact whole numbers (BigInt): claims, one multiplier for all, largest remainder.
   No page, no words. Repeats models_py.allocation: kernel.solve_whole, rounding, claim_functions. */
const likvard = (() => {
  const POWER_DIGITS = 30n;
  const fraction = (n, d = 1n) => (d < 0n ? { n: -n, d: -d } : { n, d });
  const times = (a, b) => fraction(a.n * b.n, a.d * b.d);
  const compare = (a, b) => { const l = a.n * b.d, r = b.n * a.d; return l < r ? -1 : l > r ? 1 : 0; };
  const floorDivide = (n, d) => { const q = n / d; return n % d !== 0n && (n < 0n) !== (d < 0n) ? q - 1n : q; };
  const floor = (a) => floorDivide(a.n, a.d);
  const ceil = (a) => -floorDivide(-a.n, a.d);
  const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };

  /** n / d to the nearest whole number, halves to the even one. */
  function halfEven(n, d) {
    const whole = floorDivide(n, d), twice = 2n * (n - whole * d);
    if (twice < d || (twice === d && whole % 2n === 0n)) return whole;
    return whole + 1n;
  }

  /** The double as the exact fraction that it is. */
  function exactly(value) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const bits = view.getBigUint64(0), exponent = Number((bits >> 52n) & 2047n);
    const mantissa = (bits & ((1n << 52n) - 1n)) | (exponent ? 1n << 52n : 0n);
    const shift = BigInt((exponent || 1) - 1075);
    const n = bits >> 63n ? -mantissa : mantissa;
    return shift >= 0n ? fraction(n << shift) : fraction(n, 1n << -shift);
  }

  function squareRoot(n) {
    if (n < 2n) return n;
    let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
    for (;;) { const y = (x + n / x) >> 1n; if (y >= x) return x; x = y; }
  }

  /** base to the power 3/2, rounded to 30 decimals, halves to even. */
  function powerOneAndHalf(base) {
    const scale = 10n ** POWER_DIGITS;
    const n = base.n ** 3n * scale * scale, d = base.d ** 3n;
    const root = squareRoot(n / d);
    const middle = (2n * root + 1n) ** 2n * d, four = 4n * n;
    const up = four > middle || (four === middle && root % 2n === 1n);
    return fraction(up ? root + 1n : root, scale);
  }

  const perPupil = {
    linear: (index) => fraction(index.n, index.d * 100n),
    threshold: (index, at) => {
      const above = index.n - BigInt(at) * index.d;
      return fraction(above > 0n ? above : 0n, index.d * 100n);
    },
    power_15: (index) => powerOneAndHalf(fraction(index.n, index.d * 100n)),
    power_2: (index) => { const base = fraction(index.n, index.d * 100n); return times(base, base); },
  };

  /** Whole shares of total in proportion to whole weights; the largest remainders get one more, ties to the lower code. */
  function roundToTotal(weights, total) {
    const sum = weights.reduce((a, b) => a + b, 0n);
    if (sum === 0n) return weights.map(() => 0n);
    const whole = weights.map((w) => (w * total) / sum), rest = weights.map((w) => (w * total) % sum);
    const left = Number(total - whole.reduce((a, b) => a + b, 0n));
    const order = weights.map((_, i) => i).sort((a, b) => (rest[a] > rest[b] ? -1 : rest[a] < rest[b] ? 1 : a - b));
    for (const i of order.slice(0, left)) whole[i] += 1n;
    return whole;
  }

  function clip(value, low, high) {
    const raised = compare(value, low) > 0 ? value : low;
    return high === null || compare(raised, high) < 0 ? raised : high;
  }

  /** λ with Σ clip(λ weight, low, high) = total; weights whole, bounds whole or null above. */
  function multiplier(weights, low, high, total) {
    const events = [];
    let constant = 0n, slope = 0n, last = null, fixed = 0n;
    weights.forEach((w, i) => {
      if (w === 0n) { fixed += clip(fraction(0n), fraction(low[i]), high[i] === null ? null : fraction(high[i])).n; return; }
      constant += low[i];
      events.push({ at: fraction(low[i], w), constant: -low[i], slope: w });
      if (high[i] !== null) events.push({ at: fraction(high[i], w), constant: high[i], slope: -w });
    });
    if (!events.length) return null;
    const pot = total - fixed;
    events.sort((a, b) => compare(a.at, b.at));
    for (const event of events) {
      if (constant * event.at.d + event.at.n * slope > pot * event.at.d) break;
      constant += event.constant; slope += event.slope; last = event.at;
    }
    return slope ? fraction(pot - constant, slope) : last;
  }

  /** Whole amounts within whole bounds that add up to total, less than one krona from the exact ones. */
  function solveWhole(claims, low, high, total) {
    let scale = 1n;
    for (const c of claims) scale = (scale / gcd(scale, c.d)) * c.d;
    const weights = claims.map((c) => c.n * (scale / c.d));
    const crossed = low.findIndex((l, i) => high[i] !== null && l > high[i]);
    if (crossed >= 0) return { problem: "crossed", unit: crossed };
    const fixed = weights.map((w, i) => (w ? null : clip(fraction(0n), fraction(low[i]), high[i] === null ? null : fraction(high[i])).n));
    const lowest = low.reduce((a, l, i) => a + (fixed[i] === null ? l : fixed[i]), 0n);
    if (lowest > total) return { problem: "floors", short: lowest - total };
    if (weights.every((w, i) => !w || high[i] !== null)) {
      const highest = high.reduce((a, h, i) => a + (fixed[i] === null ? h : fixed[i]), 0n);
      if (highest < total) return { problem: "caps", short: total - highest };
    }
    const at = multiplier(weights, low, high, total) || fraction(0n);
    const exact = weights.map((w, i) => clip(fraction(at.n * w, at.d), fraction(low[i]), high[i] === null ? null : fraction(high[i])));
    const within = (i, v) => (v < low[i] ? low[i] : high[i] !== null && v > high[i] ? high[i] : v);
    const result = exact.map((a, i) => within(i, floor(a)));
    const rest = exact.map((a, i) => fraction(a.n - result[i] * a.d, a.d));
    const order = exact.map((_, i) => i).sort((a, b) => compare(rest[b], rest[a]) || a - b);
    let missing = total - result.reduce((a, b) => a + b, 0n);
    while (missing !== 0n) {
      const step = missing > 0n ? 1n : -1n;
      const movable = (step > 0n ? order : [...order].reverse()).filter((i) => within(i, result[i] + step) !== result[i]);
      if (!movable.length) return { problem: step > 0n ? "caps" : "floors", short: missing * step };
      for (const i of movable.slice(0, Number(missing * step))) result[i] += step;
      missing = total - result.reduce((a, b) => a + b, 0n);
    }
    return { amounts: result };
  }

  /** Kronor per unit by a choice: {amounts} or {problem}. Units ascend by code; what does not follow need keeps its proportions. */
  function explore(units, choice, threshold) {
    const total = units.map((u) => BigInt(u.total));
    const budget = total.reduce((a, b) => a + b, 0n);
    const pot = halfEven(budget * BigInt(choice.pot), 1000n);
    const base = roundToTotal(units.map((u, i) => total[i] - BigInt(u.structural)), budget - pot);
    const claims = units.map((u) => {
      const one = perPupil[choice.formula](exactly(u.index), threshold);
      return fraction(one.n * BigInt(u.pupils), one.d);
    });
    const low = units.map((u, i) => {
      let lower = fraction(BigInt(choice.floor || 0) * BigInt(u.pupils));
      if (choice.loss !== null) {
        const kept = fraction(total[i] * BigInt(1000 - choice.loss) - base[i] * 1000n, 1000n);
        if (compare(kept, lower) > 0) lower = kept;
      }
      return ceil(lower);
    });
    const high = units.map((u) => (choice.cap === null ? null : BigInt(choice.cap) * BigInt(u.pupils)));
    const solved = solveWhole(claims, low, high, pot);
    return solved.problem ? solved : { amounts: solved.amounts.map((a, i) => base[i] + a), pot, budget };
  }
  return { explore };
})();
