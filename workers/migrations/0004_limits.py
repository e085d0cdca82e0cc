from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workers', '0003_reliability_from_two_numbers'),
    ]

    operations = [
        migrations.AddField(
            'worker', 'most_leases', models.PositiveIntegerField(db_default=100, default=100)
        ),
        migrations.AddField(
            'vendor', 'most_leases', models.PositiveIntegerField(db_default=5000, default=5000)
        ),
        migrations.AddField('vendor', 'leases_seen', models.PositiveIntegerField(db_default=0, default=0)),
    ]
