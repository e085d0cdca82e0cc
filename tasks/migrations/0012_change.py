"""What nearly every submit writes, as functions of the database."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0011_limits")]
    operations = [
        migrations.RunSQL((SQL / "change.sql").read_text(), (SQL / "change_reverse.sql").read_text())
    ]
