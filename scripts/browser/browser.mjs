// Chromium with axe, for the scripts beside this file. FERRY_TEST_BROWSER is the folder that scripts/browser/install has
// filled.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const require = createRequire(join(resolve(process.env.FERRY_TEST_BROWSER ?? "target/browser"), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 420, height: 900 };
export const A4 = { format: "A4", margin: { top: "15mm", bottom: "15mm", left: "12mm", right: "12mm" } };
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

function browserPath() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const found = paths.find(existsSync);
  if (!found) throw new Error("there is no Chromium in PATH: scripts/browser/install installs it");
  return found;
}

// Starts a browser with a profile of its own; `close` ends it.
export async function opened(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "ferry-browser-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: browserPath(), headless: true, args: FLAGS, ...options });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

// What axe finds wrong with a page as it is now.
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((it) => `axe: ${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
}
