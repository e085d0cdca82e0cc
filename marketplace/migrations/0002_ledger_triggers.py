"""The ledger's referees: balances follow postings, entries balance, nothing is changed."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial")]
    operations = [
        migrations.RunSQL((SQL / "ledger.sql").read_text(), (SQL / "ledger_reverse.sql").read_text())
    ]
