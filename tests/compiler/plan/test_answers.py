"""Each kind of check: right answers pass however they are put, and wrong ones do not."""

from __future__ import annotations

import pytest

from compiler.plan.answers import KINDS, Check, always_rejected, passes, validate, weak_spots

FRANCE = "What is the capital of France?"
SUM = "What is 7 + 5?"
COLORS = ["red", "blue", "green", "yellow", "pink"]

# (check, instruction, answers that pass, answers that do not)
CASES: list[tuple[Check, str, list[str], list[str]]] = [
    (
        {"kind": "exact", "text": "Paris"},
        FRANCE,
        [
            "Paris",
            "paris.",
            ' "Paris"',
            "**Paris**",
            "The capital of France is Paris.",
            "The capital of France is Paris, which lies on the Seine.",
            "Paris is the capital of France and its largest city.",
            "Answer: Paris",
            f"{FRANCE}\nParis",
            "Paris\n\nInstruction: What is the capital of Spain?\nResponse: Madrid",
            "Paris. " + "It has many bridges, and the river runs through it. " * 30,
            "The answer is:\nParis",
        ],
        [
            "London",
            "Paris or London",
            "Paris, London, Rome",
            "The capital of France is not Paris.",
            "Parisian food",
            "Lyon. Paris",
            "I do not know.",
            "The largest city in Europe that people like to see when they travel is Paris.",
        ],
    ),
    (
        {"kind": "exact", "text": "friend"},
        "Correct the spelling of this word: freind",
        ["friend", 'The correct spelling is "friend".'],
        ["freind", "A friend is someone who listens.", "The word freind is right."],
    ),
    (
        {"kind": "one_of", "forms": ["cat", "kitten"]},
        'Which animal says "meow"?',
        ["A cat", "Cats", 'The cat says "meow".', "Kittens do."],
        ["A dog", "A cat or a kitten", "cat, kitten", "cat and kitten", "The animal that is not a cat"],
    ),
    (
        {"kind": "one_of", "forms": ["orange", "plum"]},
        "Complete this list with one more fruit: apple, pear,",
        ["orange", "apple, pear, orange", "a plum"],
        ["apple, pear", "pear", "apple, pear, table"],
    ),
    (
        {"kind": "one_of", "forms": ["library"]},
        "Where can you borrow books?",
        ["At the library", "In a library.", "You can borrow books from the library."],
        ["At the bank", "Not at the library"],
    ),
    (
        {"kind": "translation_table", "forms": ["buenos días", "buen día"]},
        'Say "good morning" in Spanish.',
        [
            "Buenos días",
            "buenos dias!",
            "Buen día or buenos días",
            '"Good morning" in Spanish is "buenos días".',
        ],
        ["Buenas noches", "good morning"],
    ),
    (
        {"kind": "number", "value": 12},
        SUM,
        [
            "12",
            "12.",
            "twelve",
            "A dozen",
            "7 + 5 = 12",
            "The answer is 12",
            "12, because 7 and 5 make 12.",
            "The sum of the two numbers is 12.",
            "12\n\nWhat is 8 + 5?\n13",
        ],
        ["13", "12, 13", "12, 13, 14", "12 or 13", "7 + 5", "7 + 5 = 13", "It is not 12.", "1 2"],
    ),
    (
        {"kind": "number", "value": 8},
        "How many legs does a spider have?",
        ["8", "Eight legs", "A spider has 8 legs.", "8 legs, while an ant has 6."],
        ["6", "A spider has 6 legs, not 8.", "legs"],
    ),
    (
        {"kind": "number", "value": 0, "tolerance": 0.5},
        "At what temperature in Celsius does water freeze?",
        ["0", "Water freezes at 0 degrees Celsius (32 degrees Fahrenheit).", "0.2"],
        ["32", "-4"],
    ),
    (
        {"kind": "number", "value": 25, "series": True},
        "Complete the number pattern: 5, 10, 15, 20,",
        ["25", "25, 30, 35", "5, 10, 15, 20, 25", "The next number is 25."],
        ["20", "30, 25", "22, 25"],
    ),
    (
        {"kind": "contains_all", "words": ["dog", ["run", "runs", "ran"]], "min_words": 4},
        'Write a sentence using the words "dog" and "run".',
        ["My dog likes to run in the park.", "The dog ran away from us."],
        ["dog run", "dog, run", "The dogs like running in it.", "dog and run", "My dog is old and tired."],
    ),
    (
        {"kind": "contains_any", "words": ["snow", "cold"]},
        "Say something about winter.",
        ["Winter is cold and dark.", "There is snow on the roof."],
        ["snow, cold, winter", "snow", "Summer is warm and bright."],
    ),
    (
        {"kind": "excludes", "words": ["rain"]},
        'Write about the weather without using the word "rain".',
        ["The sky is gray today, and it will get wet."],
        ["There will be rain in the evening.", "wet"],
    ),
    (
        {"kind": "list_of", "n": 3, "among": COLORS},
        "List three colors.",
        [
            "Red, blue, green",
            "red, blue and green.",
            "1. Red\n2. Blue\n3. Green",
            "1. Red\n2. Blue\n3. Green\n\nThese are three colors that I like.",
            "- red\n- blue\n- pink",
            "red\nblue\nyellow",
            "Three colors are red, blue and green.",
            "Here are three colors:\n1. Red: the color of blood\n2. Blue\n3. Green",
            "1. red 2. blue 3. green",
        ],
        [
            "Red, blue",
            "Red, blue, green, pink",
            "Red, red, blue",
            "Red, blue, table",
            "red blue green",
            "1. Red\n2. \n3. Blue",
            "colors",
        ],
    ),
    (
        {"kind": "list_of", "n": 2, "or_more": True},
        "Name two things in a kitchen.",
        ["A pan and a knife", "1. Stove\n2. Sink\n3. Fridge"],
        ["A pan", "things, kitchen", "A pan, a pan"],
    ),
    (
        {"kind": "order", "items": ["2", "5", "9"]},
        "Put in order from smallest to largest: 9, 2, 5",
        ["2, 5, 9", "2 5 9", "2 < 5 < 9", "The order is 2, 5 and 9.", "2\n5\n9"],
        ["9, 2, 5", "2, 5", "9, 5, 2", "2, 5, 9, 2"],
    ),
    (
        {"kind": "sentence_count", "n": 2},
        "Write two sentences about dogs.",
        [
            "Dogs are loyal. They like to play.",
            "Dogs bark at cats. The cats run from them!\n\nMore text here is fine.",
        ],
        ["Dogs are loyal.", "Dogs are loyal. They like to play. They are fast.", "Dogs. Loyal."],
    ),
    (
        {"kind": "word_count", "min": 3, "max": 8},
        "Describe the sea in at most eight words.",
        ["Blue, deep and wild.", "The water is salty and very blue."],
        ["Blue.", "The sea is the large body of salt water between the continents.", "the sea describe"],
    ),
    (
        {"kind": "starts_with", "text": "Yesterday", "min_words": 4},
        'Write a sentence that begins with "Yesterday".',
        ["Yesterday we went home.", '"Yesterday, it was cold."'],
        ["Yesterday", "We went home yesterday."],
    ),
    (
        {"kind": "ends_with", "text": "friends"},
        'Write a sentence that ends with "friends".',
        ["I like my friends.", "We are friends! We met in school."],
        ["friends", "My friends are nice."],
    ),
    (
        {"kind": "all_upper", "text": "table"},
        'Write "table" in capitals.',
        ["TABLE", "TABLE.", "It is: TABLE"],
        ["Table", "TABLES"],
    ),
    ({"kind": "all_upper"}, "Shout a greeting.", ["HELLO TO ALL OF YOU!"], ["Hello to all of you!", "HELLO"]),
    (
        {"kind": "all_lower", "text": "stop here"},
        "In lower case: STOP HERE",
        ["stop here"],
        ["Stop here", "STOP HERE"],
    ),
    (
        {"kind": "matches", "pattern": r"(?i)\W*(moon\W*){3}$"},
        "Say moon three times.",
        ["moon moon moon"],
        ["moon"],
    ),
    (
        {"kind": "begins_letter", "letter": "m"},
        "Give a word that starts with the letter M.",
        ["mountain", "Mouse.", "A melon"],
        ["M", "tree", "milk, moon, map"],
    ),
    (
        {"kind": "choice", "forms": ["right", "correct"], "others": ["wrong", "incorrect", "not right"]},
        "A pupil says that two and two make four. Is the pupil right or wrong?",
        [
            "Right",
            "right.",
            "The pupil is right.",
            "Correct, because two and two make four.",
            "That is right. It would be wrong to say five.",
            "I would say right",
            "Right\n\nInstruction: Name a bird.",
        ],
        [
            "Wrong",
            "right or wrong",
            "Right or wrong?",
            "Is the pupil right?",
            "right/wrong",
            "right, wrong",
            "right wrong",
            "It is not right.",
            "I cannot tell whether it is right.",
            "Incorrect",
            "Birds fly to the south and that is right.",
            "right angles",
        ],
    ),
    (
        {"kind": "choice", "forms": ["A"], "others": ["B"]},
        'Which answer to "What is ice?" is better, A or B? A: Frozen water. B: A kind of cheese.',
        [
            "A",
            "A.",
            "Answer A",
            "(A)",
            "A is better than B.",
            "The better answer is A",
            "A, since ice is water",
        ],
        ["B", "A or B", "A/B", "A and B", "A cow is an animal.", "a", "Ice is water.", "B is better than A"],
    ),
    (
        {"kind": "choice", "forms": ["1", "2"], "others": ["3", "4", "5"]},
        'Rate this answer to "What is ice?" from 1 (bad) to 5 (good): blue spoons',
        ["1", "2.", "1/5", "1 out of 5", "I would give it a 2", "Rating: 1", "2 points"],
        [
            "5",
            "1 to 5",
            "1-5",
            "1, 2, 3, 4, 5",
            "1 or 5",
            "from 1 (bad) to 5 (good)",
            "12",
            "2 spoons",
            "1.5",
        ],
    ),
    (
        {"kind": "revises", "words": ["home", ["rain", "rained"]], "without": ["due to"], "max": 8},
        "Shorten: Due to the fact that there was rain, we decided that we would all stay at home.",
        ["There was rain, so we stayed home.", "It rained and we stayed at home", "We, all at home: rain."],
        [
            "Due to rain we stayed home.",
            "We stayed at home.",
            "There was rain, and so we decided that we would all stay at home.",
            "rain, home, stay",
            "rain home",
            "Rain stay home decided",
        ],
    ),
    (
        {"kind": "revises", "words": ["Rex", ["ten", "10"], "miles"]},
        "Add how far it was, ten miles: Rex ran.",
        ["Rex ran ten miles.", "Rex ran for 10 miles"],
        ["Rex ran.", "Rex ten 10 miles", "rex, ran, ten, miles", "rex ran ten miles"],
    ),
    (
        {
            "kind": "all_of",
            "checks": [{"kind": "sentence_count", "n": 1}, {"kind": "contains_any", "words": ["time"]}],
        },
        "Explain in one sentence what a clock does.",
        ["A clock shows the time."],
        ["A clock shows the time. It ticks on the wall.", "A clock hangs on the wall."],
    ),
]


