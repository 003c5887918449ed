// Choosing a place: a pin on the drawn map, by pointer or by arrow keys, or a name from the list of what is near.

import { button, make, relabel } from "./dom.js";
import { drawMap, moveMap, named, nearest, pointed, within } from "./street.js";

const START = { lat: 30.505, lng: 114.0018 };
const [FAR, NEAR] = [400, 190];
const STEP = 0.0001;
const ARROWS = { ArrowUp: [STEP, 0], ArrowDown: [-STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] };

/** Opens the map in `sheet`; `chosen` gets `{lat, lng, label}`. */
export function chooseLocation(sheet, chosen) {
  let point = START;
  let label = named(START);
  let width = FAR;
  const map = drawMap(point, width);
  map.setAttribute("tabindex", "0");
  map.setAttribute("role", "application");
  const frame = make("div", "map-frame");
  const here = make("p", "map-here");
  here.setAttribute("role", "status");
  const list = make("ul", "map-places");
  const zoom = button("map-zoom", "", () => {
    width = width === FAR ? NEAR : FAR;
    show();
  });

  function show() {
    moveMap(map, point, width);
    map.setAttribute("aria-label", `地图，图钉在${label}；方向键移动图钉`);
    here.replaceChildren(make("b", "", label), make("small", "", `${point.lat}, ${point.lng}`));
    zoom.textContent = width === FAR ? "＋" : "－";
    relabel(zoom, width === FAR ? "放大地图" : "缩小地图");
  }

  function around() {
    list.replaceChildren(...nearest(point).map((place) => {
      const line = make("li");
      const choice = button("", "", () => put(place, place.label));
      choice.append(make("span", "", place.label), make("small", "", `${Math.round(place.metres)} 米`));
      line.append(choice);
      return line;
    }));
    list.scrollTop = 0;
  }

  function put({ lat, lng }, name) {
    const focused = list.contains(document.activeElement);
    point = { lat, lng };
    label = name || named(point);
    show();
    around();
    if (focused) list.querySelector("button").focus();
  }

  map.addEventListener("click", (event) => put(pointed(map, event)));
  map.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    put(within({ lat: point.lat + step[0], lng: point.lng + step[1] }));
  });
  show();
  around();
  frame.append(map, zoom);
  sheet.open("位置", [frame, here, list], { confirm: ["发送", () => chosen({ ...point, label })] });
}
