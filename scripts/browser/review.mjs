// Opens review pages in Chromium and taps through them: that a bubble carries what is submitted, that every choice on both
// sides leads on, that axe finds nothing on a light and on a dark screen, that nothing is wider than a phone, that the page
// is readable without its script and on paper, that it is quick, and that it asks the network for nothing.
//
//   FERRY_TEST_BROWSER=target/browser node scripts/browser/review.mjs [--shots FOLDER] PAGE...
//
// Beside PAGE.html, PAGE.json has the lines that are submitted: a list for each scenario, in the order of the page. Prints
// what is wrong, a line each, and ends with 1 if anything is.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { A4, DESK, PHONE, opened, violations } from "./browser.mjs";

// Limits the scenarios of a page that are tapped through; on a larger page a few are. Limits those that axe sees open at once.
const MOST_TAPPED = 100;
const FEW_TAPPED = 5;
const MOST_OPEN = 6;
// Limits in milliseconds. A page of 200 scenarios takes a fifth of them on a quiet machine.
const MOST_LOADING = 5_000;
const MOST_OPENING = 500;

// Each view on each size and in each colour scheme, though not all at once.
const SCREENS = [
  ["desk", DESK, "chat", "light"],
  ["desk", DESK, "steps", "dark"],
  ["phone", PHONE, "chat", "dark"],
  ["phone", PHONE, "steps", "light"],
];

async function loaded(context, url, wrong, options = {}) {
  const page = await context.newPage();
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) wrong.push(`asks for ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`a text has run: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  await page.setViewportSize(options.size ?? DESK);
  await page.goto(url);
  return page;
}

// The lines that the bubbles of each scenario carry.
function carried(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".scenario")].map((it) => [...it.querySelectorAll(".steps [data-text]")].map((it) => it.dataset.text)),
  );
}

// Taps every choice of a scenario once, on both sides, and says what does not lead on.
function tapped(page, n) {
  return page.evaluate((n) => {
    const wrong = [];
    const scenario = document.querySelectorAll(".scenario")[n];
    const start = performance.now();
    scenario.open = true;
    scenario.dispatchEvent(new Event("toggle"));
    const phones = [...scenario.querySelectorAll(".phone")];
    phones.forEach((it) => it.getBoundingClientRect());
    const took = performance.now() - start;
    if (phones.length !== 2) return { wrong: [`${scenario.id}: ${phones.length} chats`], took, n_taps: 0 };
    const lines = new Set([...scenario.querySelectorAll(".steps [data-text]")].map((it) => it.dataset.text));
    let n_taps = 0;
    for (const phone of phones) {
      const log = phone.querySelector(".log");
      const choices = () => [...log.querySelectorAll("button[data-next]:enabled"), ...phone.querySelectorAll(".chip")];
      const seen = new Set();
      const walk = (path) => {
        const all = choices();
        if (path > 30 || n_taps > 400) return;
        for (let k = 0; k < all.length; k += 1) {
          const choice = choices()[k];
          const key = [...log.children].filter((it) => it.className === "shown").at(-1)?.innerHTML + k;
          if (seen.has(key)) continue;
          seen.add(key);
          const before = log.children.length;
          choice.click();
          n_taps += 1;
          if (log.children.length < before + 2) wrong.push(`${scenario.id}: “${choice.textContent}” does not lead on`);
          if (!log.contains(document.activeElement)) wrong.push(`${scenario.id}: the focus is lost`);
          walk(path + 1);
          phone.querySelector(".back").click();
          if (log.children.length !== before) wrong.push(`${scenario.id}: “back” does not lead back`);
        }
      };
      walk(0);
      for (const button of log.querySelectorAll("button[data-note]")) {
        const before = log.children.length;
        button.click();
        if (log.children.length !== before + 1 || !log.lastElementChild.textContent) wrong.push(`${scenario.id}: “${button.textContent}” does nothing`);
      }
      for (const it of log.querySelectorAll("[data-text]")) {
        if (!lines.has(it.dataset.text)) wrong.push(`${scenario.id}: the chat carries another text`);
      }
    }
    scenario.open = false;
    return { wrong, took, n_taps };
  }, n);
}

async function overflow(page, name) {
  return page.evaluate((name) => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const all = [...document.querySelectorAll("body *")].filter((it) => !it.closest(".cards, .skip, .symbols"));
    const wider = all.filter((it) => it.getBoundingClientRect().right > width + 1).slice(0, 3);
    return [`${name}: wider than the page: ${wider.map((it) => it.outerHTML.slice(0, 90)).join(" | ")}`];
  }, name);
}

// Opens the scenarios that show most, in chats or step by step.
function show(page, view) {
  return page.evaluate(([view, most]) => {
    const all = [...document.querySelectorAll(".scenario")];
    const weight = (it) => it.querySelectorAll(".mark, .media, .cards, .sheet, ins").length;
    const some = [...all].sort((a, b) => weight(b) - weight(a)).slice(0, most);
    all.forEach((it) => (it.open = some.includes(it)));
    for (const it of some) {
      it.dispatchEvent(new Event("toggle"));
      it.querySelector(`[data-view="${view}"].view`).click();
      it.querySelectorAll(".sheet").forEach((it) => (it.open = true));
    }
  }, [view, MOST_OPEN]);
}

