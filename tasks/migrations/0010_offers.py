from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0003_limits'),
        ('workers', '0004_limits'),
        ('tasks', '0009_hold'),
    ]

    operations = [
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='offer', serialize=False, to='marketplace.batch')),
                ('most_per_worker', models.PositiveIntegerField(null=True)),
                ('hourly_micros', models.BigIntegerField(default=0)),
                ('seconds_per_task', models.PositiveIntegerField(default=1)),
                ('measured', models.BooleanField(default=False)),
                ('tasks_left', models.PositiveIntegerField(default=0)),
                ('work_left', models.PositiveIntegerField(default=0)),
                ('near_place', models.BigIntegerField(default=0)),
                ('begun_place', models.BigIntegerField(default=0)),
                ('fresh_place', models.BigIntegerField(default=0)),
                ('newest_answer', models.BigIntegerField(default=0)),
                ('waits_seconds', models.FloatField(default=0.0)),
                ('lot', models.FloatField(default=0.0)),
                ('refreshed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('lot__gte', 0), ('waits_seconds__gte', 0)), name='offer_counts_nothing_below_zero')],
                'indexes': [
                    models.Index(condition=models.Q(('work_left__gt', 0)), fields=['-hourly_micros', '-batch'], name='offer_by_pay'),
                    models.Index(condition=models.Q(('work_left__gt', 0)), fields=['lot'], name='offer_by_lot'),
                ],
            },
        ),
        # small, and written all the time: swept early, and with room on its pages
        migrations.RunSQL(
            "ALTER TABLE tasks_offer SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05,"
            " autovacuum_vacuum_threshold = 200)",
            migrations.RunSQL.noop,
        ),
    ]
