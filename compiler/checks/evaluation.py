"""Checks on what is claimed, and whether it could be seen."""

from __future__ import annotations

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label, percent
from compiler.plan.counting import counted
from compiler.plan.model import Evaluate, Gate, Train
from compiler.plan.names import short
from compiler.plan.power import DISCORDANCES, clusters_needed, items_needed


def claims_are_greedy(view: StageView, found: Diagnostics) -> None:
    """Sampled answers add noise that a comparison of two models cannot tell from a difference; in the
    experiment the evaluation sampled. An evaluation that compares decodes greedily: leave temperature out,
    which is then 0, or compare nothing."""
    for step in view.of(Evaluate):
        if step.compare and step.sampling.temperature > 0:
            found.error(
                "SS630",
                f'"{short(step.id)}" compares sampled answers (temperature {step.sampling.temperature:g})',
                view.place(step.id),
                help="Leave temperature out of its sampling: 0 is greedy.",
            )


def claims_have_baselines(view: StageView, found: Diagnostics) -> None:
    """In the experiment the prompt's format confounded the result: what it alone makes a model do can pass
    for what training taught. A comparison that claims a lift needs the untrained model bare, with the
    trained format, and with exemplars."""
    for step in view.of(Evaluate):
        if not step.compare or step.compare.test != "mcnemar":
            continue
        untrained = {a.prompt.prompt for a in step.arms.values() if a.model == view.stage.learner}
        few_shot = {p for p in untrained if view.method.prompts[p].samples}
        if len(untrained - few_shot) < 2 or not few_shot:
            found.error(
                "SS631",
                f'"{short(step.id)}" compares without all three baselines of the untrained model',
                view.place(step.id),
                help="Give it arms for the bare prompt, for the format alone, and for the few-shot prompt.",
            )


def trained_and_evaluated_alike(view: StageView, found: Diagnostics) -> None:
    """In the experiment a model was trained with one prompt and evaluated with another, and so measured on
    something that it had not learnt. Some arm must show the trained model its own training prompt."""
    for train in view.of(Train):
        for step in view.of(Evaluate):
            prompts = {name: a.prompt.prompt for name, a in step.arms.items() if a.model == train.id}
            if prompts and train.prompt.prompt not in prompts.values():
                found.error(
                    "SS632",
                    f'"{short(train.id)}" learns prompt "{train.prompt.prompt}" and is not evaluated with it',
                    Label(view.place(step.id)),
                    Label(view.place(train.id), "trained here"),
                    help=f"Add an arm: tuned = {short(train.id)} with {train.prompt.prompt}",
                )


def test_set_is_for_claims(view: StageView, found: Diagnostics) -> None:
    """A test set that decides whether to go on is no longer held out: what was tried until it passed there
    says little of anything else. Gates before training read a dev set, and the test set is opened for the
    claim alone."""
    needed = {id for train in view.of(Train) for id in train.needs}
    for gate in view.of(Gate):
        for id in gate.inputs if gate.id in needed else ():
            step = view.step(id)
            if isinstance(step, Evaluate) and "test" in _splits(view, step):
                found.error(
                    "SS633",
                    f'gate "{short(gate.id)}" opens the test set before training',
                    view.place(step.id),
                    help="Evaluate on a held-out set whose split is dev.",
                )
    for step in view.of(Evaluate):
        if step.compare and step.compare.test == "mcnemar" and "dev" in _splits(view, step):
            found.error(
                "SS634",
                f'"{short(step.id)}" makes a claim on a dev set',
                view.place(step.id),
                help="Claims are made on a test set.",
            )


def effect_can_be_seen(view: StageView, found: Diagnostics) -> None:
    """The experiment claimed on twelve items, without statistics; so few can show nothing. The planned
    comparison must be able to detect the smallest effect that it calls worth claiming, with 80 % power, at
    least when the arms seldom disagree."""
    for step in view.of(Evaluate):
        if step.compare is None or step.compare.test != "mcnemar":
            continue
        items = sum(view.method.datasets[name].items for name in step.items)
        effect = step.compare.smallest_effect
        discordant = max(effect, DISCORDANCES[0])  # a lift needs at least as many discordant pairs
        needed = items_needed(effect, step.compare.alpha, discordant)
        if items < needed:
            found.warning(
                "SS635",
                f"{counted(items, 'item')} {'is' if items == 1 else 'are'} too few to show a lift of "
                f"{percent(effect)}: it takes {needed}",
                view.place(step.id),
                help=f"For 80 % power at alpha {percent(step.compare.alpha)}, if the arms disagree on "
                f"{percent(discordant)} of the items; if on more, it takes more.",
            )


