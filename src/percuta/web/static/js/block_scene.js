// The block as a scene: layers, needles, channels, surfaces, scale. Lengths are mm; in the block z is the depth.

import * as THREE from "../vendor/three/three.module.js";

const HEAD = 0.6; // mm of needle above the skin
const OPACITY = { t45: 0.2, t60: 0.28, t80: 0.42, t99: 0.62, cells: 0.4, collagen: 0.8 };
const FILLED = 0.92; // of the picture's height, and of its width less the room for the depths
const BETWEEN = { side: THREE.BackSide, opacity: 0.16, transparent: true, depthWrite: false }; // where a layer ends
const BEHIND = 1; // drawing order: back faces, surfaces from the innermost, front faces
const FRONT = 40;

export class BlockScene {
  constructor(canvas, block, paint) {
    Object.assign(this, { canvas, block, paint });
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
    this.renderer.localClippingEnabled = true;
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(30, 1, 0.05, 200);
    this.skin = new THREE.Group();
    this.skin.rotation.x = Math.PI / 2; // depth points down, y towards whoever looks
    this.scene.add(this.skin, new THREE.HemisphereLight(0xffffff, 0x8a8f96, 2.2), this.camera);
    const lamp = new THREE.DirectionalLight(0xffffff, 1.6);
    lamp.position.set(0.6, 1, 0.8);
    this.camera.add(lamp);
    this.scene.add(this.camera);
    this.cut = new THREE.Plane(new THREE.Vector3(0, 0, -1), 0);
    this.levels = new Map(block.levels.map((one) => [one.key, new THREE.Group()]));
    for (const group of this.levels.values()) this.skin.add(group);
    this.materials = new Map();
    this.#layers();
    if (block.needles) this.#needles();
    if (block.channels) this.#channels();
    this.cutAt(block.size.y[1]);
    this.repaint();
  }

  get middle() {
    const { x, y, bottom } = this.block.size;
    return new THREE.Vector3((x[0] + x[1]) / 2, ((this.block.needles ? HEAD : 0) - bottom) / 2, (y[0] + y[1]) / 2);
  }

  // The corners of all that is drawn, in the scene.
  get corners() {
    const { x, y, bottom } = this.block.size;
    const top = this.block.needles ? HEAD : 0;
    return x.flatMap((across) => y.flatMap((along) => [top, -bottom].map((up) => new THREE.Vector3(across, up, along))));
  }

