"""Templates, conditions, columns and data; and of method what no check reports."""

TEMPLATES = {
    "SS401": "The template cannot be read: it is not sound Jinja2, or uses a filter or test that there "
    "is not, or one that would draw anew for the same record. It would fail in the run, or make a prompt "
    "that cannot be repeated. The label stands at the word or sign.",
    "SS402": "The template uses a name that is not one of its columns. It would have failed, or left a "
    "gap in the prompt, after hours: a placeholder without a column once did. Put the name right, or add "
    "it to the columns.",
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
    "nothing. Doubled backslashes once stood in prompts and broke expressions. The label stands where it "
    "goes wrong; one backslash is enough between slashes.",
    "SS409": "The condition uses a column that is not there, so it could never be decided. A field was "
    "once missing in some files, and nobody saw it. Put the name right, or add the column to those that "
    "are read.",
    "SS410": "The condition asks something that cannot be asked here, or asks it of the wrong number of "
    "columns. Of a record one can ask chars, words, lines and raw; of steps, results. Write one that the "
    "message lists.",
    "SS411": "This cannot stand in a condition, or is a value and not one: a condition is true or "
    "false. A gate that reads a bare rate would open on anything above nought. Compare it with a bound, "
    "as in rate(...) < 5 %.",
    "SS412": "The result is asked of a kind of step that does not have it, such as the accepted share "
    "of a filter. The gate could never be decided, and a gate once passed because its results were "
    "missing. Ask the step that measures it.",
    "SS413": "Nothing is rejected under this name, so a rate of it would be 0 % for ever and the gate "
    "that asks for it always open. Put the name right; those that the rules have are offered.",
    "SS414": "The evaluation has no such arm or score. An arm that was not defined once stood in a gate "
    "of the experiment, which could not be met. Put the name right, or add the arm.",
    "SS415": "A gate's condition is about measured results of steps: accepted, kept, rate, median, an "
    "arm's score or a verdict. Anything else would be decided by something that no run records. Write "
    "one of those that the message lists.",
    "SS416": "The critic's labelled examples lack a column that it reads, so it could not be shown on "
    "them whether it can judge. A critic is measured before it decides. Add the column to the examples.",
    "SS417": "There is no text column of this name here, or it is a column of another type. What is "
    "compared, judged or learnt is a text. Put the name right; the text columns are listed.",
    "SS418": "The rules read a column that the records do not have, or have with another type, so they "
    "would clean or reject nothing. Give them another one, rules(column = other), or let a step before "
    "them write it.",
    "SS419": "Records can be kept apart from data only by a text column that both have under the same "
    "name; nothing else can be compared. A contamination check once looked at ten tokens and found none. "
    "Give the same name to what is the same.",
    "SS420": "The critic reads a column that the records do not have, so it would judge a text with a "
    "hole in it. Give it another one, critic(column = other), or let a step before it write the column.",
    "SS421": "The split has no part of this name, or is named without one. Its parts are train, dev and "
    "what its fields say; which of them is read decides what is learnt and what is watched. Write "
    "split.part.",
    "SS422": "The items carry no check, so answers to them cannot be checked by a program, and the "
    "score would be of nothing. Add the column check: check with a check in each record, or score by a "
    "critic.",
    "SS423": "The template is sound, and fails when it is filled in with values of its columns' types. "
    "In a run that would happen after everything before it was paid for. The label stands at what fails; "
    "change it so that it fits the type.",
    "SS424": "The condition compares or joins things of different types, such as a text and a number, "
    "or orders words. It would be always true or always false. Compare what is of one kind, with its "
    "unit.",
    "SS425": "A source's rounds end when enough is kept in a step behind it, and nothing that it makes "
    "gets there in a round: mixes, splits and orders come when all rounds are done. It would run until "
    "it gives up. Name a step in between.",
    "SS426": "The template multiplies or pads a text, or goes through loops, until it is larger than "
    "any prompt. It would stop the compiler, and fill the memory of a run. Write the text out instead.",
    "SS427": "The regular expression repeats a repetition, or alternatives for the same text. Where it "
    "does not match, the time it takes doubles with each letter, and one long answer stops the run. "
    "Write it without the inner repetition.",
    "SS429": "A prompt or a critic names a column, and its template never shows it: all records would "
    "get the same text. A column is shown in two braces, {{ instruction }}; one brace is plain text. A "
    "label critic that is asked in both orders shows {{ first }}, which stands for good, and {{ second "
    "}}.",
    "SS501": "The data lie outside the spec folder. A plan carries its data with it, by hash, so that a "
    "run can be repeated elsewhere; paths of one machine once stood in scripts. Move the file below the "
    "spec folder.",
    "SS502": "A held-out set is frozen: its hash stands in the spec. A set that is made anew at each "
    "run, as the experiment's first one was, leaks into training and cannot be compared with itself. "
    'Write sha256 = "..."; the message tells it.',
    "SS503": "The data are not those whose hash was recorded, so figures on them cannot be compared "
    "with earlier ones. Put the file back, or record the new hash and say in the commit why the set "
    "changed.",
    "SS504": "A line of the data does not fit the columns: it is no JSON, lacks a column, or holds "
    "another type. A field was once missing in some files. The message names the line; mend it there.",
    "SS505": "The file holds no records, so there is nothing to show, to judge by or to learn from, and "
    "a score over it would be of nothing. Fill it, or take out what names it.",
    "SS506": "More examples are drawn than there are, so no draw could be made without repeating some. "
    "Draw fewer, add records, or draw from a step that makes more.",
    "SS507": "Labelled data need the column label: label, which says of each record whether it is good "
    "or bad. Without it a critic could not be measured on them, and would judge unproven. Add the column.",
    "SS508": "Two items of a held-out set are one: the same id or the same content. A set of 343 rows "
    "once held 137 different ones, and every figure on it was wrong. Take the copies out, and record the "
    "new hash.",
    "SS601": "An example that should prove a rule shows that it is wrong. One heuristic of the "
    "experiment rejected half of all good records before anybody looked. Mend the rule, or the example "
    "if that is what is wrong.",
    "SS602": "Each rejection needs an example that it takes, and the rules one that they keep. A rule "
    "that nobody saw at work may reject everything or nothing: a heuristic once called every long answer "
    "a runaway. Add the example.",
    "SS603": "Too few labelled examples to tell a critic that can judge from one that cannot: by chance "
    "alone half of them come out right. It is measured all the same, and its precision is known only "
    "roughly. Have 40 or more, with ten of each label.",
    "SS604": "Raw and chat models are different types, and so are the prompts and critics for them. A "
    "base model is only ever given texts to go on from; a chat model the turn of a user, in its own "
    "template. Bare instructions were once given to a base model as if it followed them. Use one of the "
    "same kind.",
    "SS605": "A critic that accepts without a margin or a precision lets through whatever is not "
    "plainly bad: how sure it was did once not count on one path. Say how sure it must be, such as good "
    "at margin >= 1.0 nats.",
    "SS606": "A stage's output needs a gate, and a model to fall back on while the gate is closed. The "
    "gate of the experiment was written down and never enforced, so that whatever came out was handed "
    "on. Write: output model = student if ship otherwise learner.",
    "SS608": "An empty stop string: every text holds the empty one, so a completion that stops at it is "
    "empty, and so is every record. Name what follows a completion, such as a blank line, or leave it "
    "out.",
}
