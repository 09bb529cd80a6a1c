// The pointer over the picture: pick, drag, zoom.

/** Lets the pointer act on a graph. */
export function listen(graph) {
  const { canvas } = graph;
  let press = null;
  canvas.addEventListener("pointerdown", (e) => {
    const at = local(canvas, e);
    press = { ...at, id: graph.pick(at.x, at.y), view: { ...graph.view }, moved: false };
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", (e) => {
    const at = local(canvas, e);
    if (press) return drag(graph, press, at);
    const id = graph.pick(at.x, at.y);
    if (id !== graph.hovered) { graph.hovered = id; graph.dirty = true; }
    canvas.classList.toggle("over", id !== undefined);
    graph.onHover(id, at);
  });
  canvas.addEventListener("pointerup", () => {
    if (press?.id) graph.layout.release(press.id);
    if (press && !press.moved) graph.onPick(press.id);
    press = null;
  });
  canvas.addEventListener("pointercancel", () => {
    if (press?.id) graph.layout.release(press.id);
    press = null;
  });
  canvas.addEventListener("pointerleave", () => {
    graph.hovered = undefined;
    graph.dirty = true;
    graph.onHover(undefined);
  });
  canvas.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return; // the page scrolls
    e.preventDefault();
    const at = local(canvas, e);
    graph.zoom(Math.exp(-e.deltaY * 0.0022), at.x, at.y);
  }, { passive: false });
  canvas.addEventListener("dblclick", (e) => {
    const at = local(canvas, e);
    graph.zoom(1.6, at.x, at.y);
  });
}

// drag moves the node that is held, or the whole.
function drag(graph, press, at) {
  const dx = at.x - press.x, dy = at.y - press.y;
  if (!press.moved && Math.hypot(dx, dy) < 4) return;
  press.moved = true;
  graph.dirty = true;
  if (press.id) {
    const p = graph.plane(at.x, at.y);
    graph.layout.hold(press.id, p.x, p.y);
    return;
  }
  graph.fitting = false;
  graph.view.x = press.view.x + dx;
  graph.view.y = press.view.y + dy;
}

function local(canvas, e) {
  const box = canvas.getBoundingClientRect();
  return { x: e.clientX - box.left, y: e.clientY - box.top };
}
