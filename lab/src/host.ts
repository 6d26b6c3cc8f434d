/** Runs anywidget figures in a page without a kernel. Reads the standard widget-state and
 *  widget-view tags that MyST-NB and nbconvert write, imports each figure's module from a blob: URL
 *  (which also works at file://, where <script type=module src> does not) and hands it a model. */
import type { Cleanup, Model, View } from "./anywidget";

type State = Record<string, unknown>;
interface Saved {
  model_module?: string;
  state: State;
  buffers?: { path: (string | number)[]; data: string }[];
}
interface Figure {
  initialize?(context: { model: Model }): unknown;
  render?(view: View): Cleanup | void | Promise<Cleanup | void>;
}

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
/** Pictures that stand before the figures for readers whose scripts do not run. */
const STILL = 'img[src*="/live-"]';

class StaticModel implements Model {
  private readonly listeners = new Map<string, Set<(...args: unknown[]) => void>>();

  constructor(private readonly state: State) {}

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string | State, value?: unknown): void {
    const update = typeof name === "string" ? { [name]: value } : name;
    const changed = Object.keys(update).filter((key) => this.state[key] !== update[key]);
    Object.assign(this.state, update);
    for (const key of changed) this.emit(`change:${key}`, this, this.state[key]);
    if (changed.length) this.emit("change", this);
  }

  on(event: string, callback: (...args: unknown[]) => void): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(callback);
  }

  off(event?: string | null, callback?: ((...args: unknown[]) => void) | null): void {
    if (!event) this.listeners.clear();
    else if (callback) this.listeners.get(event)?.delete(callback);
    else this.listeners.delete(event);
  }

  // There is no kernel to tell.
  save_changes(): void {}
  send(): void {}

  private emit(event: string, ...args: unknown[]): void {
    for (const callback of [...(this.listeners.get(event) ?? [])]) callback(...args);
  }
}

/** Binary traits are stored beside the state, in base64. */
function restore({ state, buffers = [] }: Saved): State {
  for (const { path, data } of buffers) {
    let at = state as Record<string | number, any>;
    for (const key of path.slice(0, -1)) at = at[key];
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    at[path[path.length - 1]] = new DataView(bytes.buffer);
  }
  return state;
}

async function load(source: string): Promise<Figure> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: figure } = await import(url);
  return typeof figure === "function" ? figure() : figure;
}

interface Started {
  figure: Figure;
  model: Model;
}

async function start(saved: Saved): Promise<Started> {
  const { _esm, _css } = saved.state;
  if (typeof _esm !== "string") throw new Error("its script was not saved in the page");
  const figure = await load(_esm);
  const model = new StaticModel(restore(saved));
  if (_css) document.head.append(Object.assign(document.createElement("style"), { textContent: _css }));
  await figure.initialize?.({ model });
  return { figure, model };
}

/** A still leaves with its paragraph, once the figure that it stands for has started. */
function hideStill(tag: Element): void {
  const all = [...document.querySelectorAll<HTMLElement>(`${VIEW}, ${STILL}`)];
  const before = all[all.indexOf(tag as HTMLElement) - 1];
  if (before?.matches(STILL)) (before.closest("p") ?? before).hidden = true;
}

async function mount(): Promise<void> {
  const all: Record<string, Saved> = {};
  for (const tag of document.querySelectorAll(STATE)) Object.assign(all, JSON.parse(tag.textContent!).state);
  // Two views of one model share it.
  const started = new Map<string, Promise<Started>>();
  for (const tag of document.querySelectorAll(VIEW)) {
    const id: string = JSON.parse(tag.textContent!).model_id;
    const saved = all[id];
    if (saved?.model_module !== "anywidget") continue;
    const el = document.createElement("div");
    el.className = "anywidget-static";
    tag.before(el);
    try {
      if (!started.has(id)) started.set(id, start(saved));
      const { figure, model } = await started.get(id)!;
      await figure.render?.({ model, el });
      hideStill(tag);
      el.dataset.ready = "true";
    } catch (problem) {
      el.setAttribute("role", "alert");
      el.textContent = `This live figure could not start (${problem}). It needs a current browser with JavaScript.`;
      console.error(problem);
    }
  }
}

const page = window as { anywidgetStaticHost?: true };
if (!page.anywidgetStaticHost) {
  page.anywidgetStaticHost = true;
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", mount);
  else void mount();
}
