// Builds the committed bundles. `node build.mjs [root]` writes below `root`, by default the
// repository; the Python tests build into an empty folder and compare the bytes.
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(process.argv[2] ?? join(here, ".."));
const common = {
  absWorkingDir: here,
  write: false,
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

/** Bundle a script; what terser still finds after esbuild is some 4 % of it. */
async function make(source, format, outfile) {
  const { outputFiles } = await build({ ...common, entryPoints: [source], format });
  const { code } = await minify(outputFiles[0].text, {
    module: format === "esm",
    ecma: 2022,
    compress: { ecma: 2022, passes: 3 },
  });
  await mkdir(dirname(outfile), { recursive: true });
  await writeFile(outfile, `${code}\n`);
}

for (const file of readdirSync(join(here, "src/figures")))
  await make(`src/figures/${file}`, "esm", join(root, "diffusion_lab/widgets/static", `${parse(file).name}.js`));
await make("src/host.ts", "iife", join(root, "_ext/static/anywidget-static-host.js"));
