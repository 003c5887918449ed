// XML and JSON with line breaks; what is neither, or was cut short, stays as it came.

const INDENT = "  ";

export function pretty(text) {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return JSON.stringify(JSON.parse(trimmed), null, INDENT.length);
    } catch {
      return text;
    }
  }
  if (!trimmed.startsWith("<")) return text;
  const parsed = new DOMParser().parseFromString(trimmed, "text/xml");
  return parsed.querySelector("parsererror") ? text : lines(parsed.documentElement, "").join("\n");
}

/** One element as lines: those that hold only words stay on one. */
function lines(element, indent) {
  const attributes = [...element.attributes].map((one) => ` ${one.name}="${one.value}"`).join("");
  const [open, close] = [`${indent}<${element.tagName}${attributes}>`, `</${element.tagName}>`];
  const inner = [...element.childNodes].filter((node) => node.nodeType !== Node.TEXT_NODE || node.data.trim());
  const serializer = new XMLSerializer();
  if (inner.every((node) => node.nodeType !== Node.ELEMENT_NODE)) {
    return [open + inner.map((node) => serializer.serializeToString(node)).join("") + close];
  }
  const nested = inner.flatMap((node) => (
    node.nodeType === Node.ELEMENT_NODE ? lines(node, indent + INDENT) : [indent + INDENT + serializer.serializeToString(node).trim()]
  ));
  return [open, ...nested, indent + close];
}
