"""Every code that has no check of its own, in a sentence or two for `stagespec explain`."""

FAMILIES = {
    "SS1": "files and syntax",
    "SS2": "names, imports and order",
    "SS3": "fields, values and units",
    "SS4": "templates, conditions and columns",
    "SS5": "data files",
    "SS6": "method",
    "SS7": "profiles and models",
    "SS8": "the part of a plan that is run",
    "SS9": "archives of runs",
}

CODES = {
    "SS101": "A folder was named where a file is needed.",
    "SS102": "A file is larger than a spec or data file may be. Large data belong in .jsonl files.",
    "SS103": "There is no file of this name. Paths in a spec count from the file that names them.",
    "SS104": "The operating system refused to let the file be read.",
    "SS105": "The file holds bytes that no text has: it is a binary file.",
    "SS106": "The file is not UTF-8 text. Other encodings read differently on other machines.",
    "SS107": "The file is empty. A new stage starts with: language 1",
    "SS108": "The file is written in a version of the language that this version does not read.",
    "SS109": "The file defines no stage, so there is nothing to compile. Profiles and shared definitions are "
    "compiled with the stages that use them; stagespec check reads them by themselves.",
    "SS110": "The file ends in the middle of a definition: something is cut off.",
    "SS111": "A bracket is opened and never closed. The indentation says which.",
    "SS112": 'A string is not closed on its line. A text of several lines stands between """ and """.',
    "SS113": "A character that has no meaning in the language.",
    "SS114": "A number is followed by a word that is no unit. Units are a closed list, so that 10 tokens can "
    "never be read as something else.",
    "SS115": 'A field is written name = value, and the "=" is missing.',
    "SS116": "A word or sign stands where the language has no place for it.",
    "SS117": "A name stands alone on its line. A field is written name = value.",
    "SS118": "A number has more digits than can be meant.",
    "SS119": "Brackets or blocks are nested more deeply than can be read.",
    "SS120": "A number is not written as one: digits, with single _ between them, a point and decimals, an "
    "exponent. Any other spelling would be read as something that was not meant.",
    "SS121": "A word that is nearly one of the language's own, such as bye for by. It is read as that word, "
    "so that the rest of the file is checked as well; check --fix puts it right where only one word fits.",
    "SS201": "The imported file does not define this name.",
    "SS202": "A spec only reads files below its own folder, so that it can be reviewed and moved whole.",
    "SS203": "Files import each other in a circle, so neither can be read first.",
    "SS204": "A name is defined twice. Each name means one thing in a file.",
    "SS205": "A name that is not defined here and not imported.",
    "SS206": "The name means something of another kind than is needed in this place.",
    "SS207": "Two files define the same name in different ways, and one plan would need both.",
    "SS208": "Steps wait for each other in a circle, so none can run first.",
    "SS301": "The value is of the wrong kind for this field.",
    "SS302": "The value is outside the bounds of this field.",
    "SS303": "A number without its unit. Words were once counted as tokens; every quantity says its unit.",
    "SS304": "The unit measures something else than this field.",
    "SS305": "The value is not one of those that this field knows.",
    "SS306": "file() takes a path and sha256.",
    "SS307": "A block holds something that has no place in it.",
    "SS308": "The block has no such field. Unknown fields are errors, so that nothing is set in vain.",
    "SS309": "A field is set twice.",
    "SS310": "A field that this block needs is missing.",
    "SS311": "This is written with a block { ... }.",
    "SS312": "The type of a column is not known.",
    "SS313": "A prompt, a critic, rules and data say which columns they read, so that it can be checked that "
    "the records have them.",
    "SS314": "Examples are drawn by sample(data, number).",
    "SS315": "A step names its prompt; prompts are defined once, never inline.",
    "SS316": "The prompt has no list of this name.",
    "SS317": "The prompt shows a list that this use does not give.",
    "SS318": "The first column of rules is their subject, the text that cuts change; it must be a text.",
    "SS319": 'An example is written keep { ... } or reject "sink" { ... }.',
    "SS320": "An example of a rule needs every column that the rules read, and no others.",
    "SS321": "A method of judging is written labels { ... }, likelihood_gain { ... } or rating { ... }.",
    "SS322": "The two labels of a critic must differ, or its score is always nought.",
    "SS323": "A generate step writes a text into a column, or parses a list into one; never both.",
    "SS324": "The field is for sources, which run in rounds; this step completes the records of its input.",
    "SS325": "The records already have a column of this name, and no step may overwrite one.",
    "SS326": "A source says how many kept records it is to reach, how large its pilot is, and after how many "
    "rounds it gives up.",
    "SS327": "Near-duplicates are dropped by near(column, similarity = 80 %).",
    "SS328": "Acceptance is good at margin >= 1.0 nats, or good at precision >= 90 %.",
    "SS329": "The parts of a split or a mix must add up to 100 %.",
    "SS330": "Training data are named as a part of a split (data.train), so that something is "
    "held back to watch.",
    "SS331": "A quality gate looks at one round: on = round(0).",
    "SS332": "Arms are written { name = model with prompt, ... }.",
    "SS334": "A comparison is written arm over arm { ... }.",
    "SS335": "There is no such kind of step.",
    "SS336": "There is no such kind of block.",
    "SS337": "What stands before the block has no place there: this kind of definition has only a name.",
    "SS338": "A word in the head of a definition has no meaning for this kind: a stage comes after another, "
    "a step is like another, a preset is for a kind of step.",
    "SS340": "The stage gives out no model of this name: it is named as its output is, stage.model.",
    "SS341": "A field that a preset or another step sets is set otherwise, and no reason is given. Once rank "
    "16 stood in one script and 64 in the next, and nobody knew why.",
    "SS342": "The preset is for another kind of step.",
    "SS343": "A critic or rules are given a column that they do not read.",
    "SS344": "How a completion is read is written numbered_list into COLUMN, question into COLUMN, "
    'fields { COLUMN = "Label:" } or json { COLUMN = text }.',
    "SS345": "The kinds of negatives are written { name = prompt, ... }.",
    "SS346": "A prompt in a conversation must show the turns so far, or the model answers without "
    "its history.",
    "SS347": "A side of a conversation is written MODEL with PROMPT.",
    "SS348": "A critique goes by principles: drawn in its own step, or in a principles step before it.",
    "SS349": "Principles are drawn by sample(constitution, 1..3, balanced_by = category).",
    "SS350": "Two principles of a constitution say the same, so one of them would be drawn twice as often.",
    "SS351": "A constitution without principles says nothing.",
    "SS352": "A best step chooses among drafts, and no step before it writes any.",
    "SS353": "The two texts of a comparison are one, or the critic reads neither of them.",
    "SS354": "A pair is written chosen and rejected, or between two columns.",
    "SS355": "How a pair is accepted does not fit how it is made: a margin needs a critic, and either needs "
    "between.",
    "SS356": "A review is by a person, or by a command.",
    "SS357": "Caps are written { column = 3 items }.",
    "SS358": "A mix is written [50 % of STEP, 50 % of OTHER].",
    "SS359": "What is mixed must have a column in common.",
    "SS360": "An evaluation answers a held-out set, or a list of them.",
    "SS361": "A score is check, or CRITIC by MODEL at margin >= 1.0 nats.",
    "SS362": "A lift is tested against the smallest effect worth claiming, and no loss against a margin.",
    "SS363": "The field belongs to another method of training.",
    "SS364": "A reason is given to be read; an empty one says nothing.",
    "SS365": "Warnings can be allowed, and errors for which only the author can know a reason. "
    "Any other error stops the compiler whatever is said of it.",
    "SS366": "What is allowed is not reported: the reason for it has gone.",
    "SS367": "A file holds one pipeline.",
    "SS368": "A pipeline must name every stage that its stages go on from.",
    "SS369": "A constant is a number, a quantity, a text, true or false, or a list of values or names.",
    "SS370": "A code is allowed that no check of a stage has, so allowing it changes nothing.",
    "SS389": "A second judge sees a part of the answers and stands beside a score of all of them. What is "
    "claimed, and the first score, are about every answer.",
    "SS401": "The template cannot be read: it is not sound Jinja2.",
    "SS402": "The template uses a name that is not one of its columns. It would have failed after hours.",
    "SS403": "Templates see their columns and nothing else; a way into Python is closed.",
    "SS404": "The items of this list have no column of this name.",
    "SS405": "A template may use filters, but call no functions.",
    "SS406": "A prompt may not end in white space: tokens begin with their space, and one at the end hides "
    "the likeliest next tokens.",
    "SS407": "The prompt needs a column that the records here do not have.",
    "SS408": "The regular expression cannot be read.",
    "SS409": "The condition uses a column that is not there.",
    "SS410": "The condition asks something that cannot be asked here.",
    "SS411": "This cannot stand in a condition.",
    "SS412": "The result is asked of a kind of step that does not have it.",
    "SS413": "Nothing is rejected under this name.",
    "SS414": "The evaluation has no such arm or score.",
    "SS415": "A gate's condition is about measured results of steps.",
    "SS416": "The critic's labelled examples lack a column that it reads.",
    "SS417": "There is no column of this name and type here.",
    "SS418": "The rules read a column that the records do not have.",
    "SS419": "Records can be kept apart from data only by a text column that both have.",
    "SS420": "The critic reads a column that the records do not have.",
    "SS421": "The split has no part of this name.",
    "SS422": "The items carry no check, so answers to them cannot be checked.",
    "SS423": "The template is sound, and fails when it is filled in.",
    "SS424": "The condition compares or joins things of different types.",
    "SS425": "A source's rounds end when enough is kept in a step behind it; nothing it makes gets there in "
    "a round. Mixes, splits and orders come when all rounds are done.",
    "SS426": "The template multiplies or pads a text, or goes through loops, until it is larger than any "
    "prompt. It would stop the compiler, and fill the memory of a run.",
    "SS427": "The regular expression repeats a repetition, or alternatives for the same text. Where it does "
    "not match, the time it takes doubles with each letter.",
    "SS429": "A prompt or a critic names a column, and its template never shows it: all records would get "
    "the same text. A column is shown in two braces, {{ instruction }}; one brace is plain text. A label "
    "critic that is asked in both orders shows {{ first }}, which stands for good, and {{ second }}.",
    "SS501": "The data lie outside the spec folder. A plan carries its data with it.",
    "SS502": "A held-out set is frozen: its hash stands in the spec. A set that is made anew at each run "
    "leaks into training.",
    "SS503": "The data are not those whose hash was recorded. Put the file back, or record the new hash and "
    "say in the commit why the set changed.",
    "SS504": "A line of the data does not fit the columns.",
    "SS505": "The file holds no records.",
    "SS506": "More examples are drawn than there are.",
    "SS507": "Labelled data need the column label: label.",
    "SS508": "Two items of a held-out set are one: the same id or the same content. A set of 343 rows once "
    "held 137 different ones, and every figure on it was wrong.",
    "SS601": "An example that should prove a rule shows that it is wrong. One heuristic rejected half of all "
    "good records before anybody looked.",
    "SS602": "Each rejection needs an example that it takes, and the rules one that they keep.",
    "SS603": "Too few labelled examples to tell a critic that can judge from one that cannot.",
    "SS604": "Raw and chat models are different types, and so are the prompts and critics for them. A base "
    "model is only ever given texts to go on from; a chat model the turn of a user, in its own template.",
    "SS605": "A critic that accepts without a margin or a precision lets through whatever is "
    "not plainly bad.",
    "SS606": "A stage's output needs a gate, and a model to fall back on while the gate is closed.",
    "SS608": "Every text holds the empty one, so a completion that stops at it is empty.",
    "SS701": "Profiles stand in profiles.stage, in the spec folder.",
    "SS702": "There is no profile of this name.",
    "SS703": "The profile binds no checkpoint to a model that the stage uses.",
    "SS704": "A stand-in says why it stands in; it taints every verdict.",
    "SS705": "A model is bound to hub(...), folder(...), package(...) or mock().",
    "SS706": "The source of a model is given arguments that it does not have.",
    "SS707": "What is bound must not move: a version, revision or hash is missing.",
    "SS708": "A model in several packages names as many versions and hashes as packages.",
    "SS709": "Nothing is known of this checkpoint yet, so tokens and times are rough. "
    "stagespec lock measures it.",
    "SS710": "models.lock cannot be read. stagespec lock writes it anew.",
    "SS711": "Only a rehearsal, which claims nothing, may look at fewer held-out items.",
    "SS720": "The GPU is not in the table of known ones, so its memory, speed and bandwidth must be said.",
    "SS723": "A price stands with the GPU and with the hardware, and only one of them can be meant.",
    "SS801": "The plan has no stage or step of this name. --only names a stage, --from and --until name "
    "steps.",
    "SS802": "Several stages have a step of this name: name the stage too, as in generation.good.",
    "SS803": "The step belongs to another stage than the one that --only names.",
    "SS804": "What --until names does not rest on what --from names, so a run would not come to the latter.",
    "SS901": "A file of the archive does not have the hash that archive.json names. An archive is frozen: "
    "what was found is never mended in it, but run and archived anew.",
    "SS902": "A file that archive.json names is not there.",
    "SS903": "A file lies in the archive that archive.json does not name. It was never verified with it.",
    "SS904": "The plan is not what its hashes say, or manifest and archive.json name others.",
    "SS905": "The specs in the archive do not compile with this compiler.",
    "SS906": "The specs in the archive compile to another method or plan than the one that was run: they "
    "were changed, or the compiler reads them otherwise by now. The version that compiled them stands in "
    "archive.json.",
    "SS907": "An answer, cut by the plan's rules and put to its item's check again, passes where it failed, "
    "or fails where it passed.",
    "SS908": "A number of the manifest is not what comes out when it is worked out anew from the answers, "
    "the critics' scores and the counts of records in the archive.",
    "SS909": "A reason why a verdict is no claim is missing, or stands in one place alone. A rehearsal, a "
    "mock and a stand-in taint every verdict.",
    "SS910": "Two parts of the archive tell the same thing differently: the manifest, and what the run took "
    "down while it ran.",
    "SS911": "The report shows a number that the manifest does not give. It is only a note where this "
    "version lays the report out otherwise, with the same numbers.",
    "SS912": "The archive is larger than it is meant to be. It holds text to be read and verified; weights "
    "and whole datasets stay in the run's folder.",
    "SS913": "A part of the archive cannot be read: it was changed, or another version wrote it.",
    "SS914": "The archived spec makes the plan that was run, and a check of method that has come since "
    "refuses it. What was measured stands; whoever reads it should know what the check is about.",
}
