"""The Django app `workers`: an umbrella of slices."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Registers the slices' models under one label."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"