def clusters_reach_alpha(view: StageView, found: Diagnostics) -> None:
    """Over clusters only the signs of their differences count, and a few signs fall alike by chance: seven
    clusters that all agree give p = 2/2^7, above 1 %. An evaluation by `cluster_by` needs clusters enough for
    its alpha, and where no loss is to be shown two or more."""
    for step in view.of(Evaluate):
        if step.compare is None or step.cluster_by is None:
            continue
        column, alpha = step.cluster_by, step.compare.alpha
        clusters = len({value for name in step.items for value in view.texts.of(name, column).values()})
        claims_lift = step.compare.test == "mcnemar"
        needed = clusters_needed(alpha) if claims_lift else 2
        if clusters < needed:
            reached = f": p cannot fall below {2 / 2**clusters:.2g}" if claims_lift else ""
            found.error(
                "SS643",
                f"{clusters} clusters by {column} are too few for alpha {percent(alpha)}{reached}",
                view.place(step.id),
                help=f"It takes {needed} or more: add items of other kinds, or cluster by a finer column.",
            )


def gap_is_measured_alike(view: StageView, found: Diagnostics) -> None:
    """A gap that is measured with other settings than the claim is another gap, and a second protocol that
    is written down nowhere; the experiment had one. Gap and claim are sampled, cut and scored alike."""
    claims = [step for step in view.of(Evaluate) if step.compare and step.compare.test == "mcnemar"]
    needed = {id for train in view.of(Train) for id in train.needs}
    for gate in view.of(Gate):
        for id in gate.inputs if gate.id in needed else ():
            before = view.step(id)
            for claim in claims if isinstance(before, Evaluate) else ():
                assert isinstance(before, Evaluate)
                for what in ("sampling", "rules", "answer"):
                    if getattr(before, what) != getattr(claim, what):
                        found.error(
                            "SS642",
                            f'"{short(before.id)}" and "{short(claim.id)}" have different {what}',
                            Label(view.place(before.id)),
                            Label(view.place(claim.id), "the claim"),
                            help="Write both like one preset: evaluate before like answering { ... }",
                        )


def test_set_is_opened_once(view: StageView, found: Diagnostics) -> None:
    """Each look at a test set uses some of it up: with every further claim on the same items the chance of
    a false one grows. A stage makes its claim on a test set once: put the arms into one evaluation, or
    divide alpha by the number of claims."""
    opened: dict[str, Evaluate] = {}
    for step in view.of(Evaluate):
        for name in step.items if step.compare else ():
            if view.method.datasets[name].split != "test":
                continue
            if name in opened:
                found.warning(
                    "SS639",
                    f'"{name}" is opened for two claims',
                    Label(view.place(step.id)),
                    Label(view.place(opened[name].id), "the first"),
                    help="Put the arms into one evaluation, or divide alpha by the number of claims.",
                )
            else:
                opened[name] = step


def claim_rests_on_checks(view: StageView, found: Diagnostics) -> None:
    """The experiment's scorer checked neither facts nor formats. A critic may like an answer that is wrong.
    Where the items carry checks that a program can make, the claim rests on them, and a critic's score
    stands beside: score = check in the comparison."""
    for step in view.of(Evaluate):
        if step.compare is None or step.compare.score == "check":
            continue
        if all(view.method.datasets[name].columns.get("check") == "check" for name in step.items):
            found.error(
                "SS640",
                f'"{short(step.id)}" claims by critic {step.compare.score}, and its items carry checks',
                view.place(step.id),
                help="Compare by the checks: score = check in the comparison.",
            )


def one_score_for_one_claim(view: StageView, found: Diagnostics) -> None:
    """In the experiment four scoring schemes stood behind one claim. With several, the one that comes out
    best can be told. One pair of arms is compared by one score in a stage: keep the score that was meant,
    and show others without comparing."""
    seen: dict[tuple[str, str, str], Evaluate] = {}
    for step in view.of(Evaluate):
        if step.compare is None:
            continue
        arm, baseline = step.arms[step.compare.arm], step.arms[step.compare.baseline]
        key = (step.compare.test, f"{arm.model} {arm.prompt}", f"{baseline.model} {baseline.prompt}")
        first = seen.setdefault(key, step)
        if first.compare is not None and first.compare.score != step.compare.score:
            found.error(
                "SS641",
                f"one claim is made by two scores, {first.compare.score} and {step.compare.score}",
                Label(view.place(step.id)),
                Label(view.place(first.id), "and here"),
                help="Decide before the run which score the claim rests on.",
            )


def _splits(view: StageView, step: Evaluate) -> set[str | None]:
    return {view.method.datasets[name].split for name in step.items}
