// The model's numbers, written by the site's build in files of at most 10 MB. Each is fetched when it is
// needed, compared with its digest, and kept, so that the next visit needs no network.
const FOLDER = new URL("weights/", import.meta.url);

export class Weights {
  // told(bytes): as they arrive
  constructor(told) {
    this.told = told;
    this.tables = new Map();                            // name -> Float32Array
    this.coming = new Map();                            // file -> promise of its bytes
  }

  async open() {
    this.manifest = await (await ask("manifest.json")).json();
    this.kept = await caches.open(`live ${this.manifest.version}`).catch(() => null);  // none in some private windows
    for (const name of await caches.keys().catch(() => []))
      if (name.startsWith("live ") && name !== `live ${this.manifest.version}`) caches.delete(name);
    return this;
  }

  async text(file) {
    return new TextDecoder().decode(await this.bytes(file));
  }

  async floats(file) {
    return new Float32Array(await this.bytes(file));
  }

  // A file of tables, for example of one layer
  async load(file) {
    const numbers = await this.floats(file);
    for (const [name, [start, end]] of Object.entries(this.manifest.tables[file]))
      this.tables.set(name, numbers.subarray(start, end));
  }

  // The rows of the word table that these ids need
  async words(ids) {
    const rows = this.manifest.rows, wanted = new Set(ids.map(id => Math.floor(id / rows)));
    await Promise.all([...wanted].map(async part => {
      this.tables.set(part, await this.floats(`words-${String(part).padStart(3, "0")}.bin`));
    }));
  }

  word(id) {
    const { rows, width } = this.manifest, at = id % rows * width;
    return this.tables.get(Math.floor(id / rows)).subarray(at, at + width);
  }

  bytes(file) {
    if (!this.coming.has(file)) {
      const bytes = this.fetched(file);
      bytes.catch(() => this.coming.delete(file));      // asked for again, it is fetched again
      this.coming.set(file, bytes);
    }
    return this.coming.get(file);
  }

  async fetched(file) {
    const kept = await this.kept?.match(new URL(file, FOLDER));
    const bytes = kept ? await kept.arrayBuffer() : await this.read(await ask(file));
    const digest = hex(await crypto.subtle.digest("SHA-256", bytes));
    if (digest !== this.manifest.files[file].sha256) {
      if (kept) await this.kept.delete(new URL(file, FOLDER));
      throw new Error(`${file} is not the file that belongs to this page: its digest differs. Reload the page.`);
    }
    if (!kept) await this.kept?.put(new URL(file, FOLDER), new Response(bytes)).catch(() => null);   // disk full
    return bytes;
  }

  async read(answer) {
    const parts = [];
    for (let reader = answer.body.getReader(), part; !(part = await reader.read()).done;) {
      parts.push(part.value);
      this.told(part.value.length);
    }
    return new Blob(parts).arrayBuffer();
  }
}

async function ask(file) {
  const answer = await fetch(new URL(file, FOLDER)).catch(() => ({ ok: false, status: "no answer" }));
  if (!answer.ok) throw new Error(`${file} cannot be fetched (${answer.status}). Are you connected? Reload the page.`);
  return answer;
}

const hex = bytes => [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, "0")).join("");
