"""Addresses of the people's floor."""

from django.urls import include, path

from workers.pay import api as pay
from workers.pay import views as pay_pages
from workers.profiles import api as profiles
from workers.profiles import views as profile_pages
from workers.teams import api as teams

api_v1 = [
    path("me", teams.Me.as_view()),
    path("worker", profiles.Join.as_view()),
    path("earnings", pay.EarningsView.as_view()),
    path("earnings/statement", pay.EarningsStatement.as_view()),
    path("payouts", pay.Payouts.as_view()),
    path("operations/ledger", pay.Ledger.as_view()),
    path("operations/payouts/<str:payout>/<str:action>", pay.PayoutMove.as_view()),
]

urlpatterns = [
    path("api/v1/", include(api_v1)),
    path("worker/join", profile_pages.worker_join, name="worker-join"),
    path("earnings/payout", pay_pages.payout_request, name="payout-request"),
]
