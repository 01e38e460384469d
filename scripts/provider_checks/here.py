"""How clients that know one address only are led to the sandbox."""

import urllib.parse

from requests.adapters import HTTPAdapter


class Here(HTTPAdapter):
    """Sends what is meant for a provider to the sandbox, counts it, and keeps the last status."""

    def __init__(self, url):
        super().__init__()
        self.url, self.n_calls, self.status = url, 0, None

    def send(self, request, **named):
        parts = urllib.parse.urlsplit(request.url)
        request.url = self.url + parts.path + (f"?{parts.query}" if parts.query else "")
        self.n_calls += 1
        answer = super().send(request, **named)
        self.status = answer.status_code
        return answer


def patient(sandbox, call, is_refusal, seconds):
    """Makes a call until it is not refused for its rate; the clock of the sandbox moves in between.

    Returns what it returned, and how often it was refused.
    """
    for n_refused in range(3):
        try:
            return call(), n_refused
        except Exception as error:
            if not is_refusal(error):
                raise
            sandbox.advance(seconds)
    raise AssertionError("refused three times, although the clock moved")
