"""Files, syntax, names and imports."""

FILES = {
    "SS101": "A folder was named where a file is needed. A folder has no order in which its files "
    "could be read, so nothing is guessed. Name the file itself; the message lists those that the "
    "folder holds.",
    "SS102": "A file is larger than a spec (2 MB) or a data file (50 MB) may be. A spec is read by "
    "people before it is run, and nobody reads that much. Keep records in a .jsonl file and name it with "
    "file(...); split what is larger.",
    "SS103": "There is no file of this name. Paths in a spec count from the file that names them, not "
    "from where the command is run, so that a spec folder can be moved whole. Put the name right; the "
    "nearest one that is there is offered.",
    "SS104": "The operating system refused to let the file be read: it belongs to somebody else, or its "
    "path leads nowhere or in a circle. Nothing can be said about what it holds. Change its permissions "
    "or the link.",
    "SS105": "The file holds bytes that no text has: it is a binary file, such as an archive or "
    "weights. Specs and records are text, so that a change to them can be seen. Name the text file that "
    "is meant.",
    "SS106": "The file is not UTF-8 text. In another encoding the same bytes are other characters on "
    "another machine, and a prompt would be another prompt. Save the file as UTF-8; the message says "
    "which byte does not fit.",
    "SS107": "The file is empty: it defines nothing and imports nothing, so there is nothing that could "
    "be compiled or used. A new stage starts with: language 1. stagespec new stage NAME writes one that "
    "compiles.",
    "SS108": "The file is written in a version of the language that this version does not read. The "
    "same words may have meant something else there, so nothing is guessed. Install the version that "
    "reads it, or rewrite the file and its first line.",
    "SS109": "The file defines no stage, so there is nothing to compile. Profiles and shared "
    "definitions are compiled with the stages that use them; stagespec check reads them by themselves.",
    "SS110": "The file ends in the middle of a definition: something is cut off, as by a copy that "
    "stopped. Half a file that compiled would be half an experiment, and nobody would see what is "
    "missing. Complete the last definition, or take it out.",
    "SS111": "A bracket is opened and never closed, so everything behind it would belong to the wrong "
    "block. The indentation says which one is meant and where it should end. Add the closing bracket "
    "there.",
    "SS112": "A quote or a slash is opened and never closed: a string ends on its line, a regular "
    'expression between two slashes, and a text of several lines between """ and """. Without its end '
    "the rest of the file would be read as text. Close it where it was meant to end.",
    "SS113": "A character that has no meaning in the language, often a quote that a word processor made "
    "round or a sign of another language. It is not passed over, since it may have been meant to say "
    "something. Take it out, or write what is meant.",
    "SS114": "A number is followed by a word that is no unit. Units are a closed list, so that 10 "
    "tokens can never be read as something else: tokens once meant words. Use one of the units that the "
    "message lists.",
    "SS115": 'A field is written name = value, and the "=" is missing or is another sign. What stands '
    "on the line could be read in several ways, and one of them would set something in vain. Write the "
    '"=".',
    "SS116": "A word or sign stands where the language has no place for it. The rest of that entry "
    "cannot be read, and is left out while the others are checked. Where it can be told what was "
    "meant, the message says it.",
    "SS117": "A name stands alone, or its line ends before the value does. A field without a value "
    "would keep its default, and its author would think that it was set. Write name = value, or take the "
    "name out.",
    "SS118": "A number has more digits than can be meant, and more than can be kept exactly: two whole "
    "numbers that differ would become one. Write a smaller number; thousands may be parted, as in 15_000.",
    "SS119": "Brackets or blocks are nested more deeply than can be read. No spec that a person is to "
    "review needs that. Give the inner parts names of their own, as constants, prompts or rules.",
    "SS120": "A number is not written as one: digits, with single _ between them, a point and decimals, "
    "an exponent. Any other spelling, such as 0x10 or 1.5.2, would be read as something that was not "
    "meant. Write it plainly.",
    "SS121": "A word that is nearly one of the language's own, such as bye for by. It is read as that "
    "word, so that the rest of the file is checked as well. Put it right; check --fix does so where only "
    "one word fits.",
    "SS201": "The imported file does not define this name, so whatever uses it has nothing to go by. A "
    "definition is found only in the file that writes it, not in what that file imports. Put the name "
    "right, or import it from where it is defined.",
    "SS202": "A spec only reads files below its own folder, so that it can be reviewed, hashed and "
    "moved whole. Paths of one machine once stood in scripts. Move the file below the spec folder.",
    "SS203": "Files import each other in a circle, so neither can be read first, and what a name means "
    "would depend on where the reading began. Move what both of them need into a third file, and let "
    "both import it from there.",
    "SS204": "A name is defined twice. Each name means one thing in a file, else it would depend on "
    "the order of lines which one is used. The experiment had two trainers that were both called "
    "primary. Rename one of them, or take it out.",
    "SS205": "A name that is not defined here and not imported. Nothing is made up for it, and "
    "nothing is left out in silence: the experiment's pipeline called a script that had been deleted. "
    "Put the name right, import it, or define it.",
    "SS206": "The name means something of another kind than is needed in this place, such as a critic "
    "where a prompt must stand. Taking it anyway would change what the step does. Name what the message "
    "asks for.",
    "SS207": "Two files define the same name in different ways, and one plan would need both. A reader "
    "of the plan or the report could not tell which was used where. Rename one of them, or share a "
    "single definition.",
    "SS208": "Steps or stages wait for each other in a circle, so none can run first. The labels show "
    "who names whom. Take out the name that was not meant, or let the step read something that is made "
    "earlier.",
}
