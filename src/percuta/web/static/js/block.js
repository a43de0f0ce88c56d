// The block of skin on a page: loads what it needs, ties the scene to its controls, says what it shows.

const STEP = 700; // ms between two times while it plays
const ROOM = 0.16; // of the width at each side, for the depths, but not more than
const MOST_ROOM = 52; // pixels
const APART = 14; // pixels between two depths

for (const root of document.querySelectorAll("[data-block]")) start(root);
document.addEventListener("htmx:load", (event) => {
  for (const root of event.target.querySelectorAll?.("[data-block]") ?? []) start(root);
});

async function start(root) {
  if (root.dataset.state) return;
  root.dataset.state = "loading";
  const asked = Promise.all([
    fetch(`${root.dataset.block}/block.json`).then(answered).then((answer) => answer.json()),
    import("./block_scene.js"),
    import("./block_orbit.js"),
  ]);
  try {
    const canvas = root.querySelector("canvas");
    if (!canvas.getContext("webgl2", { preserveDrawingBuffer: true, antialias: true, alpha: true })) {
      asked.catch(() => {}); // of no use any more
      settle(root, "still", "This browser draws nothing in three dimensions (WebGL is off). The picture and the tables say the same.");
      return;
    }
    const [block, scene, orbit] = await asked;
    await new Block(root, canvas, block, { ...scene, ...orbit }).open();
    settle(root, "shown", "");
  } catch (fault) {
    console.warn(fault);
    settle(root, "still", "The block could not be loaded. Load the page again; the picture and the tables say the same.");
  }
}

function settle(root, state, words) {
  root.dataset.state = state;
  if (state === "still") root.classList.remove("is-live");
  const message = root.querySelector(".block-message");
  message.textContent = words;
  message.hidden = !words;
}

function answered(answer) {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer;
}

