// Bundles the packages of package.json into ../page/lib, one module each, with their licenses.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";

const out = new URL("../page/lib/", import.meta.url).pathname;
await mkdir(out, { recursive: true });

// bundle writes one module, headed by what is in it.
async function bundle(name, contents, packages) {
  const versions = await Promise.all(packages.map(async (p) =>
    `${p} ${JSON.parse(await readFile(`node_modules/${p}/package.json`, "utf8")).version}`));
  await build({
    stdin: { contents, resolveDir: import.meta.dirname, sourcefile: `${name}.js` },
    bundle: true, format: "esm", minify: true, target: "es2022", outfile: `${out}${name}.js`,
    legalComments: "none",
    banner: { js: `// ${versions.join(", ")}; see ${name}.LICENSE. Made by \`make vendor-js\`.` },
  });
  const licenses = await Promise.all(packages.map(async (p) => {
    const file = (await readdir(`node_modules/${p}`)).find((f) => /^licen[cs]e/i.test(f));
    return `${p}\n\n${await readFile(`node_modules/${p}/${file}`, "utf8")}`;
  }));
  await writeFile(`${out}${name}.LICENSE`, licenses.join("\n----\n\n"));
}

await bundle("d3-force", `
  export { forceSimulation, forceLink, forceManyBody, forceX, forceY, forceCollide } from "d3-force";
  export { quadtree } from "d3-quadtree";
`, ["d3-force", "d3-quadtree", "d3-dispatch", "d3-timer"]);
await bundle("uplot", `export { default } from "uplot";`, ["uplot"]);
await copyFile("node_modules/uplot/dist/uPlot.min.css", `${out}uplot.css`);
