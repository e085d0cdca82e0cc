"""Addresses of the people's floor."""

from django.urls import include, path

from workers.pay import api as pay
from workers.profiles import api as profiles
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

urlpatterns = [path("api/v1/", include(api_v1))]
