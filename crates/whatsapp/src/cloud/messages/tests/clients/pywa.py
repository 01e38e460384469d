# Sends every kind of message that pywa builds to a port of this machine, and prints the name of each.
import logging, sys, warnings
import httpx
from pywa import WhatsApp
from pywa.types.templates import *
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
class Rewrite(httpx.HTTPTransport):
    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=int(sys.argv[1]))
        return super().handle_request(request)
wa = WhatsApp(phone_id="106540352242922", token="x", session=httpx.Client(transport=Rewrite()), server=None)
TO, USER, TRACK = "+33199000001", "FR.13491208655302741918", "0197ab"
L = TemplateLanguage.FRENCH
def template(*params, to=TO, **more):
    wa.send_template(to=to, name="order_shipped", language=L, params=list(params), tracker=TRACK, **more)
body = BodyText.params("Ana", "A-17")
cases = {
    "text": lambda: wa.send_message(to=TO, text="Bonjour\nAna", tracker=TRACK),
    "text with a preview": lambda: wa.send_message(to=TO, text="https://example.com", preview_url=True, tracker=TRACK),
    "text to a user id": lambda: wa.send_message(to=USER, text="Bonjour", tracker=TRACK),
    "template": lambda: template(),
    "numbered variables": lambda: template(body),
    "named variables": lambda: template(BodyText.params(name="Ana", order="A-17")),
    "template to a user id": lambda: template(body, to=USER),
    "header text": lambda: template(HeaderText.params("Ana"), body),
    "header image by id": lambda: template(HeaderImage.params(image="77"), body),
    "header image by link": lambda: template(HeaderImage.params(image="https://example.com/a.jpg"), body),
    "header video": lambda: template(HeaderVideo.params(video="77"), body),
    "header document": lambda: template(HeaderDocument.params(document="77", filename="offre.pdf"), body),
    "quick reply button": lambda: template(body, QuickReplyButton.params(callback_data="STOP", index=0)),
    "url button": lambda: template(body, URLButton.params(url_variable="a?b=1", index=1)),
    "code button": lambda: template(body, CopyCodeButton.params(coupon_code="NOEL25", index=2)),
    "flow button": lambda: template(body, FlowButton.params(index=0, flow_token="t")),
    "marketing": lambda: template(body, use_mm_lite_api=True, message_activity_sharing=False),
}
for name, send in cases.items():
    send()
    print(name)
