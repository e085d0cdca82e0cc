import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0002_ledger_triggers'),
        ('tasks', '0005_fits_keep_bounds'),
        ('workers', '0002_reliability_weights'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bookmark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('near_place', models.BigIntegerField(db_default=0, default=0)),
                ('begun_place', models.BigIntegerField(db_default=0, default=0)),
                ('fresh_place', models.BigIntegerField(db_default=0, default=0)),
                ('again_lane', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('again_place', models.BigIntegerField(db_default=0, default=0)),
                ('taken', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.batch')),
                ('worker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='bookmarks', to='workers.worker')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('batch', 'worker'), name='one_bookmark_per_worker_and_batch')],
            },
        ),
        migrations.RemoveIndex(model_name='task', name='task_wanted'),
        migrations.AddField(
            model_name='task',
            name='lane',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('wanted', True)), fields=['batch', 'is_gold', 'lane', 'place'], name='task_wanted'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('lane__in', [0, 1, 2])), name='task_lane_known'),
        ),
        migrations.AlterField(
            model_name='task',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='marketplace.batch'),
        ),
        migrations.AlterField(
            model_name='task',
            name='row',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='marketplace.row'),
        ),
        migrations.RemoveConstraint(model_name='task', name='one_task_per_row_and_batch'),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('row', 'batch'), name='one_task_per_row_and_batch'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='marketplace.batch'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='payment',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='marketplace.journalentry'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='worker',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='workers.worker'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='tasks.task'),
        ),
    ]
