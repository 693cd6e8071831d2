// The model's numbers, written by the site's build in files of at most 10 MB. Each is fetched when it is
// needed, compared with its digest, and kept under it, so that the next visit needs no network.
const FOLDER = new URL("weights/", import.meta.url);

export class Weights {
  // told(bytes): as they arrive
  constructor(memory, told) {
    Object.assign(this, { memory, told });
    this.tables = new Map();                            // name -> Float32Array
    this.coming = new Map();                            // file -> promise of its bytes
  }

  async open() {
    this.manifest = await (await ask(new URL("manifest.json", FOLDER), { cache: "no-cache" })).json();
    this.kept = await caches.open("weights").catch(() => null);     // none in some private windows
    return this;
  }

  // What an older edition of the site has left here
  async tidy() {
    const named = new Set(Object.keys(this.manifest.files).map(file => `${this.address(file)}`));
    for (const { url } of (await this.kept?.keys()) ?? []) if (!named.has(url)) await this.kept.delete(url);
  }

  address(file) {
    return new URL(`${file}?${this.manifest.files[file].sha256.slice(0, 16)}`, FOLDER);
  }

  async text(file) {
    return new TextDecoder().decode(await this.bytes(file));
  }

  async floats(file) {
    return new Float32Array(await this.bytes(file));
  }

  // A file of tables, for example of one layer
  async load(file) {
    const places = Object.entries(this.manifest.tables[file]);
    if (this.tables.has(places[0][0])) return;
    const numbers = this.memory.put(await this.floats(file));
    this.coming.delete(file);                           // one copy is enough
    for (const [name, [start, end]] of places)
      this.tables.set(name, numbers.subarray(start, end));
  }

  // The rows of the word table that these ids need
  async words(ids) {
    const rows = this.manifest.rows, wanted = new Set(ids.map(id => Math.floor(id / rows)));
    await Promise.all([...wanted].filter(part => !this.tables.has(part)).map(async part => {
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
    const address = this.address(file), kept = await this.kept?.match(address);
    if (kept) {
      const bytes = await kept.arrayBuffer();
      if (await this.right(file, bytes)) return bytes;
    }
    const bytes = await this.read(await ask(address));
    if (!await this.right(file, bytes)) throw new Error(`${file} is not the file that belongs to this page: its digest differs. Reload the page.`);
    await this.kept?.put(address, new Response(bytes)).catch(() => null);       // the disk may be full
    return bytes;
  }

  async right(file, bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return this.manifest.files[file].sha256 === [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("");
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

async function ask(address, options = {}) {
  const answer = await fetch(address, options).catch(() => ({ ok: false, status: "no answer" }));
  if (!answer.ok) throw new Error(`${address.pathname.split("/").at(-1)} cannot be fetched (${answer.status}). Are you connected? Type again, or reload the page.`);
  return answer;
}