// Opens a scenario and answers with the keyboard alone.
async function byKeyboard(page) {
  const wrong = [];
  await page.locator(".scenario summary").first().focus();
  await page.keyboard.press("Enter");
  const phone = page.locator(".scenario").first().locator(".phone").last();
  await phone.waitFor();
  const choice = phone.locator("button[data-next]:enabled, .chip").first();
  if ((await choice.count()) === 0) return wrong;
  const before = await phone.locator(".log > *").count();
  for (let n = 0; n < 80; n += 1) {
    await page.keyboard.press("Tab");
    const it = await page.evaluate(() => {
      const it = document.activeElement;
      return { isChoice: it.matches(".phone.whatsapp button[data-next], .phone.whatsapp .chip"), outline: getComputedStyle(it).outlineStyle };
    });
    if (it.outline === "none") wrong.push("the focus is not visible");
    if (it.isChoice) break;
  }
  await page.keyboard.press("Enter");
  if ((await phone.locator(".log > *").count()) < before + 2) wrong.push("the keyboard does not lead on");
  return wrong;
}

async function withFilters(page) {
  const n = await page.locator(".scenario").count();
  await page.fill("#search", "no such text anywhere");
  const none = await page.locator(".scenario:visible").count();
  await page.fill("#search", "");
  await page.selectOption("#severity", "loss");
  const some = await page.locator(".scenario:visible").count();
  await page.selectOption("#severity", "");
  const all = await page.locator(".scenario:visible").count();
  const lost = await page.locator('.scenario[data-severities~="loss"]').count();
  return none === 0 && some === lost && all === n ? [] : [`filters: ${none}, ${some} of ${lost}, ${all} of ${n}`];
}

// Without its script the page shows every step.
async function withoutScript(url, wrong) {
  const { context, close } = await opened({ javaScriptEnabled: false });
  const page = await loaded(context, url, wrong);
  const scenario = page.locator(".scenario").first();
  if ((await page.locator(".scenario").count()) > 0) {
    await scenario.locator("summary").first().click();
    const n = await scenario.locator(".step").count();
    const shown = await scenario.locator(".step:visible").count();
    if (n === 0 || n !== shown) wrong.push(`without its script it shows ${shown} of ${n} steps`);
  }
  await close();
}

async function checked(context, path, shots) {
  const wrong = [];
  const url = pathToFileURL(resolve(path)).href;
  const page = await loaded(context, url, wrong);
  const loading = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
  if (loading > MOST_LOADING) wrong.push(`takes ${Math.round(loading)} ms to load`);
  const n = await page.locator(".scenario").count();
  const expected = path.replace(/html$/, "json");
  const lines = existsSync(expected) ? JSON.parse(readFileSync(expected, "utf8")) : [];
  const found = await carried(page);
  for (const [k, submitted] of lines.entries()) {
    if (JSON.stringify(found[k]) !== JSON.stringify(submitted)) {
      wrong.push(`scenario ${k + 1} carries ${JSON.stringify(found[k])} and not ${JSON.stringify(submitted)}`);
    }
  }
  let [slowest, n_taps] = [0, 0];
  for (let k = 0; k < (n > MOST_TAPPED ? FEW_TAPPED : n); k += 1) {
    const result = await tapped(page, k);
    wrong.push(...result.wrong);
    slowest = Math.max(slowest, result.took);
    n_taps += result.n_taps;
  }
  if (slowest > MOST_OPENING) wrong.push(`takes ${Math.round(slowest)} ms to open a scenario`);
  if (n > 0) wrong.push(...(await withFilters(page)), ...(await byKeyboard(page)));
  const size = Math.round(readFileSync(path).length / 1024);
  console.log(`${basename(path)}: ${n} scenarios, ${size} KB, loaded in ${Math.round(loading)} ms, opened in ${Math.round(slowest)} ms at most, ${n_taps} taps`);
  for (const [name, size, view, colorScheme] of SCREENS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await show(page, view);
    const screen = `${name} ${view} ${colorScheme}`;
    wrong.push(...(await overflow(page, screen)));
    if (shots) await page.screenshot({ path: join(shots, `${screen.replaceAll(" ", "-")}.png`), fullPage: true });
    if (n <= MOST_TAPPED) wrong.push(...(await violations(page)).map((it) => `${screen}: ${it}`));
  }
  if (n <= MOST_TAPPED) {
    await page.setViewportSize(DESK);
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    const pdf = await page.pdf({ ...A4, ...(shots && { path: join(shots, "page.pdf") }) });
    if (pdf.subarray(0, 5).toString() !== "%PDF-" || pdf.length < 5000) wrong.push("cannot be printed");
    const hidden = await page.evaluate(() => [...document.querySelectorAll(".step")].filter((it) => !it.checkVisibility()).length);
    if (hidden > 0) wrong.push(`${hidden} steps are not on paper`);
  }
  await page.close();
  await withoutScript(url, wrong);
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
try {
  for (const path of pages) {
    const folder = shots && join(shots, basename(path, ".html"));
    if (folder) mkdirSync(folder, { recursive: true });
    for (const line of await checked(context, path, folder)) {
      console.log(`${path}: ${line}`);
      isWrong = true;
    }
  }
} finally {
  await close();
}
console.log(isWrong ? "wrong" : `${pages.length} pages are fine`);
process.exit(isWrong ? 1 : 0);
