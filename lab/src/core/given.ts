/** A formula of x and t on a grid, at many times: what depends on x alone need not be done again. */
import { EMPTY, Formula, maskOf } from "./expr";
import type { Step } from "./parse";

/** The same formula with one variable given: what depends on it alone is worked out here, once. */
export function given({ source, variables, steps: all }: Formula, name: string, values: Float64Array): Formula {
  const steps: Step[] = [];
  /** Of each operand on the stack: where its steps begin, and whether other variables are in it. */
  const operands: { start: number; free: boolean }[] = [];
  for (const step of all) {
    const mine = operands.splice(operands.length - step.arity);
    const start = mine[0]?.start ?? steps.length;
    const named = step.arity === 0 && step.slot >= 0;
    const free = named ? variables[step.slot] !== name : mine.some((operand) => operand.free);
    operands.push({ start, free });
    if (free) steps.push(step);
    else if (named) steps.push({ ...step, slot: -1, cell: values });
    else steps.push(step.kernel ? constant(step, steps.splice(start)) : step);
  }
  return new Formula(source, variables, steps);
}

/** An operation on operands that are given, as the step that holds its value. */
function constant({ kernel }: Step, operands: Step[]): Step {
  const [a, b, c] = [0, 1, 2].map((i) => operands[i]?.cell ?? EMPTY);
  const [p, q, r] = [a, b, c].map((cell) => maskOf(cell, -1));
  const cell = new Float64Array(Math.max(...operands.map((operand) => operand.cell.length)));
  kernel!(cell, cell.length, a, p, b, q, c, r);
  return { ...operands[0], cell };
}
