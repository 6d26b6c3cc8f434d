// Builds the committed bundles. `node build.mjs [root]` writes below `root`, by default the
// repository; the Python tests build into an empty folder and compare the bytes.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(process.argv[2] ?? join(here, ".."));
const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  loader: { ".css": "text" },
  // CSS is loaded as text, which esbuild leaves alone: squeeze its white space here.
  plugins: [{ name: "small-css", setup: (b) => b.onLoad({ filter: /\.css$/ }, squeeze) }],
};

async function squeeze({ path }) {
  const css = await readFile(path, "utf8");
  const small = css.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ").replace(/ ?([{};,]) ?/g, "$1");
  return { contents: small.trim(), loader: "text" };
}

for (const file of readdirSync(join(here, "src/figures"))) {
  const outfile = join(root, "diffusion_lab/widgets/static", `${parse(file).name}.js`);
  await build({ ...common, entryPoints: [`src/figures/${file}`], format: "esm", outfile });
}
const outfile = join(root, "_ext/static/anywidget-static-host.js");
await build({ ...common, entryPoints: ["src/host.ts"], format: "iife", outfile });
