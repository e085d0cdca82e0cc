"""Who calls again need not be read again."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("workers", "0006_tells")]
    operations = [
        migrations.RunSQL(
            (SQL / "caller_versions.sql").read_text(), (SQL / "caller_versions_reverse.sql").read_text()
        )
    ]
