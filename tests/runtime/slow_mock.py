"""The mock engine in a child process, taking its time, so that it can be killed in the middle of a step."""

from __future__ import annotations

import time
from typing import Any

from runtime.child import Channel
from runtime.engines import host, mock
from runtime.engines.protocol import Draw, Request, Result

SECONDS = 0.01  # for each completion: what has been sent by then is little, and the others are not made yet


def serve(start: Any, channel: Channel) -> None:
    """As `runtime.engines.host` has it."""
    answer = mock.MockEngine._answer

    def slowly(engine: mock.MockEngine, request: Request) -> Result:
        if isinstance(request.task, Draw):
            time.sleep(SECONDS)
        return answer(engine, request)

    mock.MockEngine._answer = slowly  # type: ignore[method-assign]
    host._serve(start, channel)
