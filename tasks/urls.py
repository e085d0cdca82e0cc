"""Addresses of the work's floor."""

from django.urls import include, path

from tasks.answers import views as worker_pages
from tasks.assignment import api as assignment
from tasks.disputes import api as disputes
from tasks.disputes import views as expert_pages
from tasks.exports import api as exports
from tasks.flow import api as flow
from tasks.flow import views as flow_pages
from tasks.home import views as front
from tasks.offers import api as offers
from tasks.offers import views as offer_pages

api_v1 = [
    path("work", offers.Work.as_view()),
    path("assignments", assignment.Mine.as_view()),
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

pages = [
    path("", front.home, name="home"),
    path("demo/sign-in", front.demo_sign_in, name="demo-sign-in"),
    path("work", offer_pages.work, name="work"),
    path("work/<str:batch>", worker_pages.worker_screen, name="worker-screen"),
    path("earnings", worker_pages.earnings_page, name="earnings"),
    path("expert", expert_pages.expert_desk, name="expert-desk"),
    path("clients/<str:client>", flow_pages.client_home, name="client-home"),
    path("projects/<str:project>", flow_pages.project_page, name="project"),
    path("batches/<str:batch>", flow_pages.batch_page, name="batch"),
    path("batches/<str:batch>/export.<str:fmt>", flow_pages.batch_export, name="batch-export"),
    path("batches/<str:batch>/<str:action>", flow_pages.batch_act, name="batch-act"),
    path("vendors/<str:vendor>", flow_pages.vendor_roster, name="vendor-roster"),
    path("operator", flow_pages.operator_home, name="operator-home"),
    path("operator/deposits", flow_pages.operator_deposit, name="operator-deposit"),
    path("operator/payouts/<str:payout>/<str:action>", flow_pages.operator_payout, name="operator-payout"),
]

urlpatterns = [path("api/v1/", include(api_v1)), *pages]
