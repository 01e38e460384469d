# Sends every kind of message that kapso builds to a port of this machine, and prints the name of each.
import asyncio, logging, sys
from kapso_whatsapp import WhatsAppClient
logging.disable(logging.CRITICAL)
NUMBER, TO, TRACK = "106540352242922", "+33199000001", "0197ab"
async def main():
    async with WhatsAppClient(access_token="x", base_url=f"http://127.0.0.1:{sys.argv[1]}") as client:
        text = lambda body, **more: client.messages.send_text(phone_number_id=NUMBER, to=TO, body=body, biz_opaque_callback_data=TRACK, **more)
        def template(*components):
            value = {"name": "order_shipped", "language": "fr", "components": list(components)}
            return client.messages.send_template(phone_number_id=NUMBER, to=TO, template=value, biz_opaque_callback_data=TRACK)
        t = lambda text, **more: {"type": "text", "text": text, **more}
        body = {"type": "body", "parameters": [t("Ana"), t("A-17")]}
        header = lambda p: {"type": "header", "parameters": [p]}
        button = lambda sub_type, index, p: {"type": "button", "sub_type": sub_type, "index": index, "parameters": [p]}
        cases = {
            "text": lambda: text("Bonjour\nAna"),
            "text with a preview": lambda: text("https://example.com", preview_url=True),
            "template": lambda: template(),
            "numbered variables": lambda: template(body),
            "named variables": lambda: template({"type": "body", "parameters": [t("Ana", parameter_name="name"), t("A-17", parameter_name="order")]}),
            "header text": lambda: template(header(t("Ana")), body),
            "header image by id": lambda: template(header({"type": "image", "image": {"id": "77"}}), body),
            "header image by link": lambda: template(header({"type": "image", "image": {"link": "https://example.com/a.jpg"}}), body),
            "header video": lambda: template(header({"type": "video", "video": {"id": "77"}}), body),
            "header document": lambda: template(header({"type": "document", "document": {"id": "77", "filename": "offre.pdf"}}), body),
            "quick reply button": lambda: template(body, button("quick_reply", 0, {"type": "payload", "payload": "STOP"})),
            "url button": lambda: template(body, button("url", 1, t("a?b=1"))),
            "flow button": lambda: template(body, button("flow", 0, {"type": "action", "action": {"flow_token": "t"}})),
        }
        for name, send in cases.items():
            await send()
            print(name)

asyncio.run(main())
