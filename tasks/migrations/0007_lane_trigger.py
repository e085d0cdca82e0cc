"""What is begun waits at the end of a lane; claiming, as functions of the database."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def written(name: str) -> migrations.RunSQL:
    """A file of SQL and what takes it back."""
    return migrations.RunSQL((SQL / f"{name}.sql").read_text(), (SQL / f"{name}_reverse.sql").read_text())


class Migration(migrations.Migration):
    dependencies = [("tasks", "0006_lanes_and_bookmarks")]
    operations = [written("lanes"), written("claim")]