class Block {
  constructor(root, canvas, block, { BlockScene, Orbit, surfacesOf }) {
    Object.assign(this, { root, canvas, block, surfacesOf });
    this.loaded = new Map();
    this.styles = getComputedStyle(root);
    this.scene = new BlockScene(canvas, block, (key) => this.#paint(key));
    this.orbit = new Orbit(this.scene.camera, canvas, this.scene.middle, 10, () => this.draw());
  }

  find(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  async open() {
    this.root.classList.add("is-live");
    this.#labels();
    this.#controls();
    new ResizeObserver(() => this.#fit()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.scene.repaint();
      this.draw();
    });
    this.canvas.addEventListener("webglcontextlost", () =>
      settle(this.root, "still", "The picture was lost. Load the page again; the tables say the same."),
    );
    this.#fit();
    if (this.block.times.length) await this.showTime(this.block.first);
    else this.draw();
  }

  // One picture per frame of the screen, however much has changed.
  draw() {
    if (this.drawing || !this.scene) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.scene.render();
      this.#placeLabels();
      performance.mark("block-drawn");
    });
  }

  async showTime(place) {
    this.place = place;
    const time = this.block.times[place];
    this.find("time").value = String(place);
    this.find("time").setAttribute("aria-valuetext", `${time.label}, ${time.phase}`);
    this.find("time-text").textContent = `${time.label}, ${time.phase}`;
    this.find("said").textContent = time.said;
    for (const row of this.root.querySelectorAll("[data-time]")) {
      if (Number(row.dataset.time) === place) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    try {
      const surfaces = await this.#surfaces(place);
      if (this.place !== place) return;
      this.scene.show(surfaces);
      this.draw();
      this.canvas.dataset.shown = String(place);
      if (place + 1 < this.block.times.length) this.#surfaces(place + 1).catch(() => {});
    } catch (fault) {
      console.warn(fault);
      this.loaded.delete(place);
      settle(this.root, "shown", "The surfaces of this time could not be loaded. Choose the time again to try once more.");
    }
  }

  #surfaces(place) {
    if (!this.loaded.has(place)) {
      const { file, surfaces } = this.block.times[place];
      const { mirrors } = this.block;
      const reading = surfaces.length
        ? fetch(`${this.root.dataset.block}/${file}`).then(answered).then((answer) => answer.arrayBuffer())
        : Promise.resolve(new ArrayBuffer(0));
      this.loaded.set(place, reading.then((buffer) => this.surfacesOf(buffer, surfaces, mirrors)));
    }
    return this.loaded.get(place);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    this.scene.resize(clientWidth, clientHeight);
    this.orbit.fit(this.scene.distance(this.orbit.direction, Math.min(ROOM * clientWidth, MOST_ROOM)));
    this.draw();
  }

  #paint(key) {
    const name = key.replace(/^layer-|-(behind|front|between)$/g, "").replace(/^level-/, "");
    return this.styles.getPropertyValue(key.startsWith("edge-") ? "--block-edge" : `--block-${name}`).trim() || "#888888";
  }

  // --- controls ---------------------------------------------------------------------------------------------------

  #controls() {
    this.find("reset").addEventListener("click", () => this.orbit.reset());
    this.find("nearer").addEventListener("click", () => this.orbit.zoom(0.8));
    this.find("farther").addEventListener("click", () => this.orbit.zoom(1.25));
    const cut = this.find("cut");
    cut.addEventListener("input", () => this.#cut(Number(cut.value) / 100));
    this.#cut(Number(cut.value) / 100);
    for (const box of this.root.querySelectorAll("[data-level]")) {
      const set = () => {
        this.scene.levels.get(box.dataset.level).visible = box.checked;
        this.draw();
      };
      box.addEventListener("change", set);
      set();
    }
    if (this.block.times.length) this.#timeControls();
  }

  #timeControls() {
    const slider = this.find("time");
    slider.addEventListener("input", () => {
      this.#stop();
      this.showTime(Number(slider.value));
    });
    this.find("play").addEventListener("click", () => (this.playing ? this.#stop() : this.#play()));
  }

  // Whoever asked for less motion goes on by one time at each press.
  #play() {
    const last = this.block.times.length - 1;
    const next = () => this.showTime(this.place >= last ? 0 : this.place + 1);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      next();
      return;
    }
    this.find("said").setAttribute("aria-live", "off");
    this.find("play").textContent = "Pause";
    next();
    this.playing = setInterval(() => (this.place >= last ? this.#stop() : next()), STEP);
  }

  #stop() {
    clearInterval(this.playing);
    this.playing = 0;
    this.find("said").setAttribute("aria-live", "polite");
    this.find("play").textContent = "Play";
  }

  #cut(share) {
    const [back, front] = this.block.size.y;
    const away = share * 0.96 * (front - back);
    this.scene.cutAt(front - away);
    const words = share > 0 ? `${away.toFixed(2)} mm cut away` : "whole block";
    this.find("cut-text").textContent = words;
    this.find("cut").setAttribute("aria-valuetext", words);
    this.front = front - away;
    this.draw();
  }

  // --- words in the picture ---------------------------------------------------------------------------------------

  #labels() {
    const { bottom } = this.block.size;
    const step = bottom > 3.5 ? 1 : 0.5;
    const marks = [];
    for (let depth = 0; depth <= bottom + 1e-9; depth += step) marks.push([`${depth.toFixed(1)} mm`, depth, "is-depth"]);
    for (const one of this.block.layers) {
      if (one.bottom - one.top > 0.06 * bottom) marks.push([one.name, (one.top + one.bottom) / 2, "is-layer"]);
    }
    const place = this.find("labels");
    this.marks = marks.map(([words, depth, kind]) => {
      const label = document.createElement("span");
      label.textContent = words;
      label.className = kind;
      place.append(label);
      return { label, depth, kind };
    });
  }

  // Depths stand at the upright edge that is seen leftmost, names at the rightmost one.
  #placeLabels() {
    const { x, y, bottom } = this.block.size;
    const edges = x
      .flatMap((across) => [y[0], this.front].map((along) => [across, along]))
      .sort((a, b) => this.scene.seen(...a, bottom / 2)[0] - this.scene.seen(...b, bottom / 2)[0]);
    let lowest = -APART;
    for (const { label, depth, kind } of this.marks) {
      const [across, down] = this.scene.seen(...(kind === "is-depth" ? edges[0] : edges[3]), depth);
      label.hidden = kind === "is-depth" && Math.abs(down - lowest) < APART;
      if (kind === "is-depth" && !label.hidden) lowest = down;
      label.style.transform = `translate(${across.toFixed(1)}px, ${down.toFixed(1)}px)`;
    }
  }
}
