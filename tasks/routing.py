"""Websocket addresses; found by name from marketplace.asgi."""

from django.urls import path

from tasks.disputes.consumers import DisputeStream

websocket_urlpatterns = [path("ws/disputes", DisputeStream.as_asgi())]  # type: ignore[arg-type]
