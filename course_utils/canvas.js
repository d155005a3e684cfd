// Paints each stroke in the browser; sends the whole picture to Python when the stroke ends.
function render({ model, el }) {
  const size = model.get("size");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  canvas.style.cssText = "touch-action: none; cursor: crosshair; border: 1px solid #888";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", model.get("texts").label);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(pen, { lineWidth: size / 13, lineCap: "round", lineJoin: "round", strokeStyle: "white" });
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left - 1) * size / (box.width - 2),
            (event.clientY - box.top - 1) * size / (box.height - 2)];
  };
  const send = () => {
    const rgba = pen.getImageData(0, 0, size, size).data;
    const grey = Uint8Array.from({ length: size * size }, (_, i) => rgba[4 * i]);
    model.set("pixels", new DataView(grey.buffer));
    model.save_changes();
  };
  const clear = () => pen.fillRect(0, 0, size, size);
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...place(event));
    pen.lineTo(...place(event));
    pen.stroke();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...place(event));
    pen.stroke();
  });
  const end = () => { if (drawing) send(); drawing = false; };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  const button = document.createElement("button");
  button.textContent = model.get("texts").clear;
  button.style.cssText = "display: block; margin: 4px 0";
  button.addEventListener("click", () => { clear(); send(); });
  clear();
  el.append(canvas, button);
}
export default { render };
