"""The official client of Viber's bots: https://pypi.org/project/viberbot/ 1.0.12."""

from viberbot import Api
from viberbot.api.bot_configuration import BotConfiguration

from .sandbox import equal


def client(sandbox, token):
    api = Api(BotConfiguration(name="MaMarque", avatar="", auth_token=token))
    api._request_sender._viber_bot_api_url = sandbox.url + "/pa"
    return api


def check(sandbox, _):
    api = client(sandbox, sandbox.token)
    ledger = {key: row["status"] for key, row in sandbox.rows("viber", "subscribers").items()}
    ids = sorted(ledger)

    read = {}
    while len(read) < len(ids):
        left = [it for it in ids if it not in read][:100]
        users = {it["id"]: it["online_status"] for it in api.get_online(left)}
        assert users.keys() == set(left)
        # 3 is "try later".
        read.update((key, "unavailable" if it == 4 else "subscribed") for key, it in users.items() if it != 3)
    n_rows = equal("subscribers", read, ledger)
    assert api.get_account_info()["subscribers_count"] == list(ledger.values()).count("subscribed")

    subscriber = next(it for it in ids if ledger[it] == "subscribed")
    assert [api.get_user_details(subscriber)["id"] for _ in range(2)] == [subscriber] * 2
    assert "status: 12" in failure(lambda: api.get_user_details(subscriber))
    gone = next(it for it in ids if ledger[it] == "unavailable")
    assert "status: 6" in failure(lambda: api.get_user_details(gone))
    assert "status: 2" in failure(lambda: client(sandbox, "wrong").get_online(ids[:1]))
    return n_rows


def failure(call):
    try:
        call()
    except Exception as error:
        return str(error)
    return ""
