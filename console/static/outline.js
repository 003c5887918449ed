// Drawing where an area ends: corners on the map, kept as GeoJSON in the field that the form sends.
"use strict";

(() => {
  const element = document.getElementById("outline");
  if (!element || !window.hyMap) return;

  const { lay, outline, read } = window.hyMap;
  const [field, system] = ["text", "system"].map((id) => document.getElementById(id));
  const note = document.querySelector("[data-note]");
  const most = Number(element.dataset.most);
  const map = lay(element, { doubleClickZoom: false });
  const view = read(element, "view");
  const around = read(element, "around");
  if (around) outline(around, "hy-area hy-around").addTo(map);
  map.fitBounds([[view[0], view[1]], [view[2], view[3]]], { padding: [24, 24], maxZoom: 18 });

  const shown = L.layerGroup().addTo(map);
  const handles = L.layerGroup().addTo(map);
  // Polygons of rings of [lat, lng]; the last corner of a ring is not the first one again.
  let shape = [[[]]];

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function parsed(text) {
    let given = JSON.parse(text);
    if (given.type === "FeatureCollection") given = given.features[0];
    if (given.type === "Feature") given = given.geometry;
    const polygons = given.type === "Polygon" ? [given.coordinates] : given.coordinates;
    return polygons.map((polygon) => polygon.map((ring) => ring.slice(0, -1).map(([lng, lat]) => [lat, lng])));
  }

  const round = (number) => Math.round(number * 1e6) / 1e6;
  function written() {
    const polygons = shape
      .filter((polygon) => polygon[0].length > 2)
      .map((polygon) => polygon.map((ring) => [...ring, ring[0]].map(([lat, lng]) => [round(lng), round(lat)])));
    if (!polygons.length) return "";
    return JSON.stringify(polygons.length === 1 ? { type: "Polygon", coordinates: polygons[0] } : { type: "MultiPolygon", coordinates: polygons });
  }

  const corners = () => shape.flat(2).length;

  // What is drawn, without touching the corners: one of them may just be dragged.
  function redraw() {
    shown.clearLayers();
    for (const polygon of shape) {
      if (polygon[0].length > 1) L.polygon(polygon, { className: "hy-area hy-drawn", interactive: false }).addTo(shown);
    }
    field.value = written();
    system.value = system.dataset.drawn; // what is drawn here is told as the map tells it
    say(corners() ? `${corners()} 个角` : "在图上点一下，画第一个角。");
  }

  const STEPS = { ArrowUp: [0, -4], ArrowDown: [0, 4], ArrowLeft: [-4, 0], ArrowRight: [4, 0] };

  function corner(ring, at) {
    const icon = L.divIcon({ className: "hy-corner", iconSize: [18, 18] });
    const marker = L.marker(ring[at], { icon, draggable: true, alt: `第 ${at + 1} 个角`, title: `第 ${at + 1} 个角` }).addTo(handles);
    marker.on("drag", () => {
      const { lat, lng } = marker.getLatLng();
      ring[at] = [lat, lng];
      redraw();
    });
    marker.on("dragend", refresh);
    marker.getElement().addEventListener("keydown", (event) => {
      if (event.key === "Delete" || event.key === "Backspace") {
        ring.splice(at, 1);
        refresh();
        element.focus();
      } else if (STEPS[event.key]) {
        const moved = map.layerPointToLatLng(map.latLngToLayerPoint(ring[at]).add(STEPS[event.key]));
        ring[at] = [moved.lat, moved.lng];
        marker.setLatLng(moved);
        redraw();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  function between(ring, at) {
    const next = ring[(at + 1) % ring.length];
    const middle = [(ring[at][0] + next[0]) / 2, (ring[at][1] + next[1]) / 2];
    const icon = L.divIcon({ className: "hy-between", iconSize: [12, 12] });
    const marker = L.marker(middle, { icon, keyboard: false, title: "在这里插一个角" }).addTo(handles);
    marker.on("click", () => {
      ring.splice(at + 1, 0, middle);
      refresh();
    });
  }

  function refresh() {
    redraw();
    handles.clearLayers();
    const many = corners() > 150; // with a handle between every two of them nothing could be seen any more
    for (const ring of shape.flat()) {
      ring.forEach((_, at) => {
        corner(ring, at);
        if (!many && ring.length > 2) between(ring, at);
      });
    }
  }

  const current = () => shape[shape.length - 1][0];
  function add({ lat, lng }) {
    if (corners() >= most - 1) return say(`最多 ${most - 1} 个角。`);
    current().push([lat, lng]);
    refresh();
  }
  const ACTS = {
    add: () => add(map.getCenter()),
    undo: () => {
      current().pop();
      if (!current().length && shape.length > 1) shape.pop();
      refresh();
    },
    part: () => {
      if (current().length > 2) shape.push([[]]);
      say("点一下图，画新的一块的第一个角。");
    },
    clear: () => {
      shape = [[[]]];
      refresh();
    },
  };

  map.on("click", (event) => add(event.latlng));
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", ACTS[button.dataset.act]);
  element.addEventListener("keydown", (event) => {
    if (event.target !== element) return;
    if (event.key === "Enter") ACTS.add();
    else if (event.key === "Backspace") ACTS.undo();
    else return;
    event.preventDefault();
  });

  // Whoever writes in the field sees it drawn, as far as it is told in the way of this map.
  function take() {
    if (!field.value.trim() || system.value !== system.dataset.drawn) return;
    const text = field.value;
    try {
      shape = parsed(text);
      refresh();
    } catch {
      say("这段字还不是完整的边界。"); // the server says what is wrong with it
    }
    field.value = text;
  }
  field.addEventListener("change", take);
  take();
  if (!corners()) say("在图上点一下，画第一个角。");
})();
