// The map, drawn from what the server counts. Everything it shows stands in the table of the page too.
"use strict";

(() => {
  if (!window.L) return;

  const read = (element, name) => JSON.parse(element.dataset[name] ?? "null");
  const make = (tag, classes, text = "") => {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    made.textContent = text; // never as markup: what people wrote stays words
    return made;
  };

  // ---- what lies under every map

  const WORLD = [[-85, -180], [85, 180]];

  // Gives a map in an element, with the pictures that the configuration names, if any.
  function lay(element, options = {}) {
    const tiles = read(element, "tiles");
    const map = L.map(element, {
      attributionControl: false, // it stands under the map, where nothing of it is markup
      zoomControl: false,
      minZoom: 4,
      maxZoom: tiles.deepest,
      maxBounds: WORLD,
      zoomSnap: tiles.urls.length ? 1 : 0.25, // pictures are only sharp at whole steps
      fadeAnimation: false,
      // Whoever asks for less movement gets none.
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      ...options,
    });
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    for (const url of tiles.urls) {
      L.tileLayer(url, {
        subdomains: tiles.subdomains || "a",
        maxZoom: tiles.deepest,
        referrerPolicy: "strict-origin-when-cross-origin", // some sources want to know who asks
      }).addTo(map);
    }
    if (!tiles.urls.length) element.classList.add("hy-map-plain");
    return map;
  }

  const outline = (geometry, classes) =>
    L.geoJSON(geometry, { interactive: false, style: { className: classes, stroke: true, fill: true } });

  window.hyMap = { lay, outline, read, make };

  // ---- the small map of a ticket

  for (const element of document.querySelectorAll("[data-spot]")) {
    const spot = read(element, "spot");
    const map = lay(element, { scrollWheelZoom: false });
    const drawn = spot.geometry ? outline(spot.geometry, "hy-area hy-shade-1").addTo(map) : null;
    const mark = L.divIcon({ className: "hy-dot hy-dot-here", iconSize: [22, 22] });
    L.marker(spot.point, { icon: mark, keyboard: false, interactive: false }).addTo(map);
    if (drawn) map.fitBounds(drawn.getBounds().extend(spot.point), { padding: [12, 12] });
    else map.setView(spot.point, 16);
  }

  // ---- the large one

  const element = document.getElementById("map");
  if (!element) return;

  const [counts, shades, view] = ["counts", "shades", "view"].map((name) => read(element, name));
  const note = document.querySelector("[data-note]");
  const map = lay(element);
  const layers = Object.fromEntries(["areas", "heat", "cells", "stations"].map((name) => [name, L.layerGroup().addTo(map)]));
  let last = null;

  const isOn = (name) => document.querySelector(`input[name=layer][value=${name}]`).checked;
  const shadeOf = (count) => shades.filter((from) => count >= from).length;

  const FILLED = ["community", "street", "district"];

  // One level is filled, the deepest that is drawn all over; what lies above and below it is a line.
  function drawAreas(areas) {
    layers.areas.clearLayers();
    if (!isOn("areas")) return;
    const inside = map.getBounds();
    const filled = FILLED.find((kind) => areas.some((area) => area.kind === kind));
    for (const area of areas) {
      const count = counts[area.id] ?? 0;
      const shade = area.kind === filled ? ` hy-shade-${shadeOf(count)}` : "";
      const drawn = outline(area.geometry, `hy-area hy-area-${area.kind}${shade}`).addTo(layers.areas);
      const box = drawn.getBounds();
      const wide = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x;
      if ((area.kind !== filled && area.kind !== "estate") || wide < 100) continue;
      // Above the northernmost corner, where nothing of its own lies.
      const top = area.geometry.coordinates.flat(area.geometry.type === "Polygon" ? 1 : 2).reduce((best, each) => (each[1] > best[1] ? each : best));
      if (!inside.contains([top[1], top[0]])) continue;
      const link = make("a", "hy-area-name");
      link.href = area.href;
      // As high as a finger is wide; what is seen of it lies at its foot.
      link.append(make("span", "", `${area.name} ${count} 件`));
      const icon = L.divIcon({ className: "hy-area-label", html: link, iconSize: [160, 40], iconAnchor: [80, 42] });
      L.marker([top[1], top[0]], { icon, keyboard: false, zIndexOffset: -100 }).addTo(layers.areas);
    }
  }

  function popup(cell, count) {
    const box = make("div", "hy-popup");
    box.append(make("strong", "", count === 1 ? "一件事" : `${count} 件事`));
    if (cell.named.length) {
      const list = make("ul");
      for (const each of cell.named) {
        const line = make("li");
        const link = make("a", "", `${each.number} ${each.matter}`);
        link.href = each.href;
        line.append(link, make("span", "hy-meta", ` ${each.urgency === "一般" ? "" : `${each.urgency} · `}${each.state}`));
        list.append(line);
      }
      box.append(list);
      if (count > cell.named.length) box.append(make("p", "hy-meta", `还有 ${count - cell.named.length} 件，放大或者看列表。`));
    } else box.append(make("p", "hy-meta", "放大就能分开看。"));
    return box;
  }

  function drawCells(cells) {
    layers.cells.clearLayers();
    layers.heat.clearLayers();
    const [matters, riders, heat] = ["matters", "riders", "heat"].map(isOn);
    const counted = cells.map((cell) => [cell, (matters ? cell.matters : 0) + (riders ? cell.riders : 0)]);
    const most = Math.max(1, ...counted.map(([, count]) => count));
    for (const [cell, count] of counted) {
      if (!count) continue;
      if (heat) {
        const part = Math.ceil((4 * count) / most);
        L.circleMarker(cell.at, { radius: 30 + 8 * part, interactive: false, stroke: false, className: `hy-heat hy-heat-${part}` }).addTo(layers.heat);
      }
      const only = riders && cell.riders && !(matters && cell.matters);
      const size = count > 999 ? 46 : count > 99 ? 40 : count > 9 ? 34 : 30;
      const face = make("span", "", cell.alarms ? `${count}!` : String(count));
      const icon = L.divIcon({
        className: `hy-dot${only ? " hy-dot-riders" : ""}${cell.alarms ? " hy-dot-alarm" : ""}`,
        html: face,
        iconSize: [size, size],
      });
      const said = `${count} 件事${cell.alarms ? `，${cell.alarms} 件紧急` : ""}${cell.riders && riders ? `，骑手拍的 ${cell.riders} 件` : ""}`;
      const marker = L.marker(cell.at, { icon, title: said, alt: said, riseOnHover: true, zIndexOffset: cell.alarms ? 500 : 0 });
      const open = () => {
        // What cannot be told apart from here is looked at from nearer, as long as there is a nearer.
        if (cell.named.length || map.getZoom() >= map.getMaxZoom()) marker.bindPopup(popup(cell, count), { maxWidth: 280 }).openPopup();
        else map.setView(cell.at, map.getZoom() + 2);
      };
      marker.on("click", open);
      marker.on("keypress", (event) => event.originalEvent.key === "Enter" && open());
      marker.addTo(layers.cells);
      marker.getElement()?.setAttribute("aria-label", said);
    }
  }

  function drawStations(stations) {
    layers.stations.clearLayers();
    if (!isOn("stations")) return;
    for (const each of stations) {
      const said = `${each.kind}：${each.name}`;
      const icon = L.divIcon({ className: "hy-dot hy-dot-station", html: make("span", "", each.sign), iconSize: [28, 28] });
      const box = make("div", "hy-popup");
      box.append(make("strong", "", said));
      for (const line of [each.address, each.hours, each.now, each.services]) if (line) box.append(make("p", "hy-meta", line));
      const marker = L.marker(each.at, { icon, title: said, alt: said, zIndexOffset: -200 }).bindPopup(box, { maxWidth: 260 });
      marker.addTo(layers.stations);
      marker.getElement()?.setAttribute("aria-label", said);
    }
  }

  function draw() {
    if (!last) return;
    drawAreas(last.areas);
    drawCells(last.cells);
    drawStations(last.stations);
  }

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  let asked = 0;
  async function ask() {
    const mine = (asked += 1);
    const box = map.getBounds().pad(0.05);
    const address = new URL(element.dataset.from, location.href);
    const [south, north] = [box.getSouth(), box.getNorth()].map((each) => Math.min(Math.max(each, -85), 85));
    const [west, east] = [box.getWest(), box.getEast()].map((each) => Math.min(Math.max(each, -180), 180));
    address.searchParams.set("box", [south, west, north, east].map((each) => each.toFixed(6)).join(","));
    address.searchParams.set("zoom", map.getZoom());
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.status === 401) location.reload();
      if (mine !== asked) return; // moved on meanwhile
      if (!answer.ok) throw new Error(String(answer.status));
      last = await answer.json();
      say(last.capped);
    } catch {
      if (mine === asked) say("网络断了一下，移动地图会再试。");
      return;
    }
    // Whoever reads what is open there goes on reading.
    if (!map.getContainer().querySelector(".leaflet-popup")) draw();
    element.dataset.drawn = "1";
  }

  map.on("popupclose", draw);
  document.querySelectorAll("input[name=layer]").forEach((box) => box.addEventListener("change", draw));
  map.fitBounds([[view[0], view[1]], [view[2], view[3]]], { padding: [16, 16], maxZoom: 17 });
  map.on("moveend", ask);
  ask();
})();
