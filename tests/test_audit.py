"""The page audit refuses a bad page for each of its rules, and lets a good one pass."""

import pytest

from tests.audit import audit, bare_words

GOOD = """<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>A page · Circles</title></head>
<body><main><h1>A page</h1><h2>Part</h2><a href="/x">Go</a>
<form method="post" action="/x"><input type="hidden" name="visit" value="1">
<label for="t">Text</label><p id="t-hint">A hint</p><textarea id="t" name="t" aria-describedby="t-hint"></textarea>
<button>Save</button></form></main></body></html>"""

BAD = {
    "HTML:": ("<h2>Part</h2>", "<p><h2>Part</h2></p>"),
    "does not say its language": ('lang="en" ', ""),
    "does not say its direction": (' dir="ltr"', ""),
    "there is no main": ("main>", "div>"),
    "there are 2 h1": ("<h2>Part</h2>", "<h1>Part</h1>"),
    "does not begin with the h1": ("<title>A page", "<title>Another page"),
    "h1 is followed by h3": ("<h2>Part</h2>", "<h3>Part</h3>"),
    "an empty h2": ("<h2>Part</h2>", "<h2></h2>"),
    "the id t is there 2 times": ('<p id="t-hint">', '<p id="t"></p><p id="t-hint">'),
    "points to t-hint, which is not there": ('<p id="t-hint">', "<p>"),
    "a link leads to #gone": ('href="/x"', 'href="#gone"'),
    "the field t has no label": ('<label for="t">Text</label>', ""),
    "a fieldset without a legend": ("<h2>Part</h2>", "<h2>Part</h2><fieldset></fieldset>"),
    "a a without words": (">Go<", "><"),
    "a button without words": (">Save<", "><"),
    "has no alt": (">Go<", '><img src="/i.png">Go<'),
    "neither hidden from nor told": (">Go<", "><svg></svg>Go<"),
    "has no method": ('method="post" ', ""),
    "a form has no action": (' action="/x"', ""),
    "does not say who opened it": ('<input type="hidden" name="visit" value="1">', ""),
    "is not multipart": ("<button>", '<label>F<input type="file" name="f"></label><button>'),
    "has no button": ("<button>Save</button>", ""),
    "an inline style": ("<h2>", '<h2 style="color: red">'),
    "an inline script": ("<h2>", "<script>1</script><h2>"),
    "the attribute onclick": ("<h2>", '<h2 onclick="1">'),
    "runs or carries": ('href="/x"', 'href="javascript:1"'),
    "leads away from us": ('href="/x"', 'href="https://example.org"'),
    "img src leads away": (">Go<", '><img alt="" src="//example.org/i.png">Go<'),
    "something of the machinery shows: %(name)": ("Part", "%(name)s"),
    "the word “student”": ("Part", "Your student"),
    "the word “Submit”": ("<h2>", '<h2 title="Submit">'),
}


def test_a_good_page_passes():
    assert audit(GOOD) == []


@pytest.mark.parametrize(("fault", "change"), BAD.items(), ids=list(BAD))
def test_a_bad_page_is_refused(fault, change):
    assert change[0] in GOOD
    found = audit(GOOD.replace(*change), path="/somewhere")
    assert any(fault in sentence for sentence in found), found
    assert all(sentence.startswith("/somewhere: ") for sentence in found)


def test_an_external_link_says_so():
    link = '<a rel="external noopener" href="https://example.org">Away</a>'
    assert audit(GOOD.replace('<a href="/x">Go</a>', link)) == []


@pytest.mark.parametrize(
    "spared",
    ['<div class="written">my students</div>', "<p><bdi>A. Grade</bdi></p>", "<p>A graduate</p>", "<p>upgrade</p>"],
)
def test_what_people_wrote_is_theirs(spared):
    assert audit(GOOD.replace("<h2>", spared + "<h2>")) == []


def test_pages_of_administrators_may_use_the_words_of_the_lms():
    assert audit(GOOD.replace("Part", "Students"), forbidden=()) == []


def test_bare_words_are_those_outside_the_brackets():
    html = GOOD.replace("Part", "⟦Párt⟧ and 12 more").replace("A page", "⟦Á págé⟧")
    assert bare_words(html)[:4] == ["Circles", "and", "more", "Go"]
    assert "hint" in bare_words(html)
    assert bare_words('<html lang="en"><body>⟦x⟧ <bdi>Ana</bdi> <b lang="fr">mots</b></body></html>') == []
