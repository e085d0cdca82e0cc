"""Who is calling, with their profiles, in one statement that is planned once."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("workers", "0004_limits"), ("marketplace", "0001_initial")]
    operations = [
        migrations.RunSQL((SQL / "callers.sql").read_text(), (SQL / "callers_reverse.sql").read_text())
    ]
