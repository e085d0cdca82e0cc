"""Addresses of this floor; the floors above are included by name."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from marketplace.accounts import api as accounts
from marketplace.clients import api as clients
from marketplace.core.views import healthz, readyz
from marketplace.datasets import api as datasets
from marketplace.projects import api as projects

api_v1 = [
    path("keys", accounts.Keys.as_view()),
    path("keys/<str:key>", accounts.Key.as_view()),
    path("clients", clients.Clients.as_view()),
    path("clients/<str:client>", clients.ClientDetail.as_view()),
    path("clients/<str:client>/deposits", clients.Deposits.as_view()),
    path("clients/<str:client>/statement", clients.Statement.as_view()),
    path("clients/<str:client>/projects", projects.Projects.as_view()),
    path("clients/<str:client>/datasets", datasets.Datasets.as_view()),
    path("projects/<str:project>", projects.ProjectDetail.as_view()),
    path("projects/<str:project>/guidelines", projects.Guidelines.as_view()),
    path("projects/<str:project>/batches", projects.Batches.as_view()),
    path("datasets/<str:dataset>", datasets.DatasetDetail.as_view()),
    path("datasets/<str:dataset>/rows", datasets.DatasetRows.as_view()),
    path("datasets/<str:dataset>/errors", datasets.DatasetErrors.as_view()),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include(api_v1)),
    path("", include("workers.urls")),
    path("", include("tasks.urls")),
    path("account/", include("allauth.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("admin/", admin.site.urls))
