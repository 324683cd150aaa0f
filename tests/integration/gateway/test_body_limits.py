"""Bodies are bounded wherever anybody may send one, before anything is made of them."""

import pytest

from running_gateway import Caller
from spine import API_KEY

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("path", ["/node/v1/enrol", "/api/halt", "/api/resume"])
async def test_a_body_beyond_all_use_is_refused_unread(gateway: Caller, path: str) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    body = b" " * (1024 * 1024)
    async with gateway.http.post(gateway.url + path, data=body, headers=headers) as response:
        answer = await response.json()
    assert (response.status, answer["error"]["code"]) == (413, "BODY_TOO_LARGE")
