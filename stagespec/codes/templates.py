"""Templates, conditions, columns and data; and of method what no check reports."""

TEMPLATES = {
    "SS401": "The template cannot be read: it is not sound Jinja2, or uses a filter or test that there "
    "is not, or one that would draw anew for the same record. It would fail in the run, or make a prompt "
    "that cannot be repeated. The label stands at the word or sign.",
    "SS402": "The template uses a name that is not one of its columns. It would fail, or leave a gap "
    "in the prompt: in the experiment a placeholder without a column ended a run after hours. Put the "
    "name right, or add it to the columns.",
    "SS403": "Templates see their columns and nothing else; a name that begins with _ is a way into "
    "Python, and a spec that is only read must not run programs. Use the columns and the filters that "
    "there are.",
    "SS404": "The items of this list have no column of this name, so each of them would show nothing in "
    "its place and the exemplars would have holes. Put the name right; the message lists the columns.",
    "SS405": "A template may use filters, for and if, but calls no functions, defines no macros and "
    "reads no other templates: what is sent must stand where it is reviewed. Write the text out, or use "
    "a filter.",
    "SS406": "A prompt may not end in white space: tokens begin with their space, so that one at the "
    "end hides the likeliest next tokens, and a base model answers worse without anybody seeing why. "
    "Take it away; lead says what stands between prompt and answer.",
    "SS407": "The prompt needs a column that the records here do not have, or have with another type. "
    "Its place would be empty in every prompt that is sent. Give it another column, name(column = "
    "other), or let a step before it write the column.",
    "SS408": "The regular expression cannot be read: a bracket is not closed, or a sign repeats "
    "nothing. In the experiment doubled backslashes stood in prompts and broke expressions. The label "
    "stands where it goes wrong; between slashes one backslash is enough.",
    "SS409": "The condition uses a column that is not there, so it could never be decided. In the "
    "experiment a field was missing in some of the files. Put the name right, or add the column to "
    "those that are read.",
    "SS410": "The condition asks something that cannot be asked here, or asks it of the wrong number "
    "of columns. Of a text column of a record one can ask chars, words, lines and raw, and in a "
    "median tokens too. Write one of them with one column.",
    "SS411": "This cannot stand in a condition, or is a value and no condition: a condition is true "
    "or false, and a rate or a length by itself is neither. Compare it with a bound, as in rate(...) "
    "< 5 %.",
    "SS412": "The result is asked of a kind of step that does not have it, such as the accepted "
    "share of a generate step. The gate could never be decided, and in the experiment a gate passed "
    "because its results were missing. Ask the step that measures it; the message lists their kinds.",
    "SS413": "Nothing is rejected under this name: an example of it proves nothing, and a gate that "
    "asks for its rate, 0 % for ever, can never close. Put the name right; the message lists those "
    "that there are.",
    "SS414": "The evaluation has no such arm or score, or is asked for a verdict and compares "
    "nothing. In the experiment an arm was left undefined. Put the name right, or add the arm, the "
    "score or the comparison.",
    "SS415": "A gate's condition is about measured results of steps: accepted, kept, rate, median, an "
    "arm's score or a verdict. Anything else would be decided by something that no run records. Write "
    "one of those that the message lists.",
    "SS416": "The critic's labelled examples lack a column that it reads, so it could not be shown on "
    "them whether it can judge. A critic is measured before it decides. Add the column to the examples.",
    "SS417": "There is no column of this name here, or it is of another type than is needed: what is "
    "compared, judged or learnt is a text, and what records are ordered by is a number. Put the name "
    "right; those that fit are listed.",
    "SS418": "The rules read a column that the records do not have, or have with another type, so they "
    "would clean or reject nothing. Give them another one, rules(column = other), or let a step before "
    "them write it.",
    "SS419": "Records are kept apart from data by the text columns that both have under the same "
    "name, and here there is none. A test set of the experiment leaked into training while a report "
    'said "zero leakage verified". Give the same name to what is the same.',
    "SS420": "The critic reads a column that the records do not have, so it would judge a text with a "
    "hole in it. Give it another one, critic(column = other), or let a step before it write the column.",
    "SS421": "The split has no part of this name, or is named without one. Its parts are train and "
    "dev, and which of them is read decides what is learnt and what is watched. Write split.train or "
    "split.dev.",
    "SS422": "The items carry no check, so answers to them cannot be checked by a program, and the "
    "score would be of nothing. Add the column check: check with a check in each record, or score by a "
    "critic.",
    "SS423": "The template is sound, and fails when it is filled in with values of its columns' types. "
    "In a run that would happen after everything before it was paid for. The label stands at what fails; "
    "change it so that it fits the type.",
    "SS424": "The condition compares or joins things of different types, such as a text and a "
    "number, or asks which of two words is the greater. There is no answer to that. Compare what is "
    "of one kind, with its unit.",
    "SS425": "A source's rounds end when enough is kept in a step behind it, and nothing that it makes "
    "gets there in a round: mixes, splits and orders come when all rounds are done. It would run until "
    "it gives up. Name a step in between.",
    "SS426": "The template multiplies or pads a text, or goes through loops, until it is larger than "
    "any prompt. It would stop the compiler, and fill the memory of a run. Write the text out instead.",
    "SS427": "The regular expression repeats a repetition, or alternatives for the same text. Where it "
    "does not match, the time it takes doubles with each letter, and one long answer stops the run. "
    "Write it without the inner repetition.",
    "SS429": "A prompt or a critic names a column, and its template never shows it, so that what "
    "stands in it makes no difference. A column is shown in two braces, {{ instruction }}; one brace "
    "is plain text. A label critic that is asked in both orders shows {{ first }}, which stands for "
    "good, and {{ second }}.",
    "SS501": "The data lie outside the spec folder. A plan carries its data with it, by hash, so that a "
    "run can be repeated elsewhere; paths of one machine once stood in scripts. Move the file below the "
    "spec folder.",
    "SS502": "A held-out set is frozen: its hash stands in the spec. The experiment's evaluation set "
    "was made anew at each run, and leaked; and scores on two versions of a set cannot be compared. "
    'Write sha256 = "..."; the message tells it.',
    "SS503": "The data are not those whose hash was recorded, so figures on them cannot be compared "
    "with earlier ones. Put the file back, or record the new hash and say in the commit why the set "
    "changed.",
    "SS504": "A line of the data does not fit the columns: it is no JSON, lacks a column, or holds "
    "another type. In the experiment a field was missing in some of the files. The message names the "
    "line; mend it there.",
    "SS505": "The file holds no records, so there is nothing to show, to judge by or to learn from, "
    "and a score over it would be a score of nothing. Fill it with one JSON object a line, or take "
    "out the definition that names it.",
    "SS506": "More examples are drawn than there are, so that no draw could be made without "
    "repeating some, and a model shown one example twice is told that it matters twice. Draw fewer, "
    "or add records to the data that are named.",
    "SS507": "Labelled data need the column label: label, which says of each record whether it is good "
    "or bad. Without it a critic could not be measured on them, and would judge unproven. Add the column.",
    "SS508": "Two items of a held-out set are one: the same id or the same content. A test set of "
    "the experiment had 343 rows, of which 137 were different, so that some items counted several "
    "times. Take the copies out, and record the new hash.",
    "SS601": "An example that should prove a rule shows that it is wrong. A heuristic of the "
    "experiment called 20.9 to 53.8 % of the answers runaways, and about none were. Mend the rule, or "
    "the example if that is what is wrong.",
    "SS602": "Each rejection needs an example that it takes, and the rules one that they keep. A "
    "rule that nobody saw at work may reject everything or nothing: in the experiment a limit of 50 "
    "characters failed every record. Add the example.",
    "SS603": "Too few labelled examples to tell a critic that can judge from one that cannot: by chance "
    "alone half of them come out right. It is measured all the same, and its precision is known only "
    "roughly. Have 40 or more, with ten of each label.",
    "SS604": "Raw and chat models are different types, and so are the prompts and critics for them. "
    "A base model is only ever given texts to go on from; a chat model the turn of a user, in its own "
    "template. In the experiment a base model was given bare instructions as if it followed them. Use "
    "one of the same kind.",
    "SS605": "A critic that accepts without a margin lets through what it hardly prefers to bad. In "
    "the experiment the critic's confidence was ignored, and later one path still left it out. Say "
    "how sure it must be, such as good at margin >= 1.0 nats.",
    "SS606": "A stage's output needs a gate, and a model to fall back on while the gate is closed. "
    "The experiment's 95 % gate was never enforced. Write: output model = student if ship otherwise "
    "learner.",
    "SS608": "An empty stop string: every text holds the empty one, so a completion that stops at it is "
    "empty, and so is every record. Name what follows a completion, such as a blank line, or leave it "
    "out.",
}
