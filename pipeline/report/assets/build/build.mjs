// Makes ../charts.min.js, the chart library as the report page embeds it: one
// script without imports, with the licences of what it is made of. The result
// is committed, so that building spacesetl needs no Node. To renew it:
//
//   cd pipeline/report/assets/build && npm ci && npm run build
import { build } from "esbuild";
import { existsSync, readFileSync } from "node:fs";

const options = {
  entryPoints: ["charts.mjs"], outfile: "../charts.min.js", bundle: true, minify: true,
  format: "iife", target: "es2020", legalComments: "none", metafile: true,
};

// packages are those of which something is in the bundle.
function packages({ outputs }) {
  const inputs = Object.values(outputs)[0].inputs;
  const names = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0)
    .map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean);
  return [...new Set(names)].sort();
}

// licences groups packages by the terms they share.
function licences(names) {
  const terms = new Map();
  for (const name of names) {
    const dir = `node_modules/${name}`;
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((f) => `${dir}/${f}`).find(existsSync);
    if (!file) throw new Error(`${name} has no licence file`);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    const rights = lines.filter((line) => /^copyright .*\d{4}/i.test(line));
    const body = lines.filter((line) => !rights.includes(line)).join(" ").replace(/\s+/g, " ").trim();
    const { version } = JSON.parse(readFileSync(`${dir}/package.json`, "utf8"));
    if (!terms.has(body)) terms.set(body, []);
    terms.get(body).push(`${name} ${version}: ${rights.join("; ")}`);
  }
  return [...terms].map(([body, who]) => `${who.join("\n")}\n\n${body}`).join("\n\n----\n\n");
}

const { metafile } = await build({ ...options, write: false });
const notice = licences(packages(metafile)).replaceAll("*/", "* /");
await build({ ...options, banner: { js: `/*!\n${notice}\n*/` } });
