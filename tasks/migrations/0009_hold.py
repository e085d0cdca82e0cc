"""Taking hold of what is answered, as functions of the database; and a referee that never reads all leases."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def written(name: str) -> migrations.RunSQL:
    """A file of SQL and what takes it back."""
    return migrations.RunSQL((SQL / f"{name}.sql").read_text(), (SQL / f"{name}_reverse.sql").read_text())


class Migration(migrations.Migration):
    dependencies = [("tasks", "0008_fits_of_projects"), ("workers", "0002_reliability_weights")]
    operations = [written("hold"), written("answer")]
