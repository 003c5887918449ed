// The demo street as a map drawn by hand: nothing is fetched, and every place has the coordinates the demo gives it.

const NS = "http://www.w3.org/2000/svg";
const [NORTH, WEST] = [30.5066, 113.9986];
const UP = 36000;
const RIGHT = UP * Math.cos((30.5 * Math.PI) / 180);
const [WIDTH, HEIGHT] = [400, 364];
const PROPORTION = HEIGHT / WIDTH;
const METRES = 111_320;
const NEAR_METRES = 45;

const ESTATES = [["香樟花园", 30.505, 114.001], ["滨江雅苑", 30.503, 114.005], ["银杏里", 30.498, 114.009]];
const SPOTS = [
  ["香樟花园 南门", 30.5045, 114.0014],
  ["香樟社区居委会", 30.504, 114.002],
  ["江湾街道党群服务中心", 30.502, 114.003],
  ["人工湖公园", 30.4992, 114.0018],
  ["银杏社区居委会", 30.499, 114.008],
  ["滨江步道", 30.5046, 114.0074],
  ["小哥驿站", 30.5013, 114.0062],
];

const building = (number) => [0.0004 * Math.floor((number - 1) / 3), 0.0004 * ((number - 1) % 3)];

/** Everything that has a name: `{label, lat, lng}`. */
export const PLACES = [
  ...ESTATES.flatMap(([name, lat, lng]) => [1, 2, 3, 4, 5, 6].map((number) => {
    const [up, right] = building(number);
    return { label: `${name} ${number}栋`, lat: round(lat + up), lng: round(lng + right) };
  })),
  ...SPOTS.map(([label, lat, lng]) => ({ label, lat, lng })),
];

function round(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}

const x = (lng) => (lng - WEST) * RIGHT;
const y = (lat) => (NORTH - lat) * UP;

export const onMap = ({ lat, lng }) => x(lng) >= 0 && x(lng) <= WIDTH && y(lat) >= 0 && y(lat) <= HEIGHT;
export const metres = (a, b) => METRES * Math.hypot(a.lat - b.lat, (a.lng - b.lng) * Math.cos((30.5 * Math.PI) / 180));

/** The named places, the nearest first, each with its distance in metres. */
export function nearest(point) {
  return PLACES.map((place) => ({ ...place, metres: metres(place, point) })).sort((a, b) => a.metres - b.metres);
}

/** What to call a point that somebody pressed. */
export function named(point) {
  const [first] = nearest(point);
  return first.metres <= NEAR_METRES ? first.label : `${first.label}附近`;
}

