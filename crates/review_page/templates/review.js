"use strict";
// Makes chats of the steps that the page shows one below the other. A chat copies steps and follows their data-next;
// it has no rules of its own. Without this script the page stays readable.

const phone = document.getElementById("phone");

// Limits the steps that follow each other without the customer: more are a circle.
const MOST_STEPS = 50;

function made(tag, name, text) {
  const it = document.createElement(tag);
  it.className = name;
  it.textContent = text;
  return it;
}

// One side of a scenario as a chat.
class Chat {
  constructor(scenario, begins) {
    const name = begins.dataset.side;
    this.root = phone.content.firstElementChild.cloneNode(true);
    this.root.classList.add(name);
    this.bar = this.root.querySelector(".bar");
    this.log = this.root.querySelector(".log");
    this.chips = this.root.querySelector(".chips");
    this.begins = begins;
    this.steps = new Map();
    for (const step of scenario.querySelectorAll(`.side.${name} .step`)) this.steps.set(step.dataset.step, step);
    this.bar.textContent = begins.dataset.label;
    this.log.setAttribute("aria-label", phone.dataset.chat.replace("{0}", begins.dataset.label));
    this.taken = [];
    this.values = new Map();
    this.saves = undefined;
    this.root.querySelector(".back").addEventListener("click", () => this.back());
    this.root.querySelector(".again").addEventListener("click", () => this.again());
    this.replay();
  }

  again() {
    this.taken = [];
    this.replay();
    this.log.focus();
  }

  back() {
    this.taken.pop();
    this.replay();
    this.log.focus();
  }

  // Shows the chat from its beginning, as far as the answers lead.
  replay() {
    this.log.replaceChildren();
    this.values.clear();
    const begins = this.begins.querySelector(".begins");
    if (begins) this.log.append(...begins.cloneNode(true).children);
    this.go(this.begins.dataset.start);
    for (const answer of this.taken) this.follow(answer);
    this.finish(this.log.querySelector(".shown:last-of-type"));
  }

  // The customer answers, or something else happens.
  take(answer) {
    this.taken.push(answer);
    const last = this.log.lastElementChild;
    this.follow(answer);
    this.finish(last?.nextElementSibling);
    const next = last?.nextElementSibling?.nextElementSibling ?? this.log.lastElementChild;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }

  follow({ says, value, isEvent, next }) {
    if (this.saves && value !== undefined) this.values.set(this.saves, value);
    for (const tap of this.log.querySelectorAll("button[data-next]")) tap.disabled = true;
    const said = made("p", isEvent ? "event" : "me", says);
    said.dir = "auto";
    this.log.append(said);
    this.go(next);
  }

  // Shows a step, and those that follow it at once.
  go(id) {
    this.chips.replaceChildren();
    this.saves = undefined;
    for (let n = 0; n < MOST_STEPS; n += 1) {
      const step = this.steps.get(id);
      if (!step) return this.log.append(made("p", "event", phone.dataset.ends));
      this.log.append(this.copied(step));
      if (step.dataset.then === undefined) return this.offer(step);
      id = step.dataset.then;
    }
    this.log.append(made("p", "event", phone.dataset.circle));
  }

  // A copy of a step whose choices can be tapped.
  copied(step) {
    const copy = made("div", "shown", "");
    for (const part of step.querySelectorAll(":scope > .said, :scope > .flag, :scope > .marks")) {
      copy.append(...(part.className === "said" ? part.cloneNode(true).childNodes : [part.cloneNode(true)]));
    }
    for (const it of copy.querySelectorAll(".v[data-slot]")) {
      const value = this.values.get(it.dataset.slot);
      if (value !== undefined) it.querySelector(".ex").textContent = value;
    }
    for (const sheet of copy.querySelectorAll(".sheet")) {
      sheet.addEventListener("toggle", () => sheet.open && sheet.scrollIntoView({ block: "nearest" }));
    }
    for (const tap of copy.querySelectorAll(".tap")) {
      const button = made("button", tap.className, "");
      button.type = "button";
      Object.assign(button.dataset, tap.dataset);
      button.append(...tap.childNodes);
      const says = button.querySelector(".title").textContent;
      button.addEventListener("click", () => this.tapped(button, says));
      tap.replaceWith(button);
    }
    return copy;
  }

