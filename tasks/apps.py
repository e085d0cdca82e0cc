"""The Django app `tasks`: an umbrella of slices."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Registers the slices' models under one label."""

    name = "tasks"
    default_auto_field = "django.db.models.BigAutoField"
