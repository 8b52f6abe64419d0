"""From results to what may be claimed: each condition of "improved" is shown failing alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.plan.model import Comparison
from runtime.verdict import Verdict, reach_verdict

COMPARISON = Comparison(arm="tuned", baseline="base", alpha=0.01, smallest_effect=0.1)
ITEMS = 200
ARMS = ("tuned", "base", "format")


def first(count: int, of: int = ITEMS) -> dict[str, bool]:
    """The first `count` items pass."""
    return {f"i{n:03}": n < count for n in range(of)}


def decide(
    comparison: Comparison = COMPARISON,
    taints: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
    opened_before: int = 0,
    clusters: dict[str, str] | None = None,
    **passed: dict[str, bool],
) -> Verdict:
    return reach_verdict(
        comparison,
        passed=passed,
        passed_raw={arm: dict.fromkeys(flags, False) for arm, flags in passed.items()},
        lengths={arm: {i: 10 if ok else 30 for i, ok in flags.items()} for arm, flags in passed.items()},
        types=types or {i: ("odd" if int(i[1:]) % 2 else "even") for i in first(0)},
        wanted_arms=ARMS,
        taints=taints,
        clusters=clusters,
        opened_before=opened_before,
    )


def test_improved() -> None:
    verdict = decide(tuned=first(180), base=first(100), format=first(120))
    assert verdict.outcome == verdict.numbers_say == "improved"
    assert verdict.lift is not None
    assert verdict.lift.value == pytest.approx(0.4)
    assert verdict.test is not None
    assert (verdict.test.only_first, verdict.test.only_second) == (80, 0)
    assert verdict.test.p < 1e-9
    assert verdict.effect_size == pytest.approx(0.927, abs=1e-3)
    assert verdict.types["odd"].arm == pytest.approx(0.9)
    assert verdict.types["odd"].baseline == pytest.approx(0.5)
    assert [p.discordant for p in verdict.power] == [0.1, 0.2, 0.3]
    tuned = verdict.arms["tuned"]
    assert (tuned.passed, tuned.rate.value, tuned.raw_rate) == (180, 0.9, 0.0)
    assert (tuned.mean_words, tuned.words_passed, tuned.words_failed) == (12.0, 10.0, 30.0)


def test_p_not_below_alpha() -> None:
    verdict = decide(tuned=first(104), base=first(100), format=first(90))
    assert verdict.outcome == "no difference shown"
    assert "p is not below alpha 0.01" in verdict.reasons


def test_a_lift_too_small_to_matter() -> None:
    verdict = decide(tuned=first(118), base=first(100), format=first(90))
    assert verdict.test is not None
    assert verdict.test.p < 0.01
    assert verdict.outcome == "no difference shown"
    assert any("smallest effect" in reason for reason in verdict.reasons)


def test_a_type_that_got_worse() -> None:
    """Odd items are lost and even ones won: better on the whole, and not to be had."""
    base = {i: (n % 2 == 1 and n < 40) for n, i in enumerate(first(0))}
    tuned = {i: n % 2 == 0 for n, i in enumerate(first(0))}
    verdict = decide(tuned=tuned, base=base, format=first(0))
    assert verdict.types["odd"].regressed
    assert not verdict.types["even"].regressed
    assert verdict.outcome == "no difference shown"
    assert any("type odd got significantly worse" in reason for reason in verdict.reasons)


def test_another_baseline_that_does_as_well_without_training() -> None:
    """The experiment's own lesson: the prompt's format had done it."""
    verdict = decide(tuned=first(180), base=first(100), format=first(180))
    assert verdict.outcome == "no difference shown"
    assert any("baseline format does as well without training" in reason for reason in verdict.reasons)


def test_worse() -> None:
    assert decide(tuned=first(100), base=first(180), format=first(0)).outcome == "worse"


def test_any_taint_takes_the_claim_and_leaves_the_numbers() -> None:
    clean = decide(tuned=first(180), base=first(100), format=first(120))
    tainted = decide(taints=("a rehearsal",), tuned=first(180), base=first(100), format=first(120))
    assert tainted.outcome == "not shown"
    assert tainted.numbers_say == "improved"
    assert "not a claim: a rehearsal" in tainted.reasons
    assert replace(tainted, outcome=clean.outcome, reasons=clean.reasons) == clean


@pytest.mark.parametrize("gone", ARMS)
def test_a_missing_arm_closes(gone: str) -> None:
    passed = {arm: first(180 if arm == "tuned" else 100) for arm in ARMS if arm != gone}
    verdict = decide(**passed)
    assert verdict.outcome == "not shown"
    assert any(f"arm {gone} was not run" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("short", ARMS)
def test_a_missing_item_closes(short: str) -> None:
    passed = {arm: first(180 if arm == "tuned" else 100) for arm in ARMS}
    del passed[short]["i007"]
    verdict = decide(**passed)
    assert verdict.outcome == "not shown"
    assert any(f"arm {short} did not answer every item" in reason for reason in verdict.reasons)
    assert verdict.arms[short].items == ITEMS - 1


def test_no_items_at_all_closes() -> None:
    assert decide(tuned={}, base={}, format={}).outcome == "not shown"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_improved_is_never_said_without_its_conditions(answers: list[tuple[bool, bool, bool]]) -> None:
    passed = {arm: {f"i{n:03}": a[k] for n, a in enumerate(answers)} for k, arm in enumerate(ARMS)}
    types = {f"i{n:03}": "one" for n in range(len(answers))}
    verdict = decide(types=types, **passed)
    assert verdict.test is not None
    assert verdict.lift is not None
    if verdict.outcome == "improved":
        assert verdict.test.p < 0.01
        assert verdict.lift.value >= 0.1
        assert verdict.arms["format"].rate.value < verdict.arms["tuned"].rate.value
    turned = decide(types=types, tuned=passed["base"], base=passed["tuned"], format=passed["format"])
    assert not (verdict.outcome == "improved" and turned.outcome == "improved")


KEPT = Comparison(arm="tuned", baseline="base", test="no_worse", alpha=0.05, margin=0.1)


def test_no_worse_needs_the_bound_above_the_margin() -> None:
    verdict = decide(KEPT, tuned=first(100), base=first(102), format=first(90))
    assert verdict.numbers_say == "no worse"
    close = decide(replace_margin(0.01), tuned=first(100), base=first(102), format=first(90))
    assert close.numbers_say == "no difference shown"
    assert "cannot be ruled out" in " ".join(close.reasons)


def test_a_loss_is_worse() -> None:
    assert decide(KEPT, tuned=first(60), base=first(120), format=first(90)).numbers_say == "worse"


def test_a_type_that_is_lost_is_not_hidden_by_the_others() -> None:
    types = {f"i{n:03}": "rare" if n < 20 else "often" for n in range(ITEMS)}
    lost = {i: ok and types[i] != "rare" for i, ok in first(150).items()}
    verdict = decide(replace_margin(0.2), types=types, tuned=lost, base=first(150), format=first(10))
    assert verdict.numbers_say == "worse" or "rare got significantly worse" in " ".join(verdict.reasons)
    assert verdict.numbers_say != "no worse"


def test_a_taint_takes_this_claim_too() -> None:
    verdict = decide(KEPT, ("a rehearsal",), tuned=first(100), base=first(100), format=first(9))
    assert (verdict.outcome, verdict.numbers_say) == ("not shown", "no worse")


def test_alpha_is_divided_by_the_plans_that_opened_the_items() -> None:
    def opened(before: int, comparison: Comparison) -> Verdict:
        return decide(comparison, opened_before=before, tuned=first(108), base=first(100), format=first(9))

    lift = Comparison(arm="tuned", baseline="base", alpha=0.01, smallest_effect=0.01)
    assert opened(0, lift).numbers_say == "improved"  # p is 1/128
    assert opened(1, lift).numbers_say == "no difference shown"
    assert opened(1, lift).alpha == pytest.approx(0.005)
    here, later = opened(0, KEPT).bound, opened(9, KEPT).bound
    assert here is not None
    assert later is not None
    assert (later.low or 0) < (here.low or 0)


def test_clusters_make_no_loss_less_certain_and_never_more() -> None:
    """Four clusters, one of which is lost: over items that is a small loss, over clusters no one knows."""
    lost = {i: ok and int(i[1:]) >= 5 for i, ok in first(200).items()}
    loose = replace_margin(0.1)
    apart = decide(loose, tuned=lost, base=first(200), format=first(9))
    alike = decide(
        loose,
        clusters={i: str(int(i[1:]) // 20) for i in lost},
        tuned=lost,
        base=first(200),
        format=first(9),
    )
    agreeing = decide(
        loose,
        clusters={i: str(int(i[1:]) // 100) for i in lost},
        tuned=first(200),
        base=first(200),
        format=first(9),
    )
    assert apart.bound is not None
    assert alike.bound is not None
    assert agreeing.bound is not None
    assert (alike.bound.low or 0) < (apart.bound.low or 0)
    assert alike.test is not None
    assert alike.test.name == "randomisation test over clusters"
    assert (agreeing.bound.low or 0) < 0


def replace_margin(margin: float) -> Comparison:
    return replace(KEPT, margin=margin)
