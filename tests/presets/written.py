"""A whole small programme as an installation might write it, with its own shared blocks."""

PROGRAMME = """\
key: river_schools
title: "Schools along the river"
languages: [fr, en]
labels: {circle: "cercle", circles: "cercles", my_circle: {fr: "Mon cercle", en: "My circle"}}
roles:
  - key: teacher
    title: "Enseignante"
    rights: teacher
    suggested_for: Learner
    composition: {target: 8, warn_below: 4, warn_above: 12}
  - {key: host, title: "Hôtesse", rights: facilitator, suggested_for: Instructor}
levels: [{key: valley, title: "Vallée"}]
plan: {level: valley, units: [GH, XV], circles_per_unit: 2}
meetings:
  - {key: m1, kind: meeting, minutes: 60, title: "Première rencontre"}
stages:
  - key: look
    title: "Regarder"
    why: "On commence par ce que l’on voit."
    prompts:
      - {key: seen, text: "Qu’ai-je vu ?"}
  - key: tell
    title: "Raconter"
    why: "Une histoire reste."
    prompts:
      - {key: story, text: "Que s’est-il passé ?"}
    repeat: {min: 1, max: 2}
    max_words: 200
rubric: story_quality
feedback: {protocols: [ladder, two_words], per_teacher: {gives_min: 1, receives_min: 1}}
evidence_types: [tally, drawing]
credit:
  mode: milestones
  milestones:
    - {key: told, title: "Une histoire partagée", counts: stage_shared, stage: tell}
"""

SHARED = """\
protocols:
  - key: two_words
    title: "Two words"
    steps:
      - {key: words, who: participants, do: "Which two words stay with me?"}
scales:
  - key: by_day
    levels:
      - {key: dawn, title: "Dawn", reads: "It begins."}
      - {key: noon, title: "Noon", reads: "It is clear."}
rubrics:
  - key: story_quality
    title: "Quality of a story"
    scale: by_day
    criteria:
      - key: people
        title: "People"
        levels: {dawn: "Somebody acts.", noon: "We see why they act."}
evidence_types:
  - {key: drawing, title: "A drawing", pupil_data: possible}
"""

COUNTRIES = """\
countries:
  - {key: XV, title: "The valley", languages: [fr], time_zone: Africa/Abidjan}
"""
