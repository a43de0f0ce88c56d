// How the block is turned: drag, pinch, wheel, keys. The camera stays on a sphere about the middle of the block.

const TURN = Math.PI / 24; // by one press of an arrow key
const NEAREST = 0.45; // of the distance at the start
const FARTHEST = 2.2;

export class Orbit {
  constructor(camera, canvas, middle, distance, changed) {
    Object.assign(this, { camera, canvas, middle, changed });
    this.start = { around: 0.55, up: 0.42, distance };
    this.pointers = new Map();
    this.reset();
    const on = (name, act, options) => canvas.addEventListener(name, act, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => this.pointers.delete(event.pointerId));
    on("dblclick", () => this.reset());
    on("keydown", (event) => this.#key(event));
    on("wheel", (event) => this.#wheel(event), { passive: false });
  }

  reset() {
    Object.assign(this, this.start);
    this.#place();
  }

  // The distance at which the block fills the picture; the present one keeps its share of it.
  fit(distance) {
    this.distance *= distance / this.start.distance;
    this.start.distance = distance;
    this.#place();
  }

  turn(around, up) {
    this.around += around;
    this.up = Math.min(Math.max(this.up + up, -1.2), 1.5);
    this.#place();
  }

  zoom(factor) {
    const { distance } = this.start;
    this.distance = Math.min(Math.max(this.distance * factor, NEAREST * distance), FARTHEST * distance);
    this.#place();
  }

  // From the middle of the block to where it is seen from at the start.
  get direction() {
    return this.#towards(this.start);
  }

  #towards({ around, up }) {
    const level = Math.cos(up);
    return this.middle.clone().set(level * Math.sin(around), Math.sin(up), level * Math.cos(around));
  }

  #place() {
    const { distance, middle, camera } = this;
    camera.position.copy(this.#towards(this)).multiplyScalar(distance).add(middle);
    camera.lookAt(middle);
    this.changed();
  }

  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (this.pointers.size === 1) {
      const per = Math.PI / this.canvas.clientHeight;
      this.turn((before[0] - now[0]) * per, (now[1] - before[1]) * per);
    } else {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]);
      this.zoom(apart(before) / Math.max(apart(now), 1));
    }
    this.pointers.set(event.pointerId, now);
  }

  // The wheel zooms where the picture has the focus; elsewhere it moves the page.
  #wheel(event) {
    if (document.activeElement !== this.canvas && !event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(0.0012 * event.deltaY));
  }

  #key(event) {
    const acts = {
      ArrowLeft: () => this.turn(-TURN, 0),
      ArrowRight: () => this.turn(TURN, 0),
      ArrowUp: () => this.turn(0, TURN),
      ArrowDown: () => this.turn(0, -TURN),
      "+": () => this.zoom(0.87),
      "=": () => this.zoom(0.87),
      "-": () => this.zoom(1.15),
      Home: () => this.reset(),
      0: () => this.reset(),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }
}
