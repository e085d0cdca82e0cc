"""Ways into the product for the servers it is measured behind; the product's own is `marketplace.asgi`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

#: HTTP alone, for servers with threads
wsgi = get_wsgi_application()
#: HTTP alone, by Django's own ASGI handler
asgi = get_asgi_application()


def bridged() -> Any:
    """Websockets as the product has them, HTTP through WSGI in threads: one port for both."""
    # only this set-up needs it
    from a2wsgi import WSGIMiddleware  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    from marketplace.asgi import application as whole  # noqa: PLC0415

    threads = WSGIMiddleware(wsgi, workers=4)
    threads.executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="wsgi")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await (threads if scope["type"] == "http" else whole)(scope, receive, send)

    return application
