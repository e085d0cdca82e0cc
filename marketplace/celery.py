"""The Celery application: background jobs are wake-ups, the truth is in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("assay")
app.set_default()  # otherwise only for the thread that imports this, and requests are served by others
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.worker_consumer = "marketplace.core.consuming:Consumer"
app.autodiscover_tasks(
    [
        "marketplace.core",
        "marketplace.datasets",
        "tasks.assignment",
        "tasks.consensus",
        "tasks.disputes",
        "tasks.flow",
        "tasks.offers",
    ],
    related_name="background",
)