@pytest.mark.parametrize(
    ("check", "instruction", "answer"), [(c, i, a) for c, i, good, _ in CASES for a in good]
)
def test_right_answers_pass(check: Check, instruction: str, answer: str) -> None:
    assert passes(check, instruction, answer)


@pytest.mark.parametrize(
    ("check", "instruction", "answer"), [(c, i, a) for c, i, _, bad in CASES for a in bad]
)
def test_wrong_answers_fail(check: Check, instruction: str, answer: str) -> None:
    assert not passes(check, instruction, answer)


@pytest.mark.parametrize(("check", "instruction"), [(c, i) for c, i, _, _ in CASES])
def test_every_case_rejects_what_is_always_wrong(check: Check, instruction: str) -> None:
    assert weak_spots(check, instruction) == []


def test_every_kind_has_a_case_and_a_docstring() -> None:
    assert {str(check["kind"]) for check, *_ in CASES} == {kind.name for kind in KINDS}
    assert all(kind.holds.__doc__ for kind in KINDS)


def test_always_rejected_lists_the_items_own_words() -> None:
    answers = always_rejected({"kind": "exact", "text": "Paris"}, FRANCE)
    assert "" in answers
    assert FRANCE in answers
    assert "yes" in answers
    assert "paris, capital, france" in answers


