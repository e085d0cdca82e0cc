import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0002_ledger_triggers'),
        ('tasks', '0007_lane_trigger'),
    ]

    operations = [
        migrations.AddField(
            model_name='fit',
            name='project',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='fits', to='marketplace.project'),
        ),
        migrations.RunSQL(
            'UPDATE tasks_fit f SET project_id = b.project_id FROM marketplace_batch b WHERE b.id = f.batch_id;'
            ' SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED',
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='fit',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='fits', to='marketplace.project'),
        ),
        migrations.AddIndex(
            model_name='fit',
            index=models.Index(fields=['project', '-fitted_at'], name='fit_of_project'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='marketplace.batch'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='tasks.task'),
        ),
        migrations.AlterField(
            model_name='answer',
            name='worker',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='workers.worker'),
        ),
        migrations.AlterField(
            model_name='consensus',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consensus', to='tasks.task'),
        ),
    ]
