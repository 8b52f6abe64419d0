"""Fields, values and units."""

FIELDS = {
    "SS301": "The value is of the wrong kind for this field, such as a text where a number must stand. "
    "It is not converted: what a conversion would make of it might not be what was meant. Write a value "
    "as the message says.",
    "SS302": "The value is outside the bounds of this field. Beyond them it has no meaning, such as "
    "a share above 100 %, half a turn, or more principles than there are. Choose one between the "
    "bounds that the message tells.",
    "SS303": 'A number without its unit. In the experiment "tokens" meant words; so every quantity '
    "says its unit, and a number alone is read as none. Write it behind the number, as in 80 tokens "
    "or 5 %.",
    "SS304": "The unit measures something else than this field, such as items where tokens are counted. "
    "It is not converted, since there is no rate between the two. Write the amount in the unit that the "
    "message names.",
    "SS305": "The value is not one of those that this field knows. The words are a closed list, so that "
    "a misspelt one can never be taken for the default: 8-bit was once asked for and 4-bit used. Take "
    "one of the words that are listed.",
    "SS306": "A call is given something that it does not take: file() takes a path and sha256, and "
    "allow() a code and because. What is not understood is not passed over: in the experiment "
    "arguments were passed that the callee ignored. Take it out or put its name right.",
    "SS307": "A block holds something that has no place in it, such as a rule's statement in a step. It "
    "would do nothing there, while its author thinks that it does. Move it to the block that it belongs "
    "to.",
    "SS308": "The block has no such field. Unknown fields are errors, so that nothing is set in "
    "vain: in the experiment arguments were passed that the callee ignored. Put the name right; the "
    "message lists the fields that there are.",
    "SS309": "A field, an arm or an argument is set twice, and only one of the two can hold; or a "
    "list names one thing twice. One spec of the experiment contradicted itself, with 150, 200 and "
    "300 items. Keep the one that is meant.",
    "SS310": "A field that this block needs is missing. There is no default for it, since any would "
    "decide something that the author must: how long, how many, with which prompt. The message says what "
    "it is; write it.",
    "SS311": "This kind of definition is written with a block { ... } that holds its fields, and "
    "something else stands in its place. Nothing can be read from that. Open a block, and set the fields "
    "in it.",
    "SS312": "The type of a column is not known. Columns are typed so that a prompt, a critic and rules "
    "can be checked against the records that they get, before anything is paid for. Take one of the "
    "types that are listed.",
    "SS313": "A prompt, a critic, rules and data say which columns they read, so that it can be checked "
    "that the records have them: a placeholder without a column once showed only after hours. Write the "
    "columns behind the name, as in answer(instruction: text).",
    "SS314": "Examples are drawn by sample(NAME, number): the name of data or of a step, or several "
    "joined by +, and a whole number above 0. So the plan can tell what was drawn from where, and the "
    "same seed draws the same again. Write it so.",
    "SS315": "A step names its prompt; prompts are defined once, never inline. In the experiment the "
    "utility for few-shot prompts was there, and was bypassed. Define the prompt, and name it here.",
    "SS316": "The prompt has no list or column of the name that it is given, so what is given would "
    "never be shown to the model. Put the name right, or add the list to the prompt's columns.",
    "SS317": "The prompt shows a list that this use does not give, so its template would run over "
    "nothing and the model would see no examples. Give it in brackets behind the prompt's name: "
    "PROMPT(shots = sample(pool, 3)), with the list's own name.",
    "SS318": "The first column of rules is their subject, the text that cut and trim change; it must be "
    "a text. Rules of something else would have nothing to clean. Put the text column first.",
    "SS319": 'An example of a rule is written keep { ... } or reject "sink" { ... }. It says what the '
    "rules must make of a record, and they are run on it before any data: written otherwise it would "
    "prove nothing. Use one of the two forms.",
    "SS320": "An example of a rule needs every column that the rules read, each with a value of its "
    "type, and no others; a finish reason may be left out, and is then stop. With one missing the "
    "rules could not be run on it, and one too many would not be looked at. Complete it or take the "
    "column out.",
    "SS321": "A method of judging is written labels { ... }, likelihood_gain { ... } or rating { ... "
    "}. Each asks the model in another way, and before a run makes anything the critic's labelled "
    "examples measure which of them can judge. Write one of them with its block.",
    "SS322": "The labels of a critic must differ. Its score comes from how likely each of them is as "
    "an answer; of two that are the same it says nothing of the text that is judged. Give another "
    "label.",
    "SS323": "A generate step writes its text into a column (into), or parses it into one or several "
    "(parse); never both and never neither. Otherwise it would not be known what a record holds. Keep "
    "the one that is meant.",
    "SS324": "The field is for another form of generate step: a source runs in rounds and has no input, "
    "a completion has one and makes one text of each record. Taken from the other form, the field would "
    "do nothing. Take it out, or change the form.",
    "SS325": "The records already have a column of this name, and no step may overwrite one: a "
    "critique, a filter or training behind it would read another text than the one that was judged. "
    "Choose a new name.",
    "SS326": "A source says how many kept records it is to reach, how large its pilot is, and after "
    "how many rounds it gives up. Without a goal and an end it would go on for ever, and without a "
    "pilot all would be paid for before anybody looked. Add the field.",
    "SS327": "Near-duplicates are dropped by near(column, similarity = 80 %). The column says what "
    "is compared, and the share from which on two texts are near. In the experiment 67 % of the data "
    "were duplicates, and one item stood 273 times. Write both.",
    "SS328": "Acceptance is good at margin >= 1.0 nats, good at precision >= 90 %, or good at kappa "
    ">= 0.7. In the experiment the critic's confidence was ignored, and later one path still left it "
    "out. Write one of the three.",
    "SS329": "The parts of a split or a mix must add up to 100 %. Of what is left over nobody would "
    "know where it went: in the experiment an integer division dropped items without a word. Change "
    "one of the shares.",
    "SS330": "Training data are named as a part of a split (data.train), so that something is held back "
    "to watch while training. Without it nobody sees when a model begins to learn by heart. Split the "
    "records first, and name the part.",
    "SS331": "A quality gate looks at one round, which is written on = round(0). Rounds are counted "
    "from 0, and round 0 is the pilot: it is looked at before the others are paid for. Name the round so.",
    "SS332": "Arms are written { name = model with prompt, ... }. Every condition of an evaluation has "
    "a name, a model and a prompt, so that none of them is a second protocol that nobody wrote down. "
    "Write at least one.",
    "SS334": "A comparison is written arm over arm { test = ..., alpha = ..., ... }. All that decides "
    "it is said before the answers are there, so that no test is chosen after looking. Write the two "
    "arms and the block.",
    "SS335": "There is no such kind of step. Kinds are a closed list, and each is one that the "
    "runtime can carry out: the experiment's pipeline called a script that had been deleted. Take one "
    "of those that are listed.",
    "SS336": "There is no such kind of block, or a step stands outside of any stage, where nothing "
    "would run it. Blocks are of a closed list, which the message gives. Put the word right; a step "
    "belongs inside the block of its stage, before the brace that closes it.",
    "SS337": "What stands before the block has no place there: this kind of definition has only a name. "
    "Columns or another name would be passed over in silence. Take it out; what a step reads is said by "
    "its fields.",
    "SS338": "A word in the head of a definition has no meaning for this kind: a stage comes after "
    "another, a step is like another, a preset is for a kind of step. Use the word that fits, or take it "
    "out.",
    "SS340": "The stage gives out no model of this name. What a stage hands on is named as its output "
    "is, stage.model, and hangs on that output's gate; a checkpoint on the disk can be of any run. Put "
    "the name right.",
    "SS341": "A field that a preset or another step sets is set otherwise, and no reason is given. "
    "In the experiment LoRA had rank 16 here and 64 there, unexplained. Give the step a reason, "
    'because = "...", which the plan shows; or leave the field to what the step is like.',
    "SS342": "The preset is for another kind of step. Its fields would be unknown here, or mean "
    "something else. Take a preset for this kind, write the fields out, or put right what the "
    "preset's head says it is for.",
    "SS343": "A critic, rules or a prompt are given a column that they do not read, or something "
    "that is no column. They would go on reading their own, and judge or show another text than was "
    "meant. Write one of their columns = one of the records'.",
    "SS344": "How a completion is read is written numbered_list into COLUMN, question into COLUMN, "
    'fields { COLUMN = "Label:" } or json { COLUMN = text }. The plan shows it, so that no text is cut '
    "up by a pattern that nobody sees. Write one of them.",
    "SS345": "The kinds of negatives are written { name = prompt, ... }. Each has its own prompt and "
    "name, so that it can be seen which text is of which kind: the first implementation's negatives "
    "were boilerplate. Write the block so.",
    "SS346": "A prompt in a conversation must show the turns so far, or the model answers without its "
    "history, and what is called a conversation is a row of first answers. Give the prompt a column "
    "turns: turns and let its template run over it.",
    "SS347": "A side of a conversation is written MODEL with PROMPT. Both sides say who speaks and "
    "what is shown to them, since the same model may stand on both and then only the prompts tell "
    "them apart. Write the two.",
    "SS348": "A critique goes by principles: drawn in its own step, or in a principles step before it. "
    "Without any the model criticises by whatever comes to it, and the revision has nothing to keep to. "
    "Add the draw.",
    "SS349": "Principles are drawn by sample(constitution, 1..3, balanced_by = category). The draw is "
    "seeded, so that the same record gets the same principles again, and the plan tells how many. Write "
    "it so.",
    "SS350": "Two principles of a constitution say the same, so that what they say would be drawn "
    "twice as often and weigh twice as much as the rest. Take one out, or say what tells them apart.",
    "SS351": "A constitution without principles says nothing: no critique or revision can go by it, "
    "and a draw from it would be empty. Write at least one: principle NAME { ... }, with its category "
    "and its text.",
    "SS352": "A best step chooses among drafts, and no step before it writes any, so that it would "
    "keep each record as it is. In the experiment best of N was promised and absent. Write drafts = 4 "
    "drafts in the generate step before it.",
    "SS353": "The two texts of a pair or a comparison are one, or the critic reads neither of them. "
    "Either way nothing can tell which of them is the better. Name two columns, and where a critic "
    "decides one that reads at least one of them.",
    "SS354": "A pair is written chosen and rejected, or between two columns that a critic decides on. "
    "One of the forms, whole: half of it leaves the other text open, and both at once contradict each "
    "other. Complete it.",
    "SS355": "How a pair is accepted does not fit how it is made. A critic's score is asked by a "
    'margin in nats, and a margin needs a critic; "either" goes with between, and "chosen" with '
    "chosen and rejected. Else the score would decide nothing. Add what is missing, or take the other "
    "form.",
    "SS356": 'A review is by person, or by command("program", "argument"). It opens a gate, so it '
    "must be plain who says yes: in the experiment a review that returned only an error was taken for "
    "approval. Write one of the two.",
    "SS357": "Caps are written { column = 3 items }: how often one value of a column may be kept "
    "over the whole stage. One prompt once stood up to 13 times in pairs that were called unique. "
    "Write the column and a number of items.",
    "SS358": "A mix is written [50 % of STEP, 50 % of OTHER]. The shares are said, so that nothing "
    "gets into the data unseen: placeholder text was once mixed into it. Write a share and a step for "
    "each part.",
    "SS359": "What is mixed must have a column in common, of the same name and type: a record of the "
    "mix has those columns that all parts have, and none is left. Bring the parts to the same columns "
    "first.",
    "SS360": "An evaluation answers a held-out set, or a list of them. Items from anywhere else may "
    "have been learnt: the experiment's evaluation set was made anew at each run, and leaked. Name "
    "sets that are defined with held_out.",
    "SS361": "A score is check, or CRITIC by MODEL at margin >= 1.0 nats. Who scores, and when an "
    "answer passes, is said before any answer is there: the experiment's evaluation failed whatever "
    "was longer than 500 characters. Write one of the two.",
    "SS362": "A lift is tested against the smallest effect worth claiming (mcnemar, smallest_effect), "
    "and no loss against the most that may be lost (no_worse, margin). With the other's size the test "
    "would ask nothing. Give the one that belongs to the test.",
    "SS363": "The field belongs to another method of training, and this one has no use for it. It "
    "would be set in vain, while its author thinks that it matters. Take it out, or change the "
    "method.",
    "SS364": "A reason is given to be read, and the plan shows it; an empty one says nothing. An "
    "override, a stand-in or an allowed code without a reason is what nobody can explain afterwards. "
    "Say why, or take it out.",
    "SS365": "Warnings can be allowed, and errors for which only the author can know a reason. Any "
    "other error stops the compiler whatever is said of it, since no reason makes the result right. Mend "
    "what it reports, and take the allow out.",
    "SS366": "What is allowed here is not reported any more: the reason for it has gone, or the check "
    "looks at something else now. Left standing, it would silence the next mistake of this kind. Take it "
    "out.",
    "SS367": "A file holds one pipeline: the stages that are run as one, and the budget of all of "
    "them. Of two it would not be known which one a run of this file is. Put the second one into a "
    "file of its own.",
    "SS368": "A pipeline must name every stage that its stages go on from. Those are run and paid "
    "for with the others, and whoever reads the list would not know of them. Add the stage to the "
    "list; the message writes it out.",
    "SS369": "A constant is a number, a quantity, a range, a text, a regular expression, true or "
    "false, or a list of values or names, so that it means the same wherever its name stands. For "
    "anything else define a prompt, rules or a preset.",
    "SS370": "A code is allowed that no check of a stage reports, so that allowing it changes "
    "nothing, while the warning that was meant still stands. Put the code right; the message lists "
    "what this stage is reported as.",
    "SS389": "A second judge sees a part of the answers and stands beside a score of all of them. What "
    "is claimed, and the first score, are about every answer, or the claim is about a part that was "
    "picked. Let it stand after a score of all.",
    "SS390": "A review asks nothing: its question is empty. Whoever opens the gate has then said yes "
    "to nothing, as in the experiment, where a review that returned only an error was taken for "
    "approval. Write what is to be looked at.",
}