export function shape(tag, attributes, text) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function picture() {
  const symbol = shape("symbol", { id: "street", viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  const add = (tag, attributes, text) => symbol.append(shape(tag, attributes, text));
  const line = (...points) => `M${points.map(([lat, lng]) => `${x(lng).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}`;
  add("rect", { width: WIDTH, height: HEIGHT, class: "map-land" });
  const bank = [[30.507, 114.0069], [30.5052, 114.0079], [30.5032, 114.0089], [30.5018, 114.0102], [30.5008, 114.0125]];
  add("path", { d: line(...bank), class: "map-river" });
  add("path", { d: line(...bank.map(([lat, lng]) => [lat - 0.0004, lng - 0.00075])), class: "map-walk" });
  const [lakeX, lakeY] = [x(114.0018), y(30.4992)];
  add("rect", { x: lakeX - 48, y: lakeY - 34, width: 96, height: 66, rx: 12, class: "map-park" });
  add("path", { d: `M${lakeX - 28} ${lakeY - 4}q8-18 26-14t26 8q8 12-10 20t-30 2q-16-4-12-16z`, class: "map-lake" });
  const roads = [
    ["江湾大道", [[30.5008, 113.998], [30.5008, 114.0125]], 114.0046, 30.5008, 0],
    ["香樟路", [[30.507, 114.0033], [30.496, 114.0036]], 114.00345, 30.5061, 90],
    ["银杏路", [[30.5008, 114.0071], [30.496, 114.0071]], 114.0071, 30.4978, 90],
    ["滨江路", [[30.507, 114.0063], [30.5036, 114.0071], [30.5008, 114.0071]], 0, 0, 0],
    ["", [[30.5027, 113.998], [30.5027, 114.0034]], 0, 0, 0],
    ["", [[30.4975, 114.0071], [30.4975, 114.0125]], 0, 0, 0],
  ];
  for (const [, points] of roads) add("path", { d: line(...points), class: "map-road-edge" });
  for (const [, points] of roads) add("path", { d: line(...points), class: "map-road" });
  for (const [name, , lng, lat, turn] of roads) {
    if (lng) add("text", { transform: `translate(${x(lng)} ${y(lat) + (turn ? 0 : 3.2)}) rotate(${turn})`, class: "map-street" }, name);
  }
  for (const [name, lat, lng] of ESTATES) {
    const [left, top] = [x(lng) - 9, y(lat + 0.0004) - 9];
    add("rect", { x: left, y: top, width: 43, height: 32, rx: 4, class: "map-estate" });
    for (const number of [1, 2, 3, 4, 5, 6]) {
      const [up, right] = building(number);
      const [atX, atY] = [x(lng + right), y(lat + up)];
      add("rect", { x: atX - 4.6, y: atY - 4, width: 9.2, height: 8, rx: 1.2, class: "map-house" });
      add("text", { x: atX, y: atY + 1.7, class: "map-number" }, String(number));
    }
    add("text", { x: left + 21.5, y: top - 3.5, class: "map-name" }, name);
  }
  for (const [label, lat, lng] of SPOTS) {
    if (label.includes("南门")) continue;
    if (label !== "人工湖公园") add("circle", { cx: x(lng), cy: y(lat), r: 2.6, class: "map-spot" });
    const below = { 人工湖公园: 26, 银杏社区居委会: -6 }[label] || 12;
    add("text", { x: x(lng), y: y(lat) + below, class: "map-label" }, label.replace(/江湾街道|社区(?=居)/, ""));
  }
  add("text", { x: x(114.0102), y: y(30.5028), class: "map-water" }, "江");
  return symbol;
}

/** The map around a point as a new SVG element; `width` is in the map's own units, `proportion` is height by width. */
export function drawMap(point, width = WIDTH, proportion = PROPORTION) {
  if (!document.getElementById("street")) {
    const store = shape("svg", { width: 0, height: 0, "aria-hidden": "true", class: "map-store" });
    store.append(picture());
    document.body.append(store);
  }
  const svg = shape("svg", { class: "map", preserveAspectRatio: "xMidYMid slice" });
  const pin = shape("path", { d: "M0 0C-3-6-8-9-8-15a8 8 0 0 1 16 0c0 6-5 9-8 15zm0-18.2a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z", class: "map-pin" });
  svg.append(shape("use", { href: "#street", width: WIDTH, height: HEIGHT }), pin);
  moveMap(svg, point, width, proportion);
  return svg;
}

/** Shows another part of the map, its pin on the point. */
export function moveMap(svg, point, width, proportion = PROPORTION) {
  const height = width * proportion;
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const [atX, atY] = [x(point.lng), y(point.lat)];
  const [left, top] = [clamp(atX - width / 2, WIDTH - width), clamp(atY - height / 2, HEIGHT - height)];
  svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  svg.querySelector(".map-pin").setAttribute("transform", `translate(${atX} ${atY}) scale(${Math.max(0.45, width / WIDTH)})`);
}

/** The point of the street under the mouse. */
export function pointed(svg, event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return within({ lat: NORTH - at.y / UP, lng: WEST + at.x / RIGHT });
}

/** The same point, or the nearest one that is on the map. */
export function within({ lat, lng }) {
  return {
    lat: round(Math.min(NORTH, Math.max(NORTH - HEIGHT / UP, lat))),
    lng: round(Math.min(WEST + WIDTH / RIGHT, Math.max(WEST, lng))),
  };
}
