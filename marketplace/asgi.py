"""HTTP by Django in threads, websockets by Channels on the loop; one server and one address for both."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template.loader import render_to_string
from django.urls import get_resolver
from django.utils.module_loading import import_string

from marketplace.core.bridge import Bridge, Limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django = get_wsgi_application()
# All that answers is read before the first request is taken. Otherwise a process that starts again beside
# others takes its share of the requests at once, and lets them wait while it reads.
answering = get_resolver().url_patterns
limits = Limits(
    threads=settings.WEB_THREADS,
    waiting=settings.WEB_WAITING,
    aside=frozenset({"/healthz"}),  # a process with much to do is alive
)
websocket_urlpatterns = import_string("tasks.routing.websocket_urlpatterns")

application = ProtocolTypeRouter(
    {
        "http": Bridge(django, limits, busy_page=render_to_string("503.html")),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
