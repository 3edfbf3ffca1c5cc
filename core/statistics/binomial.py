"""Exact binomial tails from the standard library, for what a page computes before numpy could be loaded."""

from math import exp, fsum, lgamma, log

NEGLIGIBLE = 1e-18  # of the largest term


def binomial_at_most(k: int, n: int, share: float) -> float:
    """Return the chance of at most `k` successes out of `n`; 0 for negative `k`, 1 for `k` of n or more."""
    if k < 0:
        return 0.0
    if k >= n or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    # The shorter, lower tail is summed downwards from its largest term; above the mean the complement is that tail.
    if k > n * share:
        return 1.0 - _falling_sum(n - k - 1, n, 1 - share)
    return _falling_sum(k, n, share)


def binomial_at_least(k: int, n: int, share: float) -> float:
    """Return the chance of at least `k` successes out of `n`."""
    return binomial_at_most(n - k, n, 1 - share)


def binomial_chance(k: int, n: int, share: float) -> float:
    """Return the chance of exactly `k` successes out of `n`, for a share between 0 and 1, both excluded."""
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) + (n - k) * log(1 - share))


def _falling_sum(k: int, n: int, share: float) -> float:
    """Return P(X <= k) for a `k` at or below the mean, where the terms fall towards zero."""
    term = largest = binomial_chance(k, n, share)
    odds = (1 - share) / share
    terms = []
    while k >= 0 and term > largest * NEGLIGIBLE:
        terms.append(term)
        term *= k / (n - k + 1) * odds
        k -= 1
    return min(1.0, fsum(terms))
