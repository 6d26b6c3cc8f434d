/** A host that has the anywidget contract and nothing more: a module from a string, an element, and a
 *  model with get, set, save_changes, on, off and send. Anything else that a figure asks of it throws. */
import { vi } from "vitest";
import paths from "../../../diffusion_lab/widgets/static/paths.js?raw";
import plane from "../../../diffusion_lab/widgets/static/plane.js?raw";
import race from "../../../diffusion_lab/widgets/static/race.js?raw";
import sigma from "../../../diffusion_lab/widgets/static/sigma.js?raw";

/** The committed bundles. */
export const SOURCES: Readonly<Record<string, string>> = { sigma, plane, race, paths };

export type State = Record<string, unknown>;
type Listener = (...args: unknown[]) => void;

export interface Module {
  render(context: object): unknown;
}

/** As a host does it: from the text alone, so that nothing can be imported from beside it. */
export async function load(source: string): Promise<Module> {
  const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
  return (await import(/* @vite-ignore */ url)).default;
}

/** Only these names may be asked for. */
function strict<T extends object>(name: string, allowed: T): T {
  return new Proxy(allowed, {
    get(target, key) {
      if (!(key in target)) throw new Error(`${name}.${String(key)} is not in the contract`);
      return target[key as keyof T];
    },
    set(_, key) {
      throw new Error(`${name}.${String(key)} was set`);
    },
  });
}

export class Host {
  readonly listeners = new Map<string, Set<Listener>>();
  /** Traits that the figure has set, those of them that it has saved, and all that it asked for. */
  readonly unsaved = new Set<string>();
  readonly saved = new Set<string>();
  readonly asked = new Set<string>();
  readonly model: object;

  constructor(readonly state: State) {
    this.model = strict("model", {
      get: (name: string): unknown => {
        this.asked.add(name);
        return this.state[name];
      },
      set: (name: string, value: unknown): void => {
        if (JSON.stringify(value) === undefined) throw new Error(`${name} = ${String(value)} cannot travel`);
        this.unsaved.add(name);
        this.change(name, value);
      },
      save_changes: (): void => {
        for (const name of this.unsaved) this.saved.add(name);
        this.unsaved.clear();
      },
      on: (event: string, listener: Listener): void => {
        if (!this.listeners.has(event)) this.listeners.set(event, new Set());
        this.listeners.get(event)!.add(listener);
      },
      off: (event: string, listener: Listener): void => {
        this.listeners.get(event)?.delete(listener);
      },
      send: (): void => {},
    });
  }

  /** As when Python sets a trait. */
  change(name: string, value: unknown): void {
    this.state[name] = value;
    for (const listener of [...(this.listeners.get(`change:${name}`) ?? [])]) listener();
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  /** What render was given beside the model and the element would be no part of the contract. */
  render(figure: Module, el: HTMLElement): Promise<unknown> {
    return Promise.resolve(figure.render(strict("context", { model: this.model, el })));
  }
}

/** What browsers have and the stand-in for a document has not: it draws nothing, at any length. */
export function furnish(): void {
  const context: object = new Proxy({}, { get: () => () => context, set: () => true });
  const getContext = (): object => context;
  HTMLCanvasElement.prototype.getContext = getContext as never;
  vi.stubGlobal("Option", function (text: string, value = text) {
    return Object.assign(document.createElement("option"), { textContent: text, value });
  });
  vi.stubGlobal("OffscreenCanvas", class { getContext = getContext; });
  vi.stubGlobal("ImageData", class {
    readonly data: Uint8ClampedArray;
    constructor(width: number, height: number) {
      this.data = new Uint8ClampedArray(4 * width * height);
    }
  });
  vi.stubGlobal("IntersectionObserver", class {
    constructor(private readonly seen: (entries: object[]) => void) {}
    observe(): void {
      queueMicrotask(() => this.seen([{ isIntersecting: true }]));
    }
    disconnect(): void {}
  });
}
