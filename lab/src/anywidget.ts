/** The part of anywidget's front-end model that the figures use. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: () => void): void;
  off(event?: string | null, callback?: (() => void) | null): void;
}

export type Cleanup = () => void;

export interface View {
  model: Model;
  el: HTMLElement;
}
