// Opens pages in Chromium and checks what only a browser can tell: that the main figures lie in the first screen, that
// nothing is wider than a phone, that axe finds nothing on a light and on a dark screen, that a page can be printed, and
// that it asks the network for nothing.
//
//   FERRY_TEST_BROWSER=target/browser node scripts/browser/check.mjs [--shots FOLDER] PAGE...
//
// FERRY_TEST_BROWSER is the folder that scripts/browser/install has filled. Prints what is wrong, a line each, and ends
// with 1 if anything is.
import { mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { A4, DESK, PHONE, opened, violations } from "./browser.mjs";

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
  const pdf = await page.pdf({ ...A4, ...(shots && { path: join(shots, "page.pdf") }) });
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
const { context, close } = await opened();
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
await close();
console.log(isWrong ? "wrong" : `${pages.length} pages are fine`);
process.exit(isWrong ? 1 : 0);
