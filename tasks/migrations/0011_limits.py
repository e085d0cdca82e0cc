"""How much may be held at once, and who sees to it; the crowd's page as a function of the database."""

import django.db.models.deletion
from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0003_limits"),
        ("workers", "0004_limits"),
        ("tasks", "0010_offers"),
    ]
    operations = [
        migrations.CreateModel(
            name="Ration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken", models.PositiveIntegerField()),
                ("most", models.PositiveIntegerField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="marketplace.batch",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workers.worker",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("worker", "batch"), name="one_ration_per_worker_and_batch"),
                    models.CheckConstraint(
                        condition=models.Q(("taken__lte", models.F("most"))),
                        name="nobody_takes_more_of_a_batch_than_allowed",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            "assignment",
            models.Index(
                condition=models.Q(("state", "claimed")),
                fields=["worker", "claimed_at"],
                name="assignment_held",
            ),
        ),
        migrations.AddIndex(
            "dispute",
            models.Index(
                condition=models.Q(("state", "claimed")), fields=["lease_expires_at"], name="dispute_lease_due"
            ),
        ),
        migrations.RunSQL((SQL / "limits.sql").read_text(), (SQL / "limits_reverse.sql").read_text()),
        migrations.RunSQL((SQL / "offers.sql").read_text(), (SQL / "offers_reverse.sql").read_text()),
    ]
