/** From the text of a formula to its steps, by recursive descent; the grammar is in expr.ts. */
import { CONSTANTS, choose, FUNCTIONS, type Kernel, negate, OPERATORS } from "./kernels";
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
/** A number, a name (a Greek letter is one by itself, so that 2πt is a product), digits raised to a
 *  power, an operator, anything else; nothing at the end. */
const TOKEN =
  /[ \t\r\n\u00a0]*(?:((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([A-Za-z_][A-Za-z_0-9]*|[\u0370-\u03ff])|([⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(<=|>=|\*\*|[-+*/^()<>,?:·×−≤≥])|([^])|$)/uy;
const [NUMBER, NAME, RAISED, OPERATOR, OTHER, END] = [1, 2, 3, 4, 5, -1];
const SAME: Record<string, string> = { "**": "^", "·": "*", "×": "*", "−": "-", "≤": "<=", "≥": ">=" };
const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const STRENGTH: Record<string, number> = { "?": 1, "<": 2, ">": 2, "<=": 2, ">=": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 6 };
const SIGNED = 5;

class Parser {
  readonly #steps: Step[] = [];
  /** The token that is looked at: its group in TOKEN, its text, where it starts and where the next
   *  one is looked for, and the operator in its plain form, or nothing. */
  #kind = END;
  #text = "";
  #start = 0;
  #next = 0;
  #symbol = "";
  #depth = 0;

  constructor(
    readonly source: string,
    readonly variables: readonly string[],
  ) {}

  parse(): Step[] {
    const { length } = this.source;
    if (length > LONGEST)
      throw new FormulaError(`the formula has ${length} characters; at most ${LONGEST} are allowed`, LONGEST + 1);
    this.#advance();
    if (this.#kind === END) throw new FormulaError("type a formula, such as 2t", 1);
    this.#expression(1);
    if (this.#kind !== END) this.#unexpected();
    return this.#steps;
  }

  #fail(message: string, suggestion?: string): never {
    throw new FormulaError(message, this.#start + 1, this.#text.length || 1, suggestion);
  }

  #unexpected(): never {
    const text = this.#text;
    if (this.#kind === END) this.#fail("the formula ends too early");
    if (this.#kind === NUMBER) this.#fail(`put an operator before “${text}”`, `*${text}`);
    this.#fail(text === ")" ? "this “)” closes nothing" : `“${text}” does not fit here`);
  }

  #advance(): void {
    TOKEN.lastIndex = this.#next;
    const match = TOKEN.exec(this.source)!;
    this.#next = TOKEN.lastIndex;
    this.#kind = match.findIndex((part, group) => group && part);
    const text = (this.#text = match[this.#kind] ?? "");
    this.#start = this.#next - text.length;
    this.#symbol = this.#kind === OPERATOR ? (SAME[text] ?? text) : this.#kind === RAISED ? "^" : "";
    if (this.#kind === OTHER) this.#fail(`“${text}” has no meaning in a formula`);
  }

  #at(symbol: string): boolean {
    return this.#symbol === symbol;
  }

  #expect(symbol: string): void {
    if (!this.#at(symbol))
      this.#fail(this.#kind === END ? `“${symbol}” is missing` : `expected “${symbol}” before “${this.#text}”`);
    this.#advance();
  }

  /** Operators that bind at least this strongly, and what they bind. */
  #expression(least: number): void {
    if (++this.#depth > DEEPEST) this.#fail(`the formula is nested deeper than ${DEEPEST}`);
    this.#operand();
    for (let compared = false; ; ) {
      const product = this.#kind === NAME || this.#at("(");
      const symbol = product ? "*" : this.#symbol;
      const strength = STRENGTH[symbol];
      if (!(strength >= least)) break;
      if (strength === 2 && compared) this.#fail("comparisons do not chain: write a < b ? b < c : 0");
      compared = strength === 2;
      if (this.#kind === RAISED) {
        this.#number(Number(Array.from(this.#text, (c) => DIGITS.indexOf(c)).join("")));
        this.#advance();
        this.#emit(2, OPERATORS["^"]);
      } else {
        if (!product) this.#advance();
        this.#right(symbol, strength);
      }
    }
    if (this.#kind === NUMBER) this.#unexpected();
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

  #operand(): void {
    const sign = this.#symbol;
    if (this.#kind === NUMBER) {
      const value = Number(this.#text);
      if (value === Infinity) this.#fail(`${this.#text} is too large for a number`);
      this.#number(value);
      this.#advance();
    } else if (this.#kind === NAME) this.#name();
    else if (sign === "(") {
      this.#advance();
      this.#expression(1);
      this.#expect(")");
    } else if (sign === "-" || sign === "+") {
      this.#advance();
      this.#expression(SIGNED);
      if (sign === "-") this.#emit(1, negate);
    } else this.#unexpected();
  }

  #name(): void {
    const name = this.#text;
    const slot = this.variables.indexOf(name);
    if (slot < 0 && name in FUNCTIONS) return this.#call(name, ...FUNCTIONS[name]);
    if (slot >= 0) this.#steps.push({ arity: 0, kernel: null, cell: new Float64Array(1), slot });
    else if (name in CONSTANTS) this.#number(CONSTANTS[name]);
    else {
      const suggestion = suggest(name, this.variables, [CONSTANTS, FUNCTIONS].flatMap(Object.keys));
      const hint = suggestion ? `did you mean “${suggestion}”?` : `the variables here are ${this.variables.join(", ")}`;
      this.#fail(`unknown name “${name}”; ${hint}`, suggestion);
    }
    this.#advance();
  }

  #call(name: string, arity: number, kernel: Kernel): void {
    const [needs, values] = arity === 1 ? [`${name}(…)`, "one value"] : [`${name}(…, …)`, "two values"];
    const start = this.#start;
    this.#advance();
    if (!this.#at("(")) throw new FormulaError(`${name} needs parentheses: ${needs}`, start + 1, name.length);
    this.#advance();
    this.#expression(1);
    const short = arity === 2 && this.#at(")");
    if (arity === 2 && !short) {
      this.#expect(",");
      this.#expression(1);
    }
    if (short || this.#at(",")) this.#fail(`${name} takes ${values}: ${needs}`);
    this.#expect(")");
    this.#emit(arity, kernel);
  }

  #number(value: number): void {
    this.#steps.push({ arity: 0, kernel: null, cell: Float64Array.of(value), slot: -1 });
  }

  /** Add an operation, or its value when all operands are numbers: those are the last steps. */
  #emit(arity: number, kernel: Kernel): void {
    const operands = this.#steps.slice(-arity);
    const [{ cell }, b = operands[0], c = b] = operands;
    if (operands.some((step) => step.kernel || step.slot >= 0)) this.#steps.push({ arity, kernel, cell, slot: -1 });
    else {
      this.#steps.length -= arity;
      const value = new Float64Array(1);
      kernel(value, 1, cell, 0, b.cell, 0, c.cell, 0);
      this.#number(value[0]);
    }
  }
}

/** The steps of a formula in these variables. Throws FormulaError. */
export function parse(source: string, variables: readonly string[]): Step[] {
  return new Parser(source, variables).parse();
}
