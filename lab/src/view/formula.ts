/** A labelled text input for a formula. What is wrong with it stands below: the message, the formula
 *  with the wrong part underlined, and a button that puts in what may have been meant. */
import { compile, type Formula, FormulaError } from "../core/expr";
import { button, type Control, element, newId } from "./controls";

export interface FormulaInput extends Control<string> {
  input: HTMLInputElement;
  /** Say what is wrong with the formula shown; nothing clears it. */
  mark(problem?: Error): void;
}

/** Half-typed formulas are wrong all the time: complain about those that stay. */
const PATIENCE_MS = 400;

export function formulaInput(text: string, onInput: (source: string) => void): FormulaInput {
  const row = element("div", "dl-control dl-formula");
  const label = element("label", "", text);
  const input = document.createElement("input");
  input.id = label.htmlFor = newId();
  Object.assign(input, { type: "text", spellcheck: false, autocomplete: "off", autocapitalize: "off" });
  const problem = element("div", "dl-problem");
  const alert = element("div", "");
  alert.id = `${input.id}-problem`;
  alert.setAttribute("role", "alert");
  problem.append(alert);
  row.append(label, input, problem);

  let pending = 0;
  input.addEventListener("input", () => onInput(input.value));

  const complain = (error: Error): void => {
    const source = input.value;
    const { message } = error;
    const where = error instanceof FormulaError && source ? error : undefined;
    const words = (where ? `Column ${where.column}: ` : "") + message + (/[.?!]$/.test(message) ? "" : ".");
    alert.replaceChildren(element("span", "", words));
    problem.replaceChildren(alert);
    if (where) {
      const before = source.slice(0, where.column - 1);
      const wrong = source.slice(before.length, before.length + where.span);
      const after = source.slice(before.length + where.span);
      const shown = document.createElement("code");
      shown.append(before, element("mark", "", wrong || "…"), after);
      shown.setAttribute("aria-hidden", "true");
      alert.append(shown);
      const { suggestion } = where;
      const use = (): void => {
        input.value = before + suggestion + after;
        input.focus();
        onInput(input.value);
      };
      if (suggestion) problem.append(button(`Use ${suggestion}`, "", use));
    }
    problem.setAttribute("data-wrong", "");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", alert.id);
  };

  const mark = (error?: Error): void => {
    clearTimeout(pending);
    if (error) {
      pending = window.setTimeout(() => complain(error), PATIENCE_MS);
      return;
    }
    alert.textContent = "";
    problem.replaceChildren(alert);
    problem.removeAttribute("data-wrong");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  };
  // A reader in the middle of a formula keeps the caret where it is.
  const show = (source: string): void => void (input.value !== source && (input.value = source));
  return { row, input, show, mark };
}

/** A formula input that checks what is typed: only formulas of these variables are handed on. */
export class FormulaField {
  readonly #view: FormulaInput;
  readonly row: HTMLElement;
  readonly input: HTMLInputElement;

  constructor(text: string, variables: readonly string[], onFormula: (formula: Formula) => void) {
    this.#view = formulaInput(text, (source) => {
      let formula: Formula;
      try {
        formula = compile(source, variables);
      } catch (error) {
        this.#view.mark(error as FormulaError);
        return;
      }
      this.#view.mark();
      onFormula(formula);
    });
    ({ row: this.row, input: this.input } = this.#view);
  }

  show(source: string): void {
    this.#view.show(source);
  }

  /** Say what else is wrong with the formula shown, such as a value that is not finite. */
  complain(message: string): void {
    this.#view.mark(new Error(message));
  }

  clear(): void {
    this.#view.mark();
  }
}
