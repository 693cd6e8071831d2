// The forward pass of notebook 08, in plain loops, with its names. A matrix is a Float32Array, one row
// after the other.
export const L = 6, H = 12, D = 384, I = 1536;      // layers, heads, numbers per token, inner numbers
const EPSILON = 1e-12;
const up4 = n => Math.ceil(n / 4) * 4;

export class Model {
  // weights: name -> Float32Array in the memory; word: id -> the row of the word table, (D,)
  constructor(memory, weights, word) {
    Object.assign(this, { memory, weights, word });
  }

  // ids and mask, T each -> states: L + 1 of (T, D); shares: L of (H, T, T)
  encode(ids, mask) {
    const T = ids.length, shares = [], states = [this.embed(ids)];
    for (let layer = 0; layer < L; layer++) {
      const forget = this.memory.mark();
      const [state, seen] = this.runLayer(this.memory.put(states[layer]), mask, layer, T);
      states.push(state.slice());
      shares.push(seen);
      forget();
    }
    return { states, shares };
  }

  embed(ids) {
    const place = this.weights("embeddings.position_embeddings.weight");
    const kind = this.weights("embeddings.token_type_embeddings.weight");
    const x = new Float32Array(ids.length * D);
    ids.forEach((id, t) => {
      const word = this.word(id);
      for (let d = 0; d < D; d++) x[t * D + d] = word[d] + place[t * D + d] + kind[d];
    });
    return this.layerNorm(x, ids.length, "embeddings.LayerNorm");
  }

  runLayer(x, mask, layer, T) {
    const name = `encoder.layer.${layer}.`;
    const [gathered, shares] = this.attention(x, mask, name + "attention.", T);
    x = this.layerNorm(add(x, gathered), T, name + "attention.output.LayerNorm");
    const wide = this.linear(x, name + "intermediate.dense", T, D, I);
    wide.forEach((number, i) => { wide[i] = gelu(number); });
    x = add(x, this.linear(wide, name + "output.dense", T, I, D));
    return [this.layerNorm(x, T, name + "output.LayerNorm"), shares];
  }

  attention(x, mask, name, T) {
    const [query, key, value] = ["query", "key", "value"]
      .map(kind => this.linear(x, `${name}self.${kind}`, T, D, D));
    const { memory } = this, gathered = memory.room(T * D), shares = new Float32Array(H * T * T), n = D / H, W = up4(T);
    const share = memory.room(T * W);
    for (let head = 0; head < H; head++) {
      const cut = (from, rows) => {                     // this head's columns
        const own = memory.room(rows * n);
        for (let t = 0; t < T; t++) own.set(from.subarray(t * D + head * n, t * D + head * n + n), t * n);
        return own;
      };
      const scores = this.product(cut(query, T), cut(key, W), T, W, n);
      for (let t = 0; t < T; t++) {                     // softmax over the tokens that the mask leaves
        const row = scores.subarray(t * W, t * W + T);
        let top = -Infinity, sum = 0;
        for (let s = 0; s < T; s++) if (mask[s]) top = Math.max(top, row[s] /= Math.sqrt(n));
        for (let s = 0; s < T; s++) sum += row[s] = mask[s] ? Math.exp(row[s] - top) : 0;
        for (let s = 0; s < T; s++) share[t * W + s] = row[s] / sum;
        shares.set(share.subarray(t * W, t * W + T), (head * T + t) * T);
      }
      const turned = memory.room(n * W);                      // the head's values, columns as rows
      for (let t = 0; t < T; t++) for (let i = 0; i < n; i++) turned[i * W + t] = value[t * D + head * n + i];
      const mixed = this.product(share, turned, T, n, W);
      for (let t = 0; t < T; t++) gathered.set(mixed.subarray(t * n, t * n + n), t * D + head * n);
    }
    return [this.linear(gathered, name + "output.dense", T, D, D), shares];
  }

  linear(x, name, T, inside, outside) {
    return this.product(x, this.weights(name + ".weight"), T, outside, inside, this.weights(name + ".bias"));
  }

  // x (rows, n), w (columns, n) -> (rows, columns): each row of x times each row of w
  product(x, w, rows, columns, n, bias) {
    const { room, four } = this.memory, y = room(rows * columns), row = 4 * n;      // in bytes
    if (bias) for (let r = 0; r < rows; r++) y.set(bias, r * columns);
    for (let c = 0; c < columns; c += 4) for (let r = 0; r < rows; r++)
      four(x.byteOffset + r * row, w.byteOffset + c * row, y.byteOffset + 4 * (r * columns + c), n);
    return y;
  }

  layerNorm(x, T, name) {
    const scale = this.weights(name + ".weight"), shift = this.weights(name + ".bias");
    for (let t = 0; t < T; t++) {
      const row = x.subarray(t * D, t * D + D);
      let mean = 0, variance = 0;
      for (const number of row) mean += number / D;
      for (const number of row) variance += (number - mean) ** 2 / D;
      for (let d = 0; d < D; d++) row[d] = (row[d] - mean) / Math.sqrt(variance + EPSILON) * scale[d] + shift[d];
    }
    return x;
  }
}

function add(x, y) {                                    // into y
  x.forEach((number, i) => { y[i] += number; });
  return y;
}

// x times the probability that a normal number is below x
function gelu(x) {
  return x * 0.5 * (1 + erf(x / Math.SQRT2));
}

// By its series near 0, by its continued fraction further out: right to more places than float32 has
function erf(x) {
  const a = Math.abs(x), square = a * a;
  if (a > 5) return Math.sign(x);
  if (a < 2) {
    let term = a, sum = a;
    for (let n = 1; Math.abs(term) > 1e-10; n++) sum += (term *= -square / n) / (2 * n + 1);
    return Math.sign(x) * sum * 2 / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 30; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-square) / Math.sqrt(Math.PI) / (a + fraction));
}

// One vector from the states (T, D) of the tokens that the mask leaves: notebook 05
export const POOLINGS = {
  cls: (hidden, mask) => rowOf(hidden, mask.indexOf(1)),
  mean: (hidden, mask) => {
    const sum = new Float64Array(D), count = mask.filter(Boolean).length;
    mask.forEach((real, t) => { if (real) for (let d = 0; d < D; d++) sum[d] += hidden[t * D + d] / count; });
    return Float32Array.from(sum);
  },
  max: (hidden, mask) => {
    const most = new Float32Array(D).fill(-Infinity);
    mask.forEach((real, t) => { if (real) for (let d = 0; d < D; d++) most[d] = Math.max(most[d], hidden[t * D + d]); });
    return most;
  },
  last: (hidden, mask) => rowOf(hidden, mask.lastIndexOf(1)),
};
const rowOf = (hidden, t) => hidden.slice(t * D, t * D + D);

export const dot = (a, b) => a.reduce((sum, number, i) => sum + number * b[i], 0);
export const norm = vector => Math.sqrt(dot(vector, vector));
export const normalize = vector => { const length = norm(vector); return vector.map(number => number / length); };
export const cosine = (a, b) => dot(a, b) / norm(a) / norm(b);
export const largest = numbers => numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1e-9);
export const gap = (a, b) => a.reduce((most, number, i) => Math.max(most, Math.abs(number - b[i])), 0);
