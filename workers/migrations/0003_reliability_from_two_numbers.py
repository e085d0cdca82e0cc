from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('workers', '0002_reliability_weights'),
    ]

    operations = [
        migrations.RemoveField(model_name='reliability', name='accuracy'),
        migrations.RemoveField(model_name='reliability', name='low'),
        migrations.RemoveField(model_name='reliability', name='high'),
    ]
