"""Addresses of claiming and answering: looked through before all others."""

from django.urls import path

from tasks.assignment import api as assignment
from tasks.flow import answer_api

urlpatterns = [
    path("work/claims", assignment.Claims.as_view()),
    path("assignments/<str:assignment>/submit", answer_api.Submit.as_view()),
    path("suites/<str:suite>/answers", answer_api.SuiteAnswers.as_view()),
]
