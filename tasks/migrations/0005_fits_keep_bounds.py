import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import marketplace.core.clock


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0002_ledger_triggers'),
        ('tasks', '0004_fits_of_the_blend'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='fit',
            constraint=models.CheckConstraint(
                condition=models.Q(('correlation__gte', 0), ('correlation__lte', 1)),
                name='correlation_between_0_and_1',
            ),
        ),
        migrations.CreateModel(
            name='Footing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=60)),
                ('answers_seen', models.PositiveBigIntegerField()),
                ('votes', models.PositiveBigIntegerField()),
                (
                    'worker_ids',
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    'verdict_task_ids',
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ('kept', models.BinaryField()),
                ('version', models.CharField(max_length=20)),
                ('fitted_at', models.DateTimeField(default=marketplace.core.clock.now)),
                (
                    'project',
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name='footings',
                        to='marketplace.project',
                    ),
                ),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(
                        fields=('project', 'question'), name='one_footing_per_project_and_question'
                    )
                ],
            },
        ),
    ]
