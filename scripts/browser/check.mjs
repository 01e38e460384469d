// Opens pages in Chromium and checks what only a browser can tell: that the main figures lie in the first screen, that
// nothing is wider than a phone, that axe finds nothing on a light and on a dark screen, that a page can be printed, and
// that it asks the network for nothing.
//
//   FERRY_TEST_BROWSER=target/browser node scripts/browser/check.mjs [--shots FOLDER] PAGE...
//
// FERRY_TEST_BROWSER is the folder that scripts/browser/install has filled. Prints what is wrong, a line each, and ends
// with 1 if anything is.
import { mkdtempSync, mkdirSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(resolve(process.env.FERRY_TEST_BROWSER ?? "target/browser"), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 420, height: 900 };
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

// The boxes of the main figures, which must lie in the first screen.
async function figuresOutside(page) {
  return page.evaluate(({ width, height }) => {
    const figures = [...document.querySelectorAll(".lead, .tile, .tile .figure")];
    if (document.querySelectorAll(".tile").length !== 8) return ["there are not 8 figures"];
    const isOutside = (it) => {
      const box = it.getBoundingClientRect();
      return box.top < 0 || box.left < 0 || box.right > width || box.bottom > height || box.width === 0;
    };
    const place = (it) => JSON.stringify(it.getBoundingClientRect());
    return figures.filter(isOutside).map((it) => `not in the first screen: ${it.innerText.split("\n")[0]} ${place(it)}`);
  }, DESK);
}

// What is wider than the page, and tables that scroll without a hint.
async function overflow(page) {
  return page.evaluate(() => {
    const wide = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
      const all = [...document.querySelectorAll("body *")].filter((it) => !it.closest(".scroll") && !it.closest(".skip"));
      const wider = all.filter((it) => it.getBoundingClientRect().right > width + 1).slice(0, 3);
      wide.push(`wider than the page: ${wider.map((it) => it.outerHTML.slice(0, 80)).join(" | ")}`);
    }
    for (const it of document.querySelectorAll(".scroll")) {
      const isHinted = it.querySelector(".hint").getBoundingClientRect().height > 10;
      const isReachable = it.tabIndex === 0 && it.getAttribute("role") === "region" && it.getAttribute("aria-label");
      const doesScroll = it.scrollWidth > it.clientWidth;
      if (doesScroll !== isHinted || !isReachable) wide.push(`hint ${isHinted}, scrolls ${doesScroll}: ${it.ariaLabel}`);
    }
    return wide;
  });
}

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((it) => `axe: ${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
}

async function checked(context, path, shots) {
  const wrong = [];
  const url = pathToFileURL(resolve(path)).href;
  const page = await context.newPage();
  page.on("request", (request) => {
    if (request.url() !== url) wrong.push(`asks for ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  await page.setViewportSize(DESK);
  await page.goto(url);
  wrong.push(...(await figuresOutside(page)));
  for (const [name, size] of [["desk", DESK], ["phone", PHONE]]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const shot = (end) => ({ path: join(shots, `${name}-${colorScheme}${end}.png`) });
      if (shots) await page.screenshot({ ...shot(""), fullPage: true });
      if (shots) await page.screenshot(shot("-first"));
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      wrong.push(...(await violations(page)).map((it) => `${name} ${colorScheme}: ${it}`));
      wrong.push(...(await overflow(page)).map((it) => `${name}: ${it}`));
      await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = false)));
    }
  }
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  const pdf = await page.pdf({ format: "A4", margin: { top: "15mm", bottom: "15mm", left: "12mm", right: "12mm" }, ...(shots && { path: join(shots, "page.pdf") }) });
  if (pdf.subarray(0, 5).toString() !== "%PDF-" || pdf.length < 5000) wrong.push("cannot be printed");
  await page.close();
  return [...new Set(wrong)];
}

const pages = process.argv.slice(2);
let shots = null;
if (pages[0] === "--shots") {
  shots = resolve(pages[1]);
  pages.splice(0, 2);
}
const profile = mkdtempSync(join(tmpdir(), "ferry-browser-"));
const context = await chromium.launchPersistentContext(profile, { executablePath: browserPath(), headless: true, args: FLAGS });
let isWrong = false;
for (const path of pages) {
  const name = basename(dirname(resolve(path)));
  const folder = shots && (pages.length > 1 ? join(shots, name) : shots);
  if (folder) mkdirSync(folder, { recursive: true });
  for (const line of await checked(context, path, folder)) {
    console.log(`${path}: ${line}`);
    isWrong = true;
  }
}
await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(isWrong ? "wrong" : `${pages.length} pages are fine`);
process.exit(isWrong ? 1 : 0);
