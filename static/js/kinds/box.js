// One box on a picture, in its pixels: moved, drawn and pulled by its handles, never beyond the picture.

/** Handles by the sides they pull: -1 the first, 1 the last, 0 neither. */
export const HANDLES = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => ({ x, y }))).filter(({ x, y }) => x || y);
const LEAST = 1;

const round = (value) => Math.round(value * 100) / 100;
const within = (value, least, most) => Math.min(Math.max(value, least), most);

/** The box between two corners. */
export function between(a, b) {
  const [x, y] = [round(Math.min(a.x, b.x)), round(Math.min(a.y, b.y))];
  return { x, y, width: round(Math.abs(a.x - b.x)), height: round(Math.abs(a.y - b.y)) };
}

/** A box as large, somewhere else. */
export function moved(box, dx, dy, size) {
  const x = round(within(box.x + dx, 0, size.width - box.width));
  const y = round(within(box.y + dy, 0, size.height - box.height));
  return { ...box, x, y };
}

/** A box whose sides at a handle were pulled so far. */
export function pulled(box, handle, dx, dy, size) {
  const [x, width] = side(box.x, box.width, handle.x, dx, size.width);
  const [y, height] = side(box.y, box.height, handle.y, dy, size.height);
  return { ...box, x, y, width, height };
}

function side(start, length, handle, by, whole) {
  const end = start + length;
  if (handle < 0) {
    const first = within(start + by, 0, end - LEAST);
    return [round(first), round(end - first)];
  }
  const last = handle > 0 ? within(end + by, start + LEAST, whole) : end;
  return [round(start), round(last - start)];
}

export const holds = (box, { x, y }) => box.x <= x && x <= box.x + box.width && box.y <= y && y <= box.y + box.height;

export const areaOf = (box) => box.width * box.height;