  tapped(button, says) {
    const { next, value } = button.dataset;
    if (next !== undefined) return this.take({ says, value: value ?? says, isEvent: false, next });
    const note = made("p", "event", button.dataset.note);
    note.dir = "auto";
    this.log.append(note);
    note.scrollIntoView({ block: "nearest" });
  }

  // Offers the ways on that are no buttons.
  offer(step) {
    this.saves = step.dataset.saves;
    for (const way of step.querySelectorAll(":scope > .ways > .way")) {
      const says = way.firstElementChild.textContent;
      const isEvent = way.classList.contains("by-event");
      const item = document.createElement("li");
      const button = made("button", `chip ${isEvent ? "event" : "answer"}`, says);
      button.type = "button";
      button.dir = "auto";
      button.addEventListener("click", () => this.take({ says, isEvent, next: way.dataset.next }));
      item.append(button);
      this.chips.append(item);
    }
  }

  // Shows the newest messages; if they are longer than the screen, from `first` on.
  finish(first) {
    this.root.querySelector(".back").disabled = this.taken.length === 0;
    this.root.querySelector(".again").disabled = this.taken.length === 0;
    this.first = this.taken.length > 0 ? first : undefined;
    this.scroll();
  }

  scroll() {
    this.log.scrollTop = this.first ? this.first.offsetTop - this.log.offsetTop - 8 : 0;
  }
}

// Makes the chats of a scenario when it is opened for the first time.
function prepare(scenario) {
  const phones = scenario.querySelector(".phones");
  if (phones.children.length > 0) return;
  for (const begins of scenario.querySelectorAll(".row.first > .side")) phones.append(new Chat(scenario, begins).root);
}

for (const scenario of document.querySelectorAll(".scenario")) {
  scenario.dataset.view = "chat";
  scenario.addEventListener("toggle", () => scenario.open && prepare(scenario));
  for (const button of scenario.querySelectorAll(".view")) {
    button.addEventListener("click", () => {
      scenario.dataset.view = button.dataset.view;
      for (const it of scenario.querySelectorAll(".view")) it.setAttribute("aria-pressed", String(it === button));
    });
  }
}

// Opens the scenario that the address names.
function open() {
  const scenario = document.getElementById(location.hash.slice(1));
  if (!scenario?.classList.contains("scenario")) return;
  prepare(scenario);
  scenario.open = true;
  scenario.scrollIntoView();
  scenario.querySelector("summary").focus({ preventScroll: true });
}

// Shows the scenarios that the filters let through.
function filter() {
  const [search, severity, state] = ["search", "severity", "state"].map((id) => document.getElementById(id).value);
  const wanted = search.trim().toLowerCase();
  let [n, all] = [0, 0];
  for (const item of document.querySelectorAll(".list > li")) {
    const scenario = document.getElementById(item.dataset.for);
    const has = (list, value) => value === "" || list.split(" ").includes(value);
    scenario.words ??= scenario.textContent.toLowerCase();
    const isShown = has(scenario.dataset.severities, severity) && has(scenario.dataset.states, state) && scenario.words.includes(wanted);
    item.hidden = !isShown;
    scenario.hidden = !isShown;
    all += 1;
    n += Number(isShown);
  }
  const shown = document.getElementById("shown");
  shown.textContent = n === 0 ? shown.dataset.none : shown.dataset.shown.replace("{0}", n).replace("{1}", all);
}

document.documentElement.classList.add("js");
document.getElementById("filters")?.addEventListener("input", filter);
document.getElementById("filters")?.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", open);
open();
