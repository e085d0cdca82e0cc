"""What may be claimed of a batch."""

from __future__ import annotations

import pytest

from tasks.quality.promise.certificate import certify


def test_it_expects_the_mean_of_the_confidences() -> None:
    certificate = certify([0.9, 0.8, 1.0])
    assert certificate.expected_accuracy == pytest.approx(0.9)
    assert certificate.accuracy_at_least is None


def test_an_audit_bounds_the_accuracy_whatever_the_model_claims() -> None:
    certificate = certify([1.0] * 100, audited=58, audited_right=58)
    assert certificate.accuracy_at_least == pytest.approx(0.95, abs=0.001)
    assert (certificate.audited, certificate.audited_right, certificate.tasks) == (58, 58, 100)


def test_it_says_nothing_of_an_empty_batch() -> None:
    assert certify([]).expected_accuracy is None


def test_it_refuses_an_audit_larger_than_the_batch() -> None:
    with pytest.raises(ValueError, match="audited"):
        certify([0.9], audited=2, audited_right=2)
