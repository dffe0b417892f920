"""Every fault that the check knows: code -> severity, what is wrong, how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from theme.plugins.catalogue import N_


@dataclass(frozen=True)
class Fault:
    """Texts are msgids with {names}; `guess` is said instead of `mend` when the finding carries a guess."""

    message: str
    mend: str
    guess: str = ""
    severity: Literal["error", "warning"] = "error"


_DID_YOU_MEAN = N_("Did you mean “{guess}”?")

FAULTS: Mapping[str, Fault] = {
    # The file
    "symlink": Fault(
        N_("This is a symbolic link, which may lead out of the content folder."), N_("Put the file itself here.")
    ),
    "not-a-file": Fault(N_("This is neither a file nor a folder."), N_("Take it away.")),
    "unreadable": Fault(N_("The file cannot be read."), N_("Give it read permission.")),
    "file-too-big": Fault(N_("The text is larger than {limit}."), N_("Split it, or move data to a file beside it.")),
    "wrong-encoding": Fault(
        N_("The file is not UTF-8 text from here on; it looks like {guess}."), N_("Save it again as UTF-8.")
    ),
    "byte-order-mark": Fault(
        N_("The file begins with a byte-order mark."), N_("Save it as UTF-8 without BOM (byte-order mark).")
    ),
    "control-character": Fault(
        N_("There is a character here that cannot be shown ({character})."),
        N_("Delete it; retype the words around it."),
    ),
    "bad-file-name": Fault(
        N_("The file name is not of the form slug.language.md, with a slug of a-z, 0-9 and hyphens."),
        N_("Rename it, like “open-werken.nl.md”."),
        N_("Rename it, perhaps to “{guess}”."),
    ),
    "unknown-language": Fault(
        N_("The site has no language “{name}”."), N_("End the file name in one of: {allowed}, followed by .md.")
    ),
    "reserved-slug": Fault(N_("The slug “{name}” is an address of the site itself."), N_("Choose another file name.")),
    "name-clash": Fault(
        N_("Another file has the same name but for letter case or the spelling of accents: “{other}”."),
        N_("Rename one of the two."),
    ),
    "misplaced-file": Fault(
        N_("A text in this place is not published."),
        N_("Put it straight into content/blogs, content/groups or content/pages."),
    ),
    "stray-file": Fault(N_("Nothing on the site uses this file."), N_("Use it, or take it away."), severity="warning"),
    "file-kind": Fault(N_("Files of this kind are not published."), N_("Use one of: {allowed}.")),
    "no-people": Fault(N_("There is no people.yml in the content folder."), N_("Make it; it names the authors.")),
    # Front matter as YAML
    "no-front-matter": Fault(
        N_("The file does not begin with a line “---”."), N_("Begin with “---”, the fields, and again “---”.")
    ),
    "no-closing-line": Fault(
        N_("The front matter that begins here has no closing line “---”."), N_("Put a line “---” after the last field.")
    ),
    "merge-conflict": Fault(
        N_("A merge conflict was left in the file."),
        N_("Choose what must stay, and delete the lines <<<<<<<, ======= and >>>>>>>."),
    ),
    "second-document": Fault(N_("A second YAML document begins here."), N_("Keep all fields in one.")),
    "yaml-alias": Fault(
        N_("YAML anchors and aliases (& and *) are not used here."),
        N_("Write the value out; put text that begins with & or * between quotes."),
    ),
    "yaml-tag": Fault(N_("YAML tags (!) are not used here."), N_("Put text that begins with ! between quotes.")),
    "yaml-too-big": Fault(
        N_("There are too many values, or values nested too deep."), N_("Keep to the fields of the reference.")
    ),
    "yaml-key": Fault(N_("A field name must be one word."), N_("Write “name: value”.")),
    "not-a-mapping": Fault(N_("These are not fields."), N_("Write every line as “name: value”.")),
    "duplicate-key": Fault(N_("“{key}” stands here for the second time."), N_("Keep one of the two.")),
    "hash-in-value": Fault(
        N_("Everything from the # on is lost: YAML takes it for a remark."), N_("Put the whole value between quotes.")
    ),
    "tab": Fault(N_("The line begins with a tab; YAML takes spaces only."), N_("Use two spaces instead.")),
    "unclosed-quote": Fault(
        N_("The quote that opens here does not close well."),
        N_("Close it with the same quote. Inside single quotes write ' twice; inside double quotes write \\\"."),
    ),
    "backslash": Fault(
        N_("A backslash in double quotes has a meaning of its own in YAML."),
        N_("Use single quotes around the value, or write \\\\ for each backslash."),
    ),
    "unclosed-bracket": Fault(N_("The bracket that opens here does not close."), N_("Close it: [one, another].")),
    "quote-needed": Fault(
        N_("A value cannot begin with {character} in YAML."), N_("Put the whole value between quotes.")
    ),
    "colon-in-value": Fault(
        N_("A value with a colon and a space in it is not clear to YAML."), N_("Put the whole value between quotes.")
    ),
    "bad-yaml": Fault(
        N_("This is not valid YAML."),
        N_("Look at the colon, the quotes, the brackets and the indentation of this line."),
    ),
    # Fields
    "unknown-field": Fault(N_("There is no field “{name}”."), N_("Take it out, or see {reference}."), _DID_YOU_MEAN),
    "missing-field": Fault(N_("The field “{field}” is missing."), N_("Add a line “{field}: …”.")),
    "empty-field": Fault(N_("The field “{field}” is empty."), N_("Fill it in.")),
    "wrong-type": Fault(N_("The field “{field}” has the wrong shape."), N_("See the example in {reference}.")),
    "not-a-list": Fault(N_("The field “{field}” must be a list."), N_("Write it as “{field}: [one, another]”.")),
    "wrong-value": Fault(
        N_("“{value}” is not possible for “{field}”."),
        N_("Use one of: {allowed}."),
        N_("Use one of: {allowed}. Did you mean “{guess}”?"),
    ),
    "too-long": Fault(N_("The field “{field}” has {length} characters; {limit} is the most."), N_("Make it shorter.")),
    "too-few-owners": Fault(
        N_("A group has at least two owners."), N_("Add the handle of another person to “owners”.")
    ),
    "not-iso": Fault(
        N_("“{value}” is not an ISO date of the kind used here."),
        N_("Write year-month-day, like 2026-11-25 or 2026-11-25T09:30."),
        N_("Write {iso}."),
    ),
    "no-day": Fault(
        N_("“{value}” names no day: it can be any day from {first} to {last}."),
        N_("Write year-month-day, like 2026-11-25 or 2026-11-25T09:30."),
    ),
    "ambiguous-date": Fault(N_("“{value}” can be read as {readings}."), N_("Write {iso}.")),
    "impossible-date": Fault(N_("“{value}” is no day of the calendar."), N_("Check year, month and day.")),
    "impossible-time": Fault(
        N_("“{value}” is no time that exists there."), N_("Use 00:00 to 23:59, and no hour that the summer time skips.")
    ),
    "ambiguous-time": Fault(N_("“{value}” comes twice, because the clock is set back."), N_("Add the zone: {iso}.")),
    "updated-before-date": Fault(
        N_("“updated” is earlier than “date”."), N_("Mend one of the two, or take “updated” out.")
    ),
    "bad-handle": Fault(
        N_("“{value}” is no handle: a handle is 1 to 30 characters a-z, 0-9 or _."),
        N_("Write a handle of people.yml, such as “redactie”."),
    ),
    "bad-slug": Fault(
        N_("“{value}” is no slug: a slug is a-z, 0-9 and single hyphens."),
        N_("Write the name of the file without language and .md."),
        _DID_YOU_MEAN,
    ),
    "bad-tag": Fault(
        N_("The tag “{value}” has no Latin letter or digit for its address."), N_("Write it with one of a-z or 0-9.")
    ),
    "bad-link": Fault(N_("“{value}” is no web address that begins with https://."), N_("Write the whole address.")),
    "leaves-folder": Fault(
        N_("“{value}” is no plain path to a file beside this one."), N_("Write the file name only, like “drempel.svg”.")
    ),
    "image-kind": Fault(N_("“{value}” is no picture that the site shows."), N_("Use one of: {allowed}.")),
    "alt-missing": Fault(
        N_("The field “image” has no “image_alt”."), N_("Add “image_alt” with what the picture shows.")
    ),
    "alt-without-image": Fault(
        N_("There is an “image_alt” but no “image”."), N_("Add “image”, or take “image_alt” out."), severity="warning"
    ),
    # Names and agreement
    "unknown-author": Fault(
        N_("There is no “{name}” in people.yml."), N_("Add this person to people.yml first."), _DID_YOU_MEAN
    ),
    "unknown-group": Fault(
        N_("There is no group “{name}”."), N_("Make the group first: content/groups/slug.language.md."), _DID_YOU_MEAN
    ),
    "hidden-group": Fault(
        N_("This group is not public, but this blog is."),
        N_("Choose another group, or set “visibility: members” here too."),
    ),
    "same-slug": Fault(
        N_("“{name}” is also a slug of {other}."),
        N_("A slug belongs to one page, earlier slugs included: change one of the two."),
    ),
    "same-handle": Fault(
        N_("“{name}” is also the handle of {other}."),
        N_("People, groups and the site share one list of handles: change one."),
    ),
    "reserved-handle": Fault(N_("The handle “{name}” is kept for the site itself."), N_("Choose another one.")),
    "translation-differs": Fault(
        N_("“{field}” says something else than in {other}."), N_("Give both languages the same “{field}”.")
    ),
    # Text
    "empty-text": Fault(N_("There is no text under the front matter."), N_("Write it below the second line “---”.")),
    "too-slow": Fault(
        N_("The text takes more than {limit} s to render."), N_("Look for long rows of [, ( or *, and take them out.")
    ),
    "cannot-render": Fault(
        N_("The text cannot be rendered."), N_("Look for broken HTML, such as “<![”, and take it out.")
    ),
    "too-deep": Fault(
        N_("The text is nested more than {limit} levels deep."), N_("Close the HTML tags, or use fewer levels.")
    ),
    "heading-one": Fault(
        N_("A heading of level 1: that is the title, which stands above the text."), N_("Begin at level 2: “##”.")
    ),
    "skipped-heading": Fault(
        N_("A heading of level {level} follows one of level {previous}."),
        N_("Go down one level at a time, so that the outline is whole."),
    ),
    "same-id": Fault(
        N_("The id “{name}” stands on this page twice, so that a link to it leads astray."),
        N_("Choose another id; one that the page around the text uses is taken as well."),
    ),
    "unknown-note": Fault(
        N_("There is no note “[^{name}]:”."), N_("Add the line “[^{name}]: …”, or take the mark out.")
    ),
    "unused-note": Fault(
        N_("Nothing in the text points to note “{name}”."),
        N_("Put the mark [^{name}] in the text, or take the note out."),
    ),
    "unclosed-code": Fault(
        N_("The code block that begins here has no end."),
        N_("Close it with the same marks on a line of their own, not indented."),
    ),
    "indented-fence": Fault(
        N_("A code block with ``` does not work indented, as in a list."),
        N_("Leave the ``` out and indent the code by 8 spaces, or put the block outside the list."),
    ),
    "dropped-html": Fault(
        N_("The site does not show “{name}”."),
        N_("Use Markdown, or HTML of the list in docs/reference/front-matter.md."),
    ),
    "unknown-class": Fault(N_("The class “{name}” does nothing here."), N_("Take it out."), severity="warning"),
    "bad-scheme": Fault(
        N_("Addresses of this kind are not shown: “{target}”."), N_("Use https:, mailto:, tel: or a path to a file.")
    ),
    # Links and pictures
    "dead-link": Fault(
        N_("“{target}” leads nowhere."),
        N_("Write the path from this file to the other file, like “../groups/x.nl.md”."),
        _DID_YOU_MEAN,
    ),
    "dead-anchor": Fault(
        N_("There is no place “#{name}” on that page."),
        N_("Use the id of a heading there."),
        N_("Did you mean “#{guess}”?"),
    ),
    "hidden-link": Fault(
        N_("This leads to something that readers cannot see: it is for members only, or not due yet."),
        N_("Take it out, or link to it once it is public."),
    ),
    "link-without-scheme": Fault(N_("An address that begins with // is not clear."), N_("Write https:// in front.")),
    "leaves-content": Fault(
        N_("“{target}” leads out of the content folder."), N_("Link to a file in content, or to a whole https address.")
    ),
    "external-image": Fault(
        N_("The picture stands on another site, which would then see every reader."),
        N_("Put a copy into the folder of this page."),
    ),
    "missing-image": Fault(
        N_("There is no picture “{target}”."),
        N_("Put it into the folder of this page, or mend the path."),
        _DID_YOU_MEAN,
    ),
    "image-elsewhere": Fault(
        N_("The picture “{target}” lies in a folder that belongs to no page."),
        N_("Move it into the folder with the name of this page."),
    ),
    "missing-alt": Fault(N_("The picture has no alternative text."), N_("Say what it shows: ![what it shows](path).")),
    "image-too-big": Fault(
        N_("The picture is {size} kB; {limit} kB is the most."), N_("Make it smaller, or save it as WebP or AVIF.")
    ),
    "not-an-image": Fault(
        N_("The file is not what its name says."), N_("Save the picture again, in the kind of its name.")
    ),
    "svg-broken": Fault(N_("The SVG is not well-formed XML, or no SVG."), N_("Save it again from a drawing program.")),
    "svg-doctype": Fault(N_("The SVG has a DOCTYPE or entities."), N_("Delete the line “<!DOCTYPE …>”.")),
    "svg-script": Fault(
        N_("The SVG holds something that can run: “{name}”."), N_("Take it out; a picture only shows.")
    ),
    "svg-event": Fault(N_("The SVG has an event attribute: “{name}”."), N_("Take it out; a picture only shows.")),
    "svg-foreign": Fault(N_("The SVG holds parts of another language: “{name}”."), N_("Draw with SVG alone.")),
    "svg-outside": Fault(
        N_("The SVG refers to something outside itself: “{name}”."), N_("Put it into the SVG, or take it out.")
    ),
    # The accessibility statement
    "bad-criterion": Fault(
        N_("“{value}” is no criterion of WCAG 2.2 at level A or AA."), N_("Write its number, like 1.4.3.")
    ),
    "bad-number": Fault(N_("“{value}” is no whole number."), N_("Write it in digits.")),
    "bad-contact": Fault(
        N_("“{value}” is no address to write to."), N_("Write mailto: and an address, or a page with https://.")
    ),
    "old-statement": Fault(
        N_("The statement was looked at more than a year ago."),
        N_("Look again, and change “revised”."),
        severity="warning",
    ),
    "old-research": Fault(
        N_("The newest research is more than three years old."), N_("Have it done again."), severity="warning"
    ),
    # A house style
    "style-unreadable": Fault(N_("The house style cannot be read."), N_("Mend HOUSE_STYLE, or save it as UTF-8.")),
    "style-empty": Fault(
        N_("No token here is one that this site knows."), N_("Name another file, or a map: {reference}.")
    ),
    "style-colour": Fault(
        N_("The colour of “{name}” cannot be read: {value}."), N_("Write {token} as #rrggbb, rgb() or hsl().")
    ),
    "style-contrast": Fault(
        N_("“{front}” on “{ground}” ({one} on {other}) has a contrast of {seen}; {least} is needed."),
        N_("Change {token} or {under}, or name a file of your own after it."),
    ),
    "style-contrast-dark": Fault(
        N_("In the dark “{front}” on “{ground}” ({one} on {other}) has a contrast of {seen}; {least} is needed."),
        N_("Change {token} or {under}, or name a file with light colours only."),
    ),
    "style-focus": Fault(
        N_("On “{ground}” neither line of the focus has a contrast of {least}."), N_("Change {token} or {under}.")
    ),
}
