"""Intervals of paired differences from SciPy and from a numpy statement of the two-level bootstrap, for
libs/metrics/src/bootstrap.spec.ts; with --coverage, how often those intervals hold the truth (the table of libs/metrics/README.md).

    pip install scipy==1.17.1 numpy
    python tools/parity/metrics_bootstrap.py libs/metrics/src/fixtures/bootstrap.json
    python tools/parity/metrics_bootstrap.py --coverage
"""

import json
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)


def runs(seeds, questions, gain, asked=1.0):
    """Right or wrong answers of two models: hard questions are hard for both and in every seed. NaN: not asked."""
    hardness = rng.normal(0, 1, questions)
    luck = rng.normal(0, 0.3, (2, seeds, 1))
    logits = luck - hardness + np.array([gain, 0])[:, None, None]
    answers = (rng.random((2, seeds, questions)) < 1 / (1 + np.exp(-logits))).astype(float)
    left_out = rng.random((seeds, questions)) >= asked
    left_out[np.arange(questions) % seeds, np.arange(questions)] = False  # somebody asks it
    answers[:, left_out] = np.nan
    return answers


def mean_of_draw(table, seeds, questions):
    """Mean over drawn seeds of the mean over their drawn questions."""
    return np.nanmean(table[np.ix_(seeds, questions)], axis=1).mean()


def two_level(table, replicates):
    seeds, questions = table.shape
    draws = (
        mean_of_draw(table, rng.integers(0, seeds, seeds), rng.integers(0, questions, questions))
        for _ in range(replicates)
    )
    return np.percentile(np.fromiter(draws, float), [2.5, 97.5])


def as_pairs(answers):
    first, second = answers
    return [
        {
            "seed": s,
            "first": {f"q{q}": v for q, v in enumerate(first[s]) if not np.isnan(v)},
            "second": {f"q{q}": v for q, v in enumerate(second[s]) if not np.isnan(v)},
        }
        for s in range(len(first))
    ]


def case(name, seeds, questions, gain, asked=1.0):
    answers = runs(seeds, questions, gain, asked)
    table = answers[0] - answers[1]
    difference, by_question = np.nanmean(table, axis=1).mean(), np.nanmean(table, axis=0)
    draws = [(rng.integers(0, seeds, seeds), rng.integers(0, questions, questions)) for _ in range(3)]
    if seeds == 1:
        found = stats.bootstrap((table[0],), np.mean, n_resamples=100_000, method="percentile", rng=rng)
        interval = [found.confidence_interval.low, found.confidence_interval.high]
    else:
        interval = two_level(table, 40_000)
    return {
        "name": name,
        "pairs": as_pairs(answers),
        "difference": float(difference),
        "standardised": float(difference / by_question.std(ddof=1)),
        "interval": [float(end) for end in interval],
        "draws": [
            {"seeds": s.tolist(), "questions": q.tolist(), "mean": float(mean_of_draw(table, s, q))} for s, q in draws
        ],
    }


def two_metrics(replicates=40_000):
    """The mean of a metric over 50 and one over 20 questions: seeds are drawn for both together, questions for each."""
    answers = [runs(3, 50, 0.4), runs(3, 20, 0.8)]
    tables = [a[0] - a[1] for a in answers]

    def resample():
        seeds = rng.integers(0, 3, 3)
        return np.mean([mean_of_draw(t, seeds, rng.integers(0, t.shape[1], t.shape[1])) for t in tables])

    interval = np.percentile([resample() for _ in range(replicates)], [2.5, 97.5])
    return {
        "strata": [as_pairs(a) for a in answers],
        "difference": float(np.mean([t.mean() for t in tables])),
        "interval": [float(end) for end in interval],
    }


def over_seeds():
    differences = rng.normal(0.5, 1, 5)
    test = stats.ttest_rel(differences, np.zeros(5))
    interval = test.confidence_interval(0.95)
    return {"differences": differences.tolist(), "interval": [float(interval.low), float(interval.high)]}


def coverage(trials=1000, replicates=1000):
    """Gaussian two-way model: difference of seed s on question q = a_s + b_q + e_sq, truth 0."""
    print("seeds questions share-of-variance-from-seeds coverage")
    for seeds, questions, share in [(1, 200, 0), (3, 200, 0), (3, 200, 0.5), (3, 200, 0.95), (5, 200, 0.5), (10, 200, 0.5)]:
        hits = 0
        total = 1 / questions  # variance of the mean that questions bring
        seed_deviation = np.sqrt(share / (1 - share) * total * seeds) if share else 0
        for _ in range(trials):
            table = rng.normal(0, seed_deviation, (seeds, 1)) + rng.normal(0, 1, questions) * np.sqrt(0.5)
            table = table + rng.normal(0, np.sqrt(0.5 * seeds), (seeds, questions))
            s = rng.multinomial(seeds, np.full(seeds, 1 / seeds), replicates) / seeds
            q = rng.multinomial(questions, np.full(questions, 1 / questions), replicates) / questions
            low, high = np.percentile(np.einsum("rs,sq,rq->r", s, table, q, optimize=True), [2.5, 97.5])
            hits += low <= 0 <= high
        print(seeds, questions, share, hits / trials)


if __name__ == "__main__":
    if sys.argv[1] == "--coverage":
        coverage()
    else:
        fixture = {
            "cases": [
                case("one seed", 1, 60, 0.5),
                case("three seeds", 3, 40, 0.5),
                case("three seeds that drew other questions", 3, 40, 0.2, asked=0.7),
            ],
            "strata": two_metrics(),
            "seeds": over_seeds(),
            "student": [
                {"degrees": d, "probability": p, "quantile": float(stats.t.ppf(p, d))}
                for d in (1, 2, 3, 4, 9, 30)
                for p in (0.6, 0.975, 0.9995)
            ],
        }
        json.dump(fixture, open(sys.argv[1], "w"))
