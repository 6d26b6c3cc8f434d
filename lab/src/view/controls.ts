/** Labelled native controls: the keyboard, touch and screen readers come with them. */

/** An id that no other figure uses: each has a copy of this module, so counting would repeat. */
export const newId = (): string => `dl-${Math.random().toString(36).slice(2)}`;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  el.className = className;
  el.textContent = text;
  return el;
}

function labelled(control: HTMLElement, text: string, className: string): [HTMLElement, HTMLOutputElement] {
  const row = element("div", `dl-control ${className}`);
  const caption = element("label", "", text);
  const value = document.createElement("output");
  control.id = newId();
  caption.htmlFor = control.id;
  value.setAttribute("for", control.id);
  row.append(caption, value, control);
  return [row, value];
}

export interface Control<T> {
  row: HTMLElement;
  show(value: T): void;
}

export interface Slider extends Control<number> {
  input: HTMLInputElement;
}

export function slider(
  text: string,
  [min, max, step]: readonly [number, number, number],
  format: (value: number) => string,
  onInput: (value: number) => void,
  className = "",
): Slider {
  const input = document.createElement("input");
  input.type = "range";
  [input.min, input.max, input.step] = [`${min}`, `${max}`, `${step}`];
  input.addEventListener("input", () => onInput(Number(input.value)));
  const [row, output] = labelled(input, text, className);
  const show = (value: number): void => {
    input.value = `${value}`;
    output.value = format(value);
    input.setAttribute("aria-valuetext", format(value));
  };
  return { row, input, show };
}

export function select(
  text: string,
  options: Readonly<Record<string, string>>,
  onChange: (value: string) => void,
): Control<string> {
  const input = document.createElement("select");
  for (const [value, name] of Object.entries(options)) input.add(new Option(name, value));
  input.addEventListener("change", () => onChange(input.value));
  const [row] = labelled(input, text, "");
  const show = (value: string): void => {
    // Python may set what the list does not offer.
    if (![...input.options].some((option) => option.value === value)) input.add(new Option(value));
    input.value = value;
  };
  return { row, show };
}

export function checkbox(text: string, onChange: (on: boolean) => void): Control<boolean> {
  const row = element("label", "dl-check");
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  row.append(input, text);
  return { row, show: (on) => void (input.checked = on) };
}

export function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const el = element("button", className, text);
  el.type = "button";
  el.addEventListener("click", onClick);
  return el;
}

/** Controls that a reader may open: closed at first, so that the first sight stays simple. */
export function group(title: string, rows: HTMLElement[], onOpen?: () => void): HTMLDetailsElement {
  const el = element("details", "dl-group");
  const inner = element("div", "dl-controls");
  inner.append(...rows);
  el.append(element("summary", "", title), inner);
  if (onOpen) el.addEventListener("toggle", onOpen);
  return el;
}
