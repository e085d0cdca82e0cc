from django.db import migrations, models


def forget_fits(apps, schema_editor):
    """Fits are estimates, made anew from the answers; the old ones lack what the live step needs now."""
    apps.get_model('tasks', 'Fit').objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0003_skipped_assignments'),
    ]

    operations = [
        migrations.RunPython(forget_fits, forget_fits, elidable=True),
        migrations.RemoveField(model_name='fit', name='n_iter'),
        migrations.RemoveField(model_name='fit', name='prior'),
        migrations.AddField(
            model_name='fit',
            name='newcomer',
            field=models.JSONField(default=list),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='fit',
            name='log_prior',
            field=models.JSONField(default=list),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='fit',
            name='correlation',
            field=models.FloatField(default=0.0),
            preserve_default=False,
        ),
        migrations.AddField(model_name='fit', name='members', field=models.JSONField(default=dict)),
        migrations.AddField(model_name='fit', name='gold_tasks', field=models.PositiveIntegerField(default=0)),
        migrations.AddField(model_name='fit', name='held_out', field=models.JSONField(default=list)),
        migrations.AddField(
            model_name='fit', name='held_out_votes', field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(model_name='fit', name='plan', field=models.JSONField(null=True)),
    ]
