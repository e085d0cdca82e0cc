// What survives a reload, a crash or a dead battery: small JSON records in localStorage, one key each.

/** A named group of records; two tabs may use it at once, since each record has its own key. */
export class Store {
  constructor(name) {
    this.prefix = `assay.${name}.`;
  }

  put(id, record) {
    try {
      localStorage.setItem(this.prefix + id, JSON.stringify(record));
      return true;
    } catch {
      // Private windows and full disks: the work goes on, only without the safety net.
      return false;
    }
  }

  take(id) {
    const record = this.read(id);
    localStorage.removeItem(this.prefix + id);
    return record;
  }

  has(id) {
    return localStorage.getItem(this.prefix + id) !== null;
  }

  read(id) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + id));
    } catch {
      return null;
    }
  }

  all() {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => this.read(key.slice(this.prefix.length)))
      .filter(Boolean);
  }
}
