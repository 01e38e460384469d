"""The official client of Sinch: https://pypi.org/project/sinch/ 2.3.0. It has no method for lists of refusals: its own
transport makes those calls, with its tokens."""

import importlib
import logging

from .sandbox import equal

# This file has the name of the package.
sinch = importlib.import_module("sinch")
contacts = importlib.import_module("sinch.domains.conversation.api.v1.internal.contacts_endpoints")
request = importlib.import_module("sinch.domains.conversation.models.v1.contacts.internal.list_contacts_request")


def check(sandbox, _):
    client = connect(sandbox, sandbox.token)
    read = {}
    for it in client.conversation.contacts.list(page_size=20).iterator():
        read[it.id] = f"+{it.channel_identities[0].identity}"
    rows = sandbox.rows("sinch", "contacts").items()
    n_rows = equal("contacts", read, {key: row["phone"] for key, row in rows})

    # The token expires, and the client asks for another.
    sandbox.advance(3600)
    rows = sandbox.rows("sinch", "consents").values()
    for name in ("OPT_OUT_ALL", "OPT_OUT_MARKETING", "OPT_OUT_NOTIFICATION"):
        found = refused(client, name)
        expected = {row["phone"].removeprefix("+"): 0 for row in rows if row["status"] == name}
        n_rows += equal(name, dict.fromkeys(found, 0), expected)
        assert len(found) == len(expected)
    tokens = [it for it in sandbox.calls("sinch") if it["path"] == "/oauth2/token"]
    assert [it["status"] for it in tokens] == [200, 200]
    logging.disable()
    try:
        connect(sandbox, "wrong").conversation.contacts.list()
        raise AssertionError("a wrong secret was accepted")
    except sinch.core.exceptions.SinchException:
        return n_rows


def connect(sandbox, secret):
    client = sinch.SinchClient(project_id="p", key_id="key", key_secret=secret, conversation_region="eu")
    client.configuration.auth_origin = sandbox.url
    client.configuration.conversation_origin = sandbox.url
    return client


def refused(client, name):
    """The numbers of a list."""

    class List(contacts.ListContactsEndpoint):
        ENDPOINT_URL = "{origin}/v1/projects/{project_id}/apps/app/consents/" + name

        def handle_response(self, response):
            assert response.status_code == 200, response.body
            return response.body

    numbers, token = [], None
    while True:
        asked = request.ListContactsRequest(page_size=50, page_token=token)
        body = client.configuration.transport.request(List("p", asked))
        numbers += [it["identity"] for it in body["identities"]]
        token = body["next_page_token"]
        if not token:
            return numbers
