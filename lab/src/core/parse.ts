/** From the text of a formula to its steps, by recursive descent; the grammar is in expr.ts. */
import { BINARY_FUNCTIONS, CONSTANTS, choose, type Kernel, negate, OPERATORS, UNARY_FUNCTIONS } from "./kernels";
import { FormulaError, suggest } from "./mistake";

/** One step: a number (kernel null, cell), a variable (slot), or a kernel on `arity` operands. */
export interface Step {
  readonly arity: number;
  readonly kernel: Kernel | null;
  readonly cell: Float64Array;
  readonly slot: number;
}

const LONGEST = 500;
const DEEPEST = 64;
const SPACE = /[ \t\r\n\u00a0]*/y;
/** A number, a name (a Greek letter is one by itself, so that 2πt is a product), or an operator. */
const TOKEN =
  /((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([A-Za-z_][A-Za-z_0-9]*|[\u0370-\u03ff])|([⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(<=|>=|\*\*|[-+*/^()<>,?:·×−≤≥])/y;
const SAME: Record<string, string> = { "**": "^", "·": "*", "×": "*", "−": "-", "≤": "<=", "≥": ">=" };
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const STRENGTH: Record<string, number> = { "?": 1, "<": 2, ">": 2, "<=": 2, ">=": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 6 };
const SIGNED = 5;

type Kind = "number" | "name" | "raised" | "operator" | "end";

class Parser {
  readonly #steps: Step[] = [];
  #kind: Kind = "end";
  #text = "";
  #start = 0;
  #next = 0;
  #depth = 0;

  constructor(
    readonly source: string,
    readonly variables: readonly string[],
  ) {}

  parse(): Step[] {
    if (this.source.length > LONGEST)
      throw new FormulaError(`the formula has ${this.source.length} characters; at most ${LONGEST} are allowed`, LONGEST + 1);
    this.#advance();
    if (this.#ended()) throw new FormulaError("type a formula, such as 2t", 1);
    this.#expression(1);
    if (!this.#ended()) this.#unexpected();
    return this.#steps;
  }

  #fail(message: string, suggestion?: string): never {
    throw new FormulaError(message, this.#start + 1, Math.max(1, this.#text.length), suggestion);
  }

  #unexpected(): never {
    if (this.#kind === "end") this.#fail("the formula ends too early");
    if (this.#kind === "number") this.#fail(`put an operator before “${this.#text}”`, `*${this.#text}`);
    if (this.#text === ")") this.#fail("this “)” closes nothing", "");
    this.#fail(`“${this.#text}” does not fit here`);
  }

  #advance(): void {
    SPACE.lastIndex = this.#next;
    SPACE.test(this.source);
    const start = (this.#start = SPACE.lastIndex);
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(this.source);
    this.#text = match ? match[0] : "";
    this.#next = start + this.#text.length;
    this.#kind = match ? (match[1] ? "number" : match[2] ? "name" : match[3] ? "raised" : "operator") : "end";
    if (match || start === this.source.length) return;
    this.#text = String.fromCodePoint(this.source.codePointAt(start) as number);
    this.#fail(`“${this.#text}” has no meaning in a formula`);
  }

  #ended(): boolean {
    return this.#kind === "end";
  }

  /** The operator in its plain form, or nothing. */
  #symbol(): string {
    return this.#kind === "operator" ? (SAME[this.#text] ?? this.#text) : this.#kind === "raised" ? "^" : "";
  }

  #expect(symbol: string): void {
    if (this.#symbol() !== symbol)
      this.#fail(this.#kind === "end" ? `“${symbol}” is missing` : `expected “${symbol}” before “${this.#text}”`);
    this.#advance();
  }

  /** Operators that bind at least this strongly, and what they bind. */
  #expression(least: number): void {
    if (++this.#depth > DEEPEST) this.#fail(`the formula is nested deeper than ${DEEPEST}`);
    this.#operand();
    let compared = false;
    for (;;) {
      const operand = this.#kind === "name" || this.#symbol() === "(";
      const symbol = operand ? "*" : this.#symbol();
      const strength = STRENGTH[symbol];
      if (!(strength >= least)) break;
      if (strength === 2 && compared) this.#fail("comparisons do not chain: write a < b ? b < c : 0");
      compared = strength === 2;
      if (this.#kind === "raised") this.#power();
      else {
        if (!operand) this.#advance();
        this.#right(symbol, strength);
      }
    }
    if (this.#kind === "number") this.#unexpected();
    this.#depth--;
  }

  #right(symbol: string, strength: number): void {
    if (symbol === "?") {
      this.#expression(1);
      this.#expect(":");
      this.#expression(1);
      this.#emit(3, choose);
    } else {
      this.#expression(symbol === "^" ? strength : strength + 1);
      this.#emit(2, OPERATORS[symbol]);
    }
  }

  #power(): void {
    this.#number(Number(Array.from(this.#text, (c) => RAISED.indexOf(c)).join("")));
    this.#advance();
    this.#emit(2, OPERATORS["^"]);
  }

  #operand(): void {
    const symbol = this.#symbol();
    if (this.#kind === "number") {
      const value = Number(this.#text);
      if (value === Infinity) this.#fail(`${this.#text} is too large for a number`);
      this.#number(value);
      this.#advance();
    } else if (this.#kind === "name") this.#name();
    else if (symbol === "(") {
      this.#advance();
      this.#expression(1);
      this.#expect(")");
    } else if (this.#kind === "operator" && (symbol === "-" || symbol === "+")) {
      this.#advance();
      this.#expression(SIGNED);
      if (symbol === "-") this.#emit(1, negate);
    } else this.#unexpected();
  }

  #name(): void {
    const name = this.#text;
    const slot = this.variables.indexOf(name);
    if (slot >= 0) this.#steps.push({ arity: 0, kernel: null, cell: new Float64Array(1), slot });
    else if (name in CONSTANTS) this.#number(CONSTANTS[name]);
    else if (name in UNARY_FUNCTIONS) return this.#call(1, UNARY_FUNCTIONS[name]);
    else if (name in BINARY_FUNCTIONS) return this.#call(2, BINARY_FUNCTIONS[name]);
    else {
      const suggestion = suggest(name, this.variables, [CONSTANTS, UNARY_FUNCTIONS, BINARY_FUNCTIONS].flatMap(Object.keys));
      const hint = suggestion ? `did you mean “${suggestion}”?` : `the variables here are ${this.variables.join(", ")}`;
      this.#fail(`unknown name “${name}”; ${hint}`, suggestion);
    }
    this.#advance();
  }

  #call(arity: number, kernel: Kernel): void {
    const name = this.#text;
    const needs = arity === 1 ? `${name}(…)` : `${name}(…, …)`;
    const start = this.#start;
    this.#advance();
    if (this.#symbol() !== "(") throw new FormulaError(`${name} needs parentheses: ${needs}`, start + 1, name.length);
    this.#advance();
    this.#expression(1);
    if (arity === 2) {
      if (this.#symbol() === ")") this.#fail(`${name} takes two values: ${needs}`);
      this.#expect(",");
      this.#expression(1);
    }
    if (this.#symbol() === ",") this.#fail(`${name} takes ${arity === 1 ? "one value" : "two values"}: ${needs}`);
    this.#expect(")");
    this.#emit(arity, kernel);
  }

  #number(value: number): void {
    this.#steps.push({ arity: 0, kernel: null, cell: Float64Array.of(value), slot: -1 });
  }

  /** Add an operation, or its value when all operands are numbers: those are the last steps. */
  #emit(arity: number, kernel: Kernel): void {
    const operands = this.#steps.slice(-arity);
    if (operands.some((step) => step.kernel || step.slot >= 0))
      return void this.#steps.push({ arity, kernel, cell: operands[0].cell, slot: -1 });
    const [a, b, c] = [0, 1, 2].map((i) => (operands[i] ?? operands[0]).cell);
    this.#steps.length -= arity;
    const value = new Float64Array(1);
    kernel(value, 1, a, 0, b, 0, c, 0);
    this.#number(value[0]);
  }
}

/** The steps of a formula in these variables. Throws FormulaError. */
export function parse(source: string, variables: readonly string[]): Step[] {
  return new Parser(source, variables).parse();
}
