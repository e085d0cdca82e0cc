from django.db import migrations, models
from django.db.models import Q


def begin_at_the_beginning(apps, schema_editor):
    """A batch that is closing takes up the first step, as it would have before there were steps."""
    apps.get_model('marketplace', 'Batch').objects.filter(state='closing').update(closing_step='waiting')


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0002_ledger_triggers'),
    ]

    operations = [
        migrations.AddField(
            'client', 'most_live_batches', models.PositiveIntegerField(db_default=100, default=100)
        ),
        migrations.AddField('client', 'priority', models.FloatField(db_default=1.0, default=1.0)),
        migrations.AddField('batch', 'most_per_worker', models.PositiveIntegerField(null=True)),
        migrations.AddField(
            'batch', 'closing_step', models.CharField(blank=True, db_default='', default='', max_length=10)
        ),
        migrations.AddField('batch', 'tended_at', models.DateTimeField(null=True)),
        migrations.RunPython(begin_at_the_beginning, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            'batch',
            models.CheckConstraint(
                name='batch_closing_has_a_step',
                condition=Q(state='closing', closing_step__in=['waiting', 'estimating', 'clearing', 'paying'])
                | (~Q(state='closing') & Q(closing_step='')),
            ),
        ),
        migrations.AddConstraint(
            'batch',
            models.CheckConstraint(
                name='batch_lets_everybody_answer_something',
                condition=Q(most_per_worker__isnull=True) | Q(most_per_worker__gt=0),
            ),
        ),
        migrations.AddConstraint(
            'client',
            models.CheckConstraint(
                name='client_priority_above_zero', condition=Q(priority__gt=0, priority__lte=100)
            ),
        ),
        migrations.AddIndex(
            'batch', models.Index(name='batch_closing', fields=['id'], condition=Q(state='closing'))
        ),
    ]
