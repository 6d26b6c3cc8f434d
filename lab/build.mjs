// Builds the committed bundles. `node build.mjs [root]` writes below `root`, by default the
// repository; the Python tests build into an empty folder and compare the bytes.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

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
  // CSS is loaded as text, which esbuild leaves as it is: make it small here.
  plugins: [{ name: "small-css", setup: (b) => b.onLoad({ filter: /\.css$/ }, squeeze) }],
};

async function squeeze({ path }) {
  const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, charset: "utf8" });
  return { contents: code.trim(), loader: "text" };
}

for (const file of readdirSync(join(here, "src/figures"))) {
  const outfile = join(root, "diffusion_lab/widgets/static", `${parse(file).name}.js`);
  await build({ ...common, entryPoints: [`src/figures/${file}`], format: "esm", outfile });
}
const outfile = join(root, "_ext/static/anywidget-static-host.js");
await build({ ...common, entryPoints: ["src/host.ts"], format: "iife", outfile });
