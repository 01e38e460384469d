// Sends every kind of message that whatsapp-api-js builds to a port of this machine, and prints the name of each.
import { WhatsAppAPI } from "whatsapp-api-js";
import * as m from "whatsapp-api-js/messages";
const target = `http://127.0.0.1:${process.argv.at(-1)}`;
const toTest = (url, options) => fetch(url.replace("https://graph.facebook.com", target), options);
const wa = new WhatsAppAPI({ token: "x", appSecret: "x", secure: false, v: "v26.0", ponyfill: { fetch: toTest, subtle: null } });
const NUMBER = "106540352242922", TO = "+33199000001", USER = "FR.13491208655302741918", TRACK = "0197ab";
const send = (message, to = { phone: TO }) => wa.sendMessage(NUMBER, to, message, undefined, TRACK);
const template = (...components) => new m.Template("order_shipped", "fr", ...components);
const body = () => new m.BodyComponent(new m.BodyParameter("Ana"), new m.BodyParameter("A-17"));
const header = (p) => new m.HeaderComponent(new m.HeaderParameter(p));
const cases = {
  "text": () => send(new m.Text("Bonjour\nAna")),
  "text with a preview": () => send(new m.Text("https://example.com", true)),
  "text to a user id": () => send(new m.Text("Bonjour"), { bsuid: USER }),
  "template": () => send(template()),
  "numbered variables": () => send(template(body())),
  "named variables": () => send(template(new m.BodyComponent(new m.BodyParameter("Ana", "name"), new m.BodyParameter("A-17", "order")))),
  "template to a user id": () => send(template(body()), { bsuid: USER }),
  "header text": () => send(template(header("Ana"), body())),
  "header image by id": () => send(template(header(new m.Image("77", true)), body())),
  "header image by link": () => send(template(header(new m.Image("https://example.com/a.jpg")), body())),
  "header video": () => send(template(header(new m.Video("77", true)), body())),
  "header document": () => send(template(header(new m.Document("77", true, undefined, "offre.pdf")), body())),
  "quick reply button": () => send(template(body(), new m.PayloadComponent("STOP"))),
  "url button": () => send(template(body(), new m.SkipButtonComponent(), new m.URLComponent("a?b=1"))),
  "code button": () => send(template(body(), new m.SkipButtonComponent(), new m.SkipButtonComponent(), new m.CopyComponent("NOEL25"))),
  "flow button": () => send(template(body(), new m.FlowComponent("t", undefined))),
};
for (const [name, run] of Object.entries(cases)) {
  await run();
  console.log(name);
}
