"""Sentences about steps that train, measure and decide: one function per kind."""

from __future__ import annotations

from compiler.diagnostics import listing
from compiler.plan.counting import counted
from compiler.plan.model import (
    Comparison,
    CriticScore,
    Evaluate,
    Gate,
    Optimizer,
    Output,
    Quality,
    Review,
    Supervised,
    Train,
)
from compiler.plan.names import short
from runtime.training.arguments import MAX_GRADIENT_NORM, MODULES
from stagespec.methods.markdown import code, ended, items
from stagespec.methods.phrases import accept, critic, model, named, prompt, requirements, rules, sampling
from stagespec.step_lines import MODULES as IN_WORDS
from stagespec.step_lines import learning_rate
from stagespec.wording import in_points, many, share


def quality(step: Quality) -> list[str]:
    end = "the run stops" if step.on_failure == "stop" else "it is closed"
    again = (
        f" While it is closed, up to {step.retries} more as large may be made, and it is asked again "
        "of all records that there are."
        if step.retries
        else ""
    )
    return [f"Opens if in round {step.round} {requirements(step.require)}; otherwise {end}.{again}"]


def gate(step: Gate) -> list[str]:
    return [f"Opens if {requirements(step.require)}; a result that is missing keeps it closed."]


def review(step: Review) -> list[str]:
    who = "A person" if step.by == "person" else f"The command {code(' '.join(step.command))}"
    return [
        f"{who} looks at {many(step.items, 'record')}, drawn by a hash, and answers: {ended(step.question)}",
        "Silence keeps the gate closed.",
    ]


def output(step: Output) -> list[str]:
    return [
        f"The stage gives out {model(step, step.model)} if {named([step.gate])} is open, otherwise "
        f"{model(step, step.otherwise)}."
    ]


def evaluate(step: Evaluate) -> list[str]:
    told = [
        f"The items of {named(step.items)} are answered in {many(len(step.arms), 'arm')}, "
        f"{sampling(step.sampling)}; the answer is {code(step.answer)}."
    ]
    if step.rules:
        told.append(
            f"Answers are cut by the rules {listing(rules(use) for use in step.rules)}; what those would "
            "reject is scored all the same."
        )
    if "check" in step.score:
        told.append("An answer is scored by its item's check, a program.")
    told += [
        f"Score {code(name)}: an answer passes if {critic(step, score.critic)}, accepts it "
        f"{accept(score.accept)}." + _second(score)
        for name, score in step.critics.items()
    ]
    if step.cluster_by:
        told.append(f"Items with the same {code(step.cluster_by)} are not counted as independent.")
    if step.compare:
        told.append(comparison(step.compare))
    return told


def _second(score: CriticScore) -> str:
    if score.share is None:
        return ""
    return (
        f" It is a second judge: of {share(score.share)} of the items, the same in every arm, drawn by a "
        "hash; its agreement with the other scores is reported as Cohen's kappa."
    )


def arms(step: Evaluate) -> str:
    """A line for each arm: who answers, through which prompt."""
    return items(
        f"{code(name)}: {model(step, arm.model)} with {prompt(arm.prompt)}" for name, arm in step.arms.items()
    )


def comparison(of: Comparison) -> str:
    """What is compared, by which score and at which level."""
    arms = f"{code(of.arm)} is compared with {code(of.baseline)} by {code(of.score)}"
    if of.test == "no_worse":
        return (
            f"{arms}: may a loss of {in_points(of.margin)} or more be ruled out (non-inferiority, "
            f"one-sided, alpha {share(of.alpha)})?"
        )
    return (
        f"{arms}: McNemar's test, two-sided, alpha {share(of.alpha)}; the smallest effect worth claiming is "
        f"{in_points(of.smallest_effect)}."
    )


def train(step: Train) -> list[str]:
    lora, optimizer = step.lora, step.optimizer
    layers = ", ".join(MODULES[lora.modules])
    told = [
        _objective(step),
        f"Training starts from {model(step, step.start)}; the prompt is {prompt(step.prompt)}.",
        f"LoRA: rank {lora.rank}, alpha {lora.alpha}, dropout {lora.dropout:g}, on "
        f"{IN_WORDS[lora.modules]} ({layers}); the base is held in {step.weights} and does not change.",
        f"Optimizer: {optimizer.name}, learning rate {learning_rate(optimizer.learning_rate)}, "
        f"{optimizer.schedule} schedule {_warmup(optimizer)}, weight decay "
        f"{optimizer.weight_decay:g}, gradients clipped at norm {MAX_GRADIENT_NORM:g}.",
        f"{many(step.epochs, 'epoch')} in batches of {step.batch}; examples of more "
        f"than {counted(step.max_length, 'token')} are left out and counted.",
    ]
    if step.keep_order:
        told.append("Examples are shown in the order in which they come.")
    if step.stop_early:
        stop = step.stop_early
        epochs = "an epoch" if stop.patience == 1 else f"{stop.patience} epochs"
        told.append(
            f"The loss on {code(f'{short(stop.on)}.{stop.part}')} is measured after every epoch; training "
            f"ends after {epochs} without a lower one, and the best epoch's adapter is kept."
        )
    return told


def _warmup(optimizer: Optimizer) -> str:
    if optimizer.warmup == 0:
        return "without warm-up"
    return f"after a warm-up over {share(optimizer.warmup)} of the steps"


def _objective(step: Train) -> str:
    of = step.objective
    if isinstance(of, Supervised):
        where = f"{code(of.target)} alone" if of.loss_on == "target" else f"prompt and {code(of.target)}"
        return f"Supervised fine-tuning: cross-entropy on the tokens of {where}."
    return (
        f"Direct preference optimisation (Rafailov et al. 2023): {code(of.chosen)} over {code(of.rejected)}, "
        f"beta {of.beta:g}; the reference policy is {model(step, of.reference)}, frozen."
    )
