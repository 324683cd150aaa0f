"""The floor: an ordinary FastAPI handler that validates the same model, stores nothing and answers as much.

python benchmarks/floor.py PORT. The server settings are those of `argos.entries.gateway`.
"""

import sys

import uvicorn
from fastapi import FastAPI

from argos.protocol.intent_body import IntentBody

app = FastAPI(title="floor")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/floor", status_code=202)
async def floor(body: IntentBody) -> dict[str, str | None]:
    return {
        "status": "accepted",
        "intent_id": "01999b2e-5a70-5c11-9d2a-3f5de1c0a001",
        "event_id": body.event_id,
        "trade_id": body.trade_id,
        "received_at": "2026-11-21T07:00:00.000000Z",
        "alert_id": "01999b2e-5a70-7c11-9d2a-3f5de1c0a002",
    }


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=65,
    )
