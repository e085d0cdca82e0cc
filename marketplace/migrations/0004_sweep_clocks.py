from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0003_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='SweepClock',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('booted_at', models.DateTimeField()),
                ('ahead_seconds', models.FloatField(default=0.0)),
                ('until', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(
                        condition=models.Q(
                            ('ahead_seconds', 0),
                            models.Q(('ahead_seconds__gt', 0), ('until__isnull', False)),
                            _connector='OR',
                        ),
                        name='sweep_clock_ahead_until_a_moment',
                    )
                ],
            },
        ),
    ]
