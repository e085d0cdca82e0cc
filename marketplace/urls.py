"""Addresses of this floor; the floors above are included by name."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from marketplace.accounts import api as accounts
from marketplace.accounts import views as account_pages
from marketplace.clients import api as clients
from marketplace.clients import views as client_pages
from marketplace.core.views import healthz, readyz
from marketplace.datasets import api as datasets
from marketplace.datasets import views as dataset_pages
from marketplace.projects import api as projects
from marketplace.projects import schema_api as schemas
from marketplace.projects import views as project_pages

handler400 = "marketplace.core.views.bad_request"
handler404 = "marketplace.core.views.page_not_found"
handler500 = "marketplace.core.views.server_error"

api_v1 = [
    path("keys", accounts.Keys.as_view()),
    path("keys/<str:key>", accounts.Key.as_view()),
    path("clients", clients.Clients.as_view()),
    path("clients/<str:client>", clients.ClientDetail.as_view()),
    path("clients/<str:client>/deposits", clients.Deposits.as_view()),
    path("clients/<str:client>/statement", clients.Statement.as_view()),
    path("clients/<str:client>/projects", projects.Projects.as_view()),
    path("clients/<str:client>/datasets", datasets.Datasets.as_view()),
    path("schemas/label-studio", schemas.FromLabelStudio.as_view()),
    path("projects/<str:project>", projects.ProjectDetail.as_view()),
    path("projects/<str:project>/guidelines", projects.Guidelines.as_view()),
    path("projects/<str:project>/batches", projects.Batches.as_view()),
    path("datasets/<str:dataset>", datasets.DatasetDetail.as_view()),
    path("datasets/<str:dataset>/rows", datasets.DatasetRows.as_view()),
    path("datasets/<str:dataset>/errors", datasets.DatasetErrors.as_view()),
]

# Swagger UI writes style attributes; nothing else of ours needs them.
api_docs = csp_update({"style-src": [SELF, UNSAFE_INLINE]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

pages = [
    path("account/keys", account_pages.account_keys, name="account-keys"),
    path("account/keys/<str:key>/revoke", account_pages.account_key_revoke, name="account-key-revoke"),
    path("clients/new", client_pages.client_new, name="client-new"),
    path("clients/<str:client>/deposit", client_pages.client_deposit, name="client-deposit"),
    path("clients/<str:client>/projects/new", project_pages.project_new, name="project-new"),
    path("clients/<str:client>/datasets/new", dataset_pages.dataset_new, name="dataset-new"),
    path("datasets/<str:dataset>", dataset_pages.dataset_page, name="dataset"),
    path("projects/<str:project>/batches/new", project_pages.batch_new, name="batch-new"),
    path("projects/<str:project>/quote", project_pages.batch_quote, name="batch-quote"),
]

urlpatterns = [
    path("api/v1/", include("tasks.work_urls")),  # asked for more often than all others together
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", api_docs, name="api-docs"),
    path("api/v1/", include(api_v1)),
    path("", include(pages)),
    path("", include("workers.urls")),
    path("", include("tasks.urls")),
    path("account/", include("allauth.urls")),
]
