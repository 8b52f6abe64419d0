"""Profiles and models, the part of a plan that is run, and archives."""

RUNNING = {
    "SS701": "There are no profiles: they stand in profiles.stage, in the spec folder. A profile says "
    "on what a stage is run (engine, checkpoints, hardware), apart from what is tested, so that the same "
    "method can be tried on a laptop. Write one.",
    "SS702": "There is no profile of this name. Another one is not taken in its place: it may bind "
    "other checkpoints, or only rehearse. Name one of those that are listed, or write it in "
    "profiles.stage.",
    "SS703": "The profile binds no checkpoint to a model that the stage uses. Which weights stand "
    "behind a role decides what is measured, so none is assumed. Add: model NAME = hub(...) with its "
    "revision, or a mock for rehearsals.",
    "SS704": "A stand-in says why it stands in, and taints every verdict: what an instruct model "
    "does says nothing of a base model, and the reader must see which of them answered. Write because "
    '= "...", or bind the model that is meant.',
    "SS705": "A model is bound to hub(...), folder(...), package(...) or mock(). The first three say "
    "where its weights come from; mock() that there is no language model at all, only canned text to "
    "rehearse with. Write one of them.",
    "SS706": "The source of a model is given arguments that it does not have, or lacks its name. "
    "What is not understood is not passed over: in the experiment arguments were passed that the "
    "callee ignored. Put it as the message says.",
    "SS707": "What is bound must not move: a version, revision or hash is missing, so that "
    "tomorrow's run could load other weights under the same plan. In the experiment a checkpoint was "
    "picked for being the newest file. Add what the message names.",
    "SS708": "A model in several packages names as many versions and hashes as packages, one for "
    "each in the same order; else one of them would be taken unproven, and could change under the "
    "same plan. Complete the lists.",
    "SS709": "Nothing is known of this checkpoint yet, so tokens, times and memory are rough guesses, "
    "and a plan that seems to fit may not. stagespec lock measures it once and keeps what it finds in "
    "models.lock.",
    "SS710": "models.lock cannot be read: it was cut short, or changed by hand. What was measured of "
    "the checkpoints is not used, and the plan is estimated without it. stagespec lock writes it anew.",
    "SS711": "Only a rehearsal, which claims nothing, may look at fewer held-out items. A claim on a "
    "part of them shows less than was planned, and the part could have been picked. Take the limit out, "
    "or call the profile a rehearsal.",
    "SS720": "The GPU is not in the table of known ones, so it cannot be worked out whether the plan "
    "fits it and how long it takes. Say its memory, speed and bandwidth in the profile, or take the name "
    "of one that is known.",
    "SS723": "A price stands with the GPU and with the hardware, and only one of them can be meant; "
    "what the quote comes to, and whether it is in the budget, would depend on which. Keep the GPU's, "
    "and take the other out.",
    "SS801": "The plan has no stage or step of this name, so nothing would be run, and that would "
    "look like success. --only names a stage, --from and --until name steps, alone or as STAGE.STEP. "
    "Put the name right; near ones are offered.",
    "SS802": "Several stages have a step of this name, and to run the wrong one costs as much as the "
    "right one. Nothing is guessed from the order of the stages. Name the stage too, as in "
    "generation.good.",
    "SS803": "The step belongs to another stage than the one that --only names, so no run could hold "
    "both, and an empty run would look like success. Name a step of that stage, or leave --only out.",
    "SS804": "What --until names does not rest on what --from names, so that a run which begins at "
    "the one would never come to the other. Name two steps of which the second follows from the "
    "first; the dry run shows what each step reads.",
    "SS901": "A file of the archive does not have the hash that archive.json names. An archive is "
    "frozen: nothing in it is mended afterwards. Put the file back as it was frozen, or archive the "
    "run anew under another name.",
    "SS902": "A file that archive.json names is not there, so what it proved can no longer be shown. An "
    "archive is verified whole or not at all. Bring the file back from where the archive was made, or "
    "archive the run anew.",
    "SS903": "A file lies in the archive that archive.json does not name. It was never verified with "
    "the rest, and a reader may take it for a part of the evidence. Take it out, or archive the run anew "
    "with it.",
    "SS904": "The plan is not what its hashes say, or manifest and archive.json name others: what "
    "was run and what is told are two things. In the experiment the approved configuration was not "
    "the one that ran. Archive the run anew.",
    "SS905": "The specs in the archive do not compile with this compiler, so it cannot be shown that "
    "they make the plan that was run. The archive stands as it is; verify it with the compiler version "
    "that it names.",
    "SS906": "The specs in the archive compile to another method or plan than the one that was run: "
    "they were changed, or the compiler reads them otherwise by now. The version that compiled them "
    "stands in archive.json.",
    "SS907": "An answer, cut by the plan's rules and put to its item's check again, passes where it "
    "failed, or fails where it passed. Then the scores are not those of these answers. Look at the check "
    "and the rules of that version, and run and archive anew.",
    "SS908": "A number of the manifest is not what comes out when it is worked out anew from the "
    "answers, the critics' scores and the counts of records in the archive. Whoever reads it would be "
    "told what was not measured. Archive the run anew.",
    "SS909": "A reason why a verdict is no claim is missing, or stands in one place alone. A rehearsal, "
    "a mock and a stand-in taint every verdict, and a report without that word would claim what was "
    "never measured. Archive the run anew.",
    "SS910": "Two parts of the archive tell the same thing differently: the manifest, and what the "
    "run took down while it ran. In the experiment a repair script rewrote provenance. Nothing can be "
    "mended here; run and archive anew.",
    "SS911": "The report shows a number that the manifest does not give, so a reader would be told what "
    "was not measured. It is only a note where this version lays the report out otherwise, with the same "
    "numbers. Otherwise archive the run anew, with the report that it made.",
    "SS912": "What the run made is larger here than an archive is meant to be, and it is to be read, "
    "verified and kept beside the code for good. Nothing that it proves is wrong. Weights and whole "
    "datasets stay in the run's folder; look which of its files is large before it is kept.",
    "SS913": "A part of the archive cannot be read: it was changed, cut short, or written by another "
    "version. What cannot be read proves nothing. Bring it back from where the archive was made, or "
    "verify it with the version that archive.json names.",
    "SS914": "The archived spec makes the plan that was run, and a check of method that has come "
    "since refuses it. What was measured stands, and nothing in the archive is to be mended; whoever "
    "reads it should know what the check is about: stagespec explain tells it by its code.",
}
