// One memory for the weights and for a pass through a layer: four.wat, which computes the products in it,
// sees nothing else. It never grows, so that an array in it stays where it is.
const MEGABYTES = 64;

export class Memory {
  memory = new WebAssembly.Memory({ initial: MEGABYTES * 16 });
  used = 0;

  // program: the bytes of four.wat, assembled
  async open(program) {
    const { instance } = await WebAssembly.instantiate(program, { model: { memory: this.memory } });
    this.four = instance.exports.four;
    return this;
  }

  room = count => {
    const numbers = new Float32Array(this.memory.buffer, this.used, count).fill(0);
    this.used += Math.ceil(count / 4) * 16;
    return numbers;
  };

  put(numbers) {
    const own = this.room(numbers.length);
    own.set(numbers);
    return own;
  }

  // -> a function that gives back what has been taken since
  mark() {
    const { used } = this;
    return () => { this.used = used; };
  }
}
