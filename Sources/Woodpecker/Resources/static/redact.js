// Boxes over a photo, drawn by a finger or a mouse, or moved by the keys; the server burns them in.
const field = document.getElementById("redact");
const picture = field?.querySelector("img");
const output = document.getElementById("boxes");
const boxes = [];
const bound = (value, low, high) => Math.min(high, Math.max(low, value));

function tell() {
  output.value = boxes.filter(box => box.w > 0.004 && box.h > 0.004)
    .map(box => [box.x, box.y, box.w, box.h].map(part => Math.round(part * 1000)).join(",")).join(";");
}

function place(box) {
  box.w = bound(box.w, 0.005, 1);
  box.h = bound(box.h, 0.005, 1);
  box.x = bound(box.x, 0, 1 - box.w);
  box.y = bound(box.y, 0, 1 - box.h);
  for (const [name, value] of [["left", box.x], ["top", box.y], ["width", box.w], ["height", box.h]]) box.element.style[name] = `${value * 100}%`;
  tell();
}

function remove(box) {
  if (!box) return;
  boxes.splice(boxes.indexOf(box), 1);
  box.element.remove();
  tell();
}

function add(x, y, w, h) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "box";
  element.setAttribute("aria-label", `${field.dataset.box} ${boxes.length + 1}`);
  const box = { x, y, w, h, element };
  boxes.push(box);
  field.append(element);
  element.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") remove(box);
    else if (step && event.shiftKey) { box.w += step[0] * 0.01; box.h += step[1] * 0.01; place(box); }
    else if (step) { box.x += step[0] * 0.01; box.y += step[1] * 0.01; place(box); }
    else return;
    event.preventDefault();
  });
  place(box);
  return box;
}

const at = event => {
  const frame = picture.getBoundingClientRect();
  return [bound((event.clientX - frame.left) / frame.width, 0, 1), bound((event.clientY - frame.top) / frame.height, 0, 1)];
};
let drawn = null;
field?.addEventListener("pointerdown", event => {
  if (boxes.length >= 40 || event.target.closest(".box")) return;
  event.preventDefault();
  field.setPointerCapture(event.pointerId);
  const [x, y] = at(event);
  drawn = { start: [x, y], box: add(x, y, 0.005, 0.005) };
});
field?.addEventListener("pointermove", event => {
  if (!drawn) return;
  const [x, y] = at(event);
  const [left, top] = drawn.start;
  Object.assign(drawn.box, { x: Math.min(x, left), y: Math.min(y, top), w: Math.abs(x - left), h: Math.abs(y - top) });
  place(drawn.box);
});
for (const name of ["pointerup", "pointercancel"]) field?.addEventListener(name, () => {
  // A touch without a movement is no box.
  if (drawn && drawn.box.w <= 0.01 && drawn.box.h <= 0.01) remove(drawn.box);
  drawn = null;
});
document.getElementById("add-box")?.addEventListener("click", () => { if (boxes.length < 40) add(0.4, 0.4, 0.2, 0.2).element.focus(); });
document.getElementById("undo-box")?.addEventListener("click", () => remove(boxes.at(-1)));
