/** Radio buttons in one row, each with its color: a legend that is also the control. */
import { type Control, element, newId } from "../view/controls";

export function choices(
  text: string,
  options: Readonly<Record<string, string>>,
  colors: Readonly<Record<string, string>>,
  onChange: (value: string) => void,
): Control<string> {
  const row = element("fieldset", "dl-choices");
  row.append(element("legend", "", text));
  const name = newId();
  const inputs = Object.entries(options).map(([value, title]) => {
    const label = element("label", "");
    const input = document.createElement("input");
    [input.type, input.name, input.value] = ["radio", name, value];
    input.addEventListener("change", () => onChange(value));
    const swatch = element("i", "");
    swatch.style.background = colors[value] ?? "none";
    label.append(input, ...(value in colors ? [swatch] : []), title);
    row.append(label);
    return input;
  });
  return { row, show: (value) => inputs.forEach((input) => (input.checked = input.value === value)) };
}
