"""Counters that follow assignments; answers only from whoever holds the task, and final."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]
    operations = [
        migrations.RunSQL((SQL / "assignment.sql").read_text(), (SQL / "assignment_reverse.sql").read_text())
    ]