  #material(key, options) {
    if (!this.materials.has(key)) {
      const material = new THREE.MeshLambertMaterial({ side: THREE.DoubleSide, ...options });
      this.materials.set(key, material);
    }
    return this.materials.get(key);
  }

  #clipped(key, options) {
    return this.#material(key, { clippingPlanes: [this.cut], ...options });
  }

  // Each layer is a box whose front face is the section; the rear faces are drawn first, the front ones last, and of
  // these only the outer ones of the block.
  #layers() {
    const { x } = this.block.size;
    const last = this.block.layers.length - 1;
    const unseen = new THREE.MeshBasicMaterial({ visible: false });
    this.slabs = this.block.layers.map((one, place) => {
      const slab = new THREE.Group();
      const box = new THREE.BoxGeometry(x[1] - x[0], 1, one.bottom - one.top);
      for (const [part, side, order, opacity] of [
        ["behind", THREE.BackSide, BEHIND, 0.55],
        ["front", THREE.FrontSide, FRONT, 0.2],
      ]) {
        const key = `layer-${one.key}-${part}`;
        const tinted = this.#material(key, { side, opacity, transparent: true, depthWrite: false });
        const upright = [tinted, tinted, tinted, tinted]; // before the faces that point down and up
        const between = part === "front" ? unseen : this.#material(`layer-${one.key}-between`, BETWEEN);
        const mesh = new THREE.Mesh(box, [...upright, place === last ? tinted : between, place === 0 ? tinted : unseen]);
        mesh.renderOrder = order;
        slab.add(mesh);
      }
      const line = new THREE.LineBasicMaterial({ transparent: true, opacity: 0.55, depthWrite: false });
      this.materials.set(`edge-${one.key}`, line);
      const edges = new THREE.LineSegments(new THREE.EdgesGeometry(box), line);
      edges.renderOrder = FRONT + 1;
      slab.add(edges);
      slab.position.set((x[0] + x[1]) / 2, 0, (one.top + one.bottom) / 2);
      this.skin.add(slab);
      return slab;
    });
  }

  #needles() {
    const { diameter, taper, bare, depth, at } = this.block.needles;
    const parts = new Map();
    for (const [x, y, lean] of at) {
      const length = Math.hypot(depth, lean);
      if (!parts.has(length)) parts.set(length, this.#needle(length, diameter / 2, taper, bare));
      const along = new THREE.Vector3(0, lean, depth).normalize();
      const needle = new THREE.Group();
      for (const [key, geometry] of parts.get(length)) needle.add(new THREE.Mesh(geometry, this.#clipped(key, {})));
      needle.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), along);
      needle.position.set(x, y, 0);
      this.skin.add(needle);
    }
  }

  #needle(length, radius, taper, bare) {
    const wide = (place) => radius * (taper > 0 ? Math.min((length - place) / taper, 1) : 1);
    const turned = (from, to) => {
      const stops = [from, length - taper, to].filter((stop) => stop >= from && stop <= to);
      const outline = [...new Set(stops)].sort((a, b) => a - b).map((stop) => new THREE.Vector2(wide(stop), stop));
      if (to === length && taper === 0) outline.push(new THREE.Vector2(0, length));
      return new THREE.LatheGeometry(outline, 28);
    };
    const edge = Math.max(length - bare, -HEAD);
    return [
      ["insulation", turned(-HEAD, edge)],
      ["metal", turned(edge, length)],
    ];
  }

  #channels() {
    const { at, ends, diameter } = this.block.channels;
    const outline = [[0, 0], [0.5, 0], [0.5, 0.86], [0, 1]].map(([x, y]) => new THREE.Vector2(x, y));
    const shape = new THREE.LatheGeometry(outline, 10);
    shape.rotateX(Math.PI / 2);
    for (const [key, group] of this.levels) {
      const own = at.filter((_, place) => ends[place] === key);
      const mesh = new THREE.InstancedMesh(shape, this.#clipped(`level-${key}`, {}), own.length);
      const place = new THREE.Matrix4();
      own.forEach(([x, y, depth], index) => {
        place.makeScale(diameter, diameter, depth).setPosition(x, y, 0);
        mesh.setMatrixAt(index, place);
      });
      group.add(mesh);
    }
  }

  // Shows the surfaces of one time; each stands in every copy of the computed piece.
  show(surfaces) {
    this.block.levels.forEach(({ key, kind }, rank) => {
      const group = this.levels.get(key);
      group.clear();
      const geometry = surfaces.get(key);
      if (!geometry) return;
      const material = this.#clipped(`level-${key}`, {
        transparent: true,
        opacity: OPACITY[key] ?? 0.4,
        depthWrite: false,
      });
      const order = BEHIND + (kind === "temperature" ? 2 * (this.block.levels.length - rank) : this.block.levels.length - rank);
      for (const [x, y, alongX, alongY] of this.block.copies) {
        const mesh = new THREE.Mesh(geometry, material);
        mesh.position.set(x, y, 0);
        mesh.scale.set(alongX, alongY, 1);
        mesh.renderOrder = order;
        group.add(mesh);
      }
    });
    this.repaint();
  }

  // Takes away what lies in front of a plane y [mm].
  cutAt(y) {
    const back = this.block.size.y[0];
    this.cut.constant = y + 1e-4;
    for (const slab of this.slabs) {
      slab.scale.y = Math.max(y - back, 1e-3);
      slab.position.y = (y + back) / 2;
    }
  }

  repaint() {
    for (const [key, material] of this.materials) material.color.set(this.paint(key));
  }

  resize(width, height) {
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  // The distance from which the whole block is seen in a direction, with room at the sides [pixels].
  distance(direction, room) {
    const tall = Math.tan((this.camera.fov * Math.PI) / 360) * FILLED;
    const wide = tall * this.camera.aspect * Math.max(1 - (2 * room) / this.canvas.clientWidth, 0.3);
    const side = new THREE.Vector3(0, 1, 0).cross(direction).normalize();
    const over = direction.clone().cross(side);
    return Math.max(
      ...this.corners.map((corner) => {
        const from = corner.sub(this.middle);
        return from.dot(direction) + Math.max(Math.abs(from.dot(side)) / wide, Math.abs(from.dot(over)) / tall);
      }),
    );
  }

  render() {
    this.renderer.render(this.scene, this.camera);
  }

  // Where a point of the block is seen in the picture, in pixels.
  seen(x, y, depth) {
    const point = new THREE.Vector3(x, -depth, y).project(this.camera);
    return [(0.5 + 0.5 * point.x) * this.canvas.clientWidth, (0.5 - 0.5 * point.y) * this.canvas.clientHeight];
  }
}

// Reads the surfaces of one file by its index; normals lie in the planes of symmetry that the surface meets.
export function surfacesOf(buffer, index, mirrors) {
  return new Map(
    index.map((one) => {
      const geometry = new THREE.BufferGeometry();
      const vertices = new Float32Array(buffer, one.vertices_at, 3 * one.vertices);
      geometry.setAttribute("position", new THREE.BufferAttribute(vertices, 3));
      geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(buffer, one.triangles_at, 3 * one.triangles), 1));
      geometry.computeVertexNormals();
      straighten(geometry.attributes.normal.array, vertices, mirrors);
      return [one.level, geometry];
    }),
  );
}

function straighten(normals, vertices, mirrors) {
  [mirrors.x, mirrors.y].forEach((planes, axis) => {
    for (let at = axis; at < vertices.length; at += 3) {
      if (planes.some((plane) => Math.abs(vertices[at] - plane) < 1e-5)) normals[at] = 0;
    }
  });
}
