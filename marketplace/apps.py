"""The Django app `marketplace`: an umbrella of slices."""

from importlib import import_module

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Registers the slices' models under one label, and the Celery application with them."""

    name = "marketplace"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Background jobs asked for by the web process must find their application."""
        import_module("marketplace.celery")
