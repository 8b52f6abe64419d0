"""Classes of the mistakes in `compiler.guards`, told as a researcher meets them: symptom, cause, cost.

What stops each of them is not told here: `known_bugs_page` takes that from the registry. Costs are those that
the experiment's own records give; where they give none, none is told.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One class of mistakes; `mistakes` are their numbers in `compiler.guards.MISTAKES`."""

    title: str
    symptom: str
    cause: str
    mistakes: tuple[int, ...]
    cost: str = ""


STORIES: tuple[Story, ...] = (
    Story(
        "The base model could already do it",
        "The tuned model passes 99.3 % of the test items and the base model 81.0 %; McNemar's test "
        "gives p = 2e-12.",
        "The format of the prompt alone made the base model follow instructions, and nobody had shown "
        "before training that it could not: the gap was a scorer's (see 2). Elsewhere a model was "
        "trained with one prompt and evaluated with another, and a second protocol was written down "
        "nowhere.",
        (2, 13, 67, 68),
        "The whole result. Scored again, the base model passed 100 % and the tuned one 99.3 %: "
        "training had only shortened the answers. It had taken 72 minutes on a GPU, and the "
        "evaluation 55.",
    ),
    Story(
        "The scorer measured something else",
        'Scores move when answers get longer or shorter, and a right answer such as "4" fails. The '
        "same answers get other scores from another script.",
        "The scorer failed every answer of more than 500 characters and every one of fewer than five, "
        "looked at neither facts nor formats, and read text from which the model's rambling had been "
        "cut. Four schemes of scoring stood behind one claim.",
        (12, 65, 66, 87, 88),
        "The same claim as in 1: the gap between base and tuned model was the limit of 500 characters.",
    ),
    Story(
        "A base model was not a base model, or was not treated as one",
        "The untrained model answers bare instructions surprisingly well; or its completions are "
        "chains of questions and answers; or two scripts get different completions of the same "
        "prompt.",
        "A chat template or special tokens came in through a trainer or a script with a loader of its "
        "own, and the check for them looked at the first ten tokens. Sentinels that found it only "
        "warned, or called a right answer a failure.",
        (4, 6, 9, 14, 23, 29, 44, 76, 77),
    ),
    Story(
        "The test set was in the training data",
        'The report says "zero leakage verified", and items of the test set stand in the training data.',
        "The set was made anew at each run, what was checked was another file than the one that was "
        "used, and nobody compared it with the exemplars.",
        (31, 60, 89),
        "Of one test set of 200 items three had leaked. A later one of 343 rows held 137 different "
        "ones, one of them leaked, and every figure on it was wrong.",
    ),
    Story(
        "The statistics could not carry the claim",
        "A difference on twelve items is reported as an improvement.",
        "Too few items for the effect, sampled answers, arms in different precision, an approximate "
        "test where few pairs disagreed, and p-values called adjusted that were not.",
        (33, 34, 35, 85, 86),
    ),
    Story(
        "The gate did not close",
        "A log has a warning about failed quality, and behind it a finished training run.",
        "Gates only warned, passed when their results were missing, took an error message for a "
        "reviewer's approval, or asked for something that every result meets, or none. The planned 95 "
        "% were asked of nobody.",
        (28, 32, 49, 70, 71, 78, 94),
        "Gates that only warned are among what cost that experiment most of its time.",
    ),
    Story(
        "Most of the data was copies",
        "Thousands of pairs are kept, and the model learns little from them.",
        "Duplicates were looked for within a shard, against the first pool only, or in whole pairs "
        "and not in the prompts.",
        (57, 69, 81),
        "Of 15,000 wanted pairs 3,968 were made, of these 1,311 were unique and 1,120 clean; one item "
        "stood 273 times. Of 5,467 pairs made later, one prompt still stood up to 13 times.",
    ),
    Story(
        "What was kept was not clean",
        "Kept answers end in the middle, hold the delimiter of the prompt, or are placeholders.",
        "What cleaning left was never looked at again: no rule for how a completion had ended, none "
        "for what the cuts should have taken, and text from templates under the same name as text "
        "from the model.",
        (42, 56, 59, 61, 62),
        "The delimiter was left in 1,510 of 3,968 records.",
    ),
    Story(
        "A heuristic was wrong, and nobody had tried it",
        "A pilot reports that every second answer runs away, or that every record fails.",
        "A rule of thumb (longer than 200 characters, more than three sentences) was never run on "
        "answers whose verdict is known. It lived on as a copy in other scripts after it was mended "
        "in one; doubled backslashes broke expressions unseen.",
        (48, 53, 54, 58),
        "20.9 to 53.8 % of the answers were reported as runaways, and about none were. Two of four "
        "pilots were lost to it, and a limit of 50 characters failed every record of another check.",
    ),
    Story(
        "The critic did not decide",
        "A critic is built and reported, and accepts nearly everything; or its acceptance is 100 %.",
        "It was never connected, or accepted without a margin in one of its paths; its input was cut "
        "on the right, so that the label it should have answered was gone; acceptance was measured "
        "after the filter that it was to judge, or by another rule, with >= here and > there.",
        (3, 22, 24, 51, 64, 82, 83, 84),
        "The acceptance that was reported was 100 %: it was measured after filtering.",
    ),
    Story(
        "The pairs taught something else",
        "Preference training ends with a low loss and a model that has learnt a style.",
        "The rejected texts were boilerplate, the chosen ones a literal stub or a revision that was "
        "preferred whatever it said. What is learnt then is to tell a template from an answer.",
        (27, 47, 52),
    ),
    Story(
        "It was promised, and it was not there",
        "The method section speaks of best-of-N, of text written by the model, of a pipeline that is "
        "complete.",
        "Scripts were written and not called, a pipeline called a script that had been deleted, "
        "templates stood where the model should have written, and status came from documents and "
        "searches, not from runs.",
        (1, 8, 15, 16, 18, 19, 20, 21, 25, 26, 46),
        "Documents that claimed what no run had shown are among what cost that experiment its time.",
    ),
    Story(
        "The prompt that was stored is not the prompt that was sent",
        "A stored prompt does not give the stored completion; a run ends after hours with a missing "
        "key; completions end at every colon.",
        "Exemplars were drawn again when the prompt was saved. Placeholders were not compared with "
        "the columns. A stop string had become the id of its last token, or there was none. Slots "
        "were filled from lists that did not go together.",
        (7, 30, 43, 72, 75, 90),
        "Failures seen after hours, and repaired by hand.",
    ),
    Story(
        "Training was not what was asked for",
        "Loss falls and nothing is learnt; a run with the same settings ends otherwise; memory is full.",
        "Loss on the response alone was promised and not done, the border between prompt and response "
        "was guessed, 8-bit was asked for and 4-bit used, arguments were ignored or had changed their "
        "names, the seed was never set, and three large models were loaded at once.",
        (5, 10, 11, 39, 40, 41, 73, 74, 80),
    ),
    Story(
        "Nobody can say what ran",
        "The settings, data and dates behind a result cannot be said with certainty.",
        "The newest file was taken for the right one, provenance was not saved or was repaired "
        "afterwards, a step read another file than the one before had written, and what ran was not "
        "what had been approved.",
        (17, 38, 45, 50, 79, 91, 96),
    ),
    Story(
        "A number meant something else",
        "A limit that seemed generous ends the run; a pilot proves nothing; records are missing and "
        "nobody knows where.",
        "Tokens meant words, one spec said 150, 200 and 300 for the same number, a pilot of thirty "
        "was approved and four were run, an integer division dropped items, sampling was tightened "
        "unseen, and time-outs were shorter than the work.",
        (36, 37, 55, 63, 92, 93, 95),
        "A limit of 600 seconds stood before a job of 40 minutes.",
    ),
)
