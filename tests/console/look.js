// What is wrong with how a page lies on the screen now: a list of sentences. Run in the page by test_every_page.py.
() => {
  const faults = [];
  const name = (element) => `<${element.tagName.toLowerCase()}${element.className ? ` class="${element.className}"` : ""}>`;
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const width = document.documentElement.clientWidth;

  // ---- nothing runs over the edge
  if (document.documentElement.scrollWidth > width) {
    const over = [...document.body.querySelectorAll("*")].filter((each) => isSeen(each) && each.getBoundingClientRect().right > width + 1);
    faults.push(`${document.documentElement.scrollWidth - width} px wider than the window: ${over.slice(-3).map(name).join(" ")}`);
  }

  // ---- no two texts lie on each other
  const cut = (box, element) => {
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = up.getBoundingClientRect();
      box = { left: Math.max(box.left, edge.left), right: Math.min(box.right, edge.right), top: Math.max(box.top, edge.top), bottom: Math.min(box.bottom, edge.bottom) };
    }
    return box;
  };
  // What stays in its place while the rest moves, or opens above the rest, covers it on purpose.
  const layer = (element) => {
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (["sticky", "fixed"].includes(style.position) || (style.position === "absolute" && style.zIndex !== "auto")) return up;
    }
    return null;
  };
  const boxes = [];
  const add = ({ left: from, right, top, bottom }, element, text) => {
    const left = cut({ left: from, right, top, bottom }, element);
    if (left.right - left.left > 1.5 && left.bottom - left.top > 1.5) boxes.push({ ...left, element, text, layer: layer(element) });
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || ["SCRIPT", "STYLE", "OPTION", "TEXTAREA"].includes(element.tagName) || !isSeen(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const size = parseFloat(getComputedStyle(element).fontSize);
    for (const line of range.getClientRects()) {
      // A line's rectangle has the height of the font's tallest sign; what is read is as high as its size.
      const middle = (line.top + line.bottom) / 2;
      const half = Math.min(line.height, size) / 2;
      add({ left: line.left, right: line.right, top: middle - half, bottom: middle + half }, element, node.data.trim().slice(0, 20));
    }
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (isSeen(field)) add(field.getBoundingClientRect(), field, name(field));
  }
  boxes.sort((one, other) => one.top - other.top);
  boxes.forEach((one, at) => {
    for (const other of boxes.slice(at + 1)) {
      if (other.top >= one.bottom - 1) break;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      if (wide > 1 && one.element !== other.element && one.layer === other.layer) {
        faults.push(`“${one.text}” and “${other.text}” lie on each other`);
      }
    }
  });

  // ---- on a phone nothing but a table is moved sideways
  if (width < 600) {
    const moved = [...document.body.querySelectorAll("*")].filter((each) => ["auto", "scroll"].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth + 1 && isSeen(each));
    for (const each of moved) if (!each.querySelector(":scope > table") && !each.matches("select, textarea")) faults.push(`${name(each)} is moved sideways`);
  }

  // ---- what is pressed is large enough for a finger
  for (const each of document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")) {
    if (!isSeen(each) || each.classList.contains("hy-skip")) continue;
    const isInText = getComputedStyle(each).display === "inline" && [...each.parentElement.childNodes].some((node) => node !== each && node.textContent.trim());
    const box = (each.closest("label") ?? each).getBoundingClientRect();
    if (!isInText && (box.width < 24 || box.height < 40)) faults.push(`${name(each)} “${each.textContent.trim().slice(0, 20)}” is ${Math.round(box.width)} × ${Math.round(box.height)} px`);
  }

  // ---- headings go down step by step
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isSeen).map((each) => Number(each.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) faults.push(`headings ${levels}: one of the first level comes first`);
  levels.forEach((level, at) => at && level > levels[at - 1] + 1 && faults.push(`headings ${levels}: a level is left out`));
  return [...new Set(faults)];
}
