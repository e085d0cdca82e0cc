"""Addresses of the work's floor."""

from django.urls import include, path

from tasks.assignment import api as assignment
from tasks.disputes import api as disputes
from tasks.exports import api as exports
from tasks.flow import api as flow

api_v1 = [
    path("work", assignment.Work.as_view()),
    path("work/claims", assignment.Claims.as_view()),
    path("assignments", assignment.Mine.as_view()),
    path("assignments/<str:assignment>/submit", flow.Submit.as_view()),
    path("assignments/<str:assignment>/return", assignment.Return.as_view()),
    path("batches/<str:batch>", flow.BatchDetail.as_view()),
    path("batches/<str:batch>/results", exports.Results.as_view()),
    path("batches/<str:batch>/export", exports.Export.as_view()),
    path("batches/<str:batch>/<str:action>", flow.BatchAct.as_view()),
    path("disputes", disputes.Disputes.as_view()),
    path("disputes/events", disputes.DisputeEvents.as_view()),
    path("disputes/<str:dispute>/claim", disputes.DisputeClaim.as_view()),
    path("disputes/<str:dispute>/release", disputes.DisputeRelease.as_view()),
    path("disputes/<str:dispute>/decide", flow.Decide.as_view()),
    path("vendors/<str:vendor>", flow.VendorRoster.as_view()),
]

urlpatterns = [path("api/v1/", include(api_v1))]