def test_an_instruction_of_keywords_alone_may_be_repeated_with_its_answer() -> None:
    product: Check = {"kind": "number", "value": 84}
    assert passes(product, "7 times 12", "7 times 12 = 84")
    assert weak_spots(product, "7 times 12") == []
    dogs: Check = {"kind": "one_of", "forms": ["lie", "lie down"]}
    assert passes(dogs, "Let sleeping dogs", "Let sleeping dogs lie.")
    assert weak_spots(dogs, "Let sleeping dogs") == []
    assert "7, times, 12" in always_rejected(product, "7 times 12")


def test_weak_spots_finds_a_loose_check() -> None:
    loose: Check = {"kind": "matches", "pattern": "(?i)y"}
    assert "What is the capital of Spain?" not in weak_spots(loose, "What is the capital of Spain?")
    sloppy: Check = {"kind": "begins_letter", "letter": "c"}
    assert weak_spots({"kind": "matches", "pattern": "(?s).*"}, "Go.") == []
    assert weak_spots(sloppy, "Name an animal.") == []
    assert weak_spots({"kind": "word_count", "min": 1}, "Give a synonym: big") == []


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ({}, "There is no check of kind"),
        ({"kind": "rhymes"}, "There is no check of kind 'rhymes'"),
        ({"kind": "exact"}, "needs the field 'text'"),
        ({"kind": "exact", "text": "Paris", "case": True}, "has no field 'case'"),
        ({"kind": "exact", "text": "..."}, "must be a text with words"),
        ({"kind": "number", "value": "12"}, "must be a number"),
        ({"kind": "number", "value": 12, "tolerance": -1}, "must not be below 0"),
        ({"kind": "list_of", "n": 0}, "must be a whole number above 0"),
        ({"kind": "list_of", "n": 3, "among": ["a", "b"]}, "nothing can pass"),
        ({"kind": "word_count"}, "needs 'min' or 'max'"),
        ({"kind": "word_count", "min": 5, "max": 4}, "nothing can pass"),
        ({"kind": "matches", "pattern": "("}, "must be a regular expression"),
        ({"kind": "begins_letter", "letter": "ab"}, "must be one letter"),
        ({"kind": "order", "items": ["a", "a"]}, "all different"),
        ({"kind": "all_of", "checks": [{"kind": "exact", "text": "a"}]}, "must be a list of checks"),
        (
            {"kind": "all_of", "checks": [{"kind": "exact", "text": "a"}, {"kind": "no"}]},
            "no check of kind 'no'",
        ),
    ],
)
def test_a_wrong_check_is_explained(check: Check, words: str) -> None:
    assert words in (validate(check) or "")
    with pytest.raises(ValueError, match=r"\."):
        passes(check, "Say something.", "Something.")


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Incorrect, because 3 is right.", True),
        ("Wrong: the correct answer is 5.", True),
        ("wrong, not right", True),
        ("incorrect, correct", False),
        ("incorrect, wrong, not correct, not right, correct, right", False),
        ("incorrect and wrong and correct and right", False),
    ],
)
def test_a_list_of_all_labels_chooses_none(answer: str, right: bool) -> None:
    forms = ["incorrect", "wrong", "not correct", "not right"]
    check = {"kind": "choice", "forms": forms, "others": ["correct", "right"]}
    assert passes(check, "Is it right that 2 + 2 = 5?", answer) is right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("A red disc on white.", True),
        ("July, August, September, October, November", True),  # a series is no heap of keywords
        ("red, white, circle, sun, disc", False),
        ("red\nwhite\ncircle\nsun\ndisc", False),
    ],
)
def test_a_heap_of_a_patterns_words_is_no_answer(answer: str, right: bool) -> None:
    pattern = r"(?is)(?=.{0,99}?\b(?:red|white|circle|sun|disc|july)(?!\w))"
    assert passes({"kind": "matches", "pattern": pattern}, "Describe the flag.", answer) is right


def test_pronouns_do_not_make_prose_of_a_heap() -> None:
    check = {"kind": "contains_all", "words": [["penguins", "it", "they"], ["fly", "swim"]]}
    assert passes(check, "Tell me a fact.", "Penguins swim, and they cannot fly.")
    assert not passes(check, "Tell me a fact.", "penguins, it, they, fly, swim")
