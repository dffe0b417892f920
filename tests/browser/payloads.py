"""Two hundred texts that try to run a script or to break a page, sorted by the classes of the OWASP XSS guides.

Each one would set `window.ran` if a browser obeyed it. Links are made from
parts, so that every address meets every way to write one.
"""

RUN = "window.ran=1"

# A tag that runs something by itself, without a person who clicks.
SELF_RUNNING = (
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script/x>{RUN}</script>",
    f"<script\n>{RUN}</script\t>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script type=module>{RUN}</script>",
    "<script src=//127.0.0.1:9/x.js></script>",
    "<script src='data:text/javascript,window.ran=1'></script>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'/>",
    f'<img src="x"onerror="{RUN}">',
    f"<img/src=x/onerror={RUN}>",
    f"<IMG SRC=x ONERROR={RUN}>",
    f"<img src=x:x onerror\n=\n{RUN}>",
    f"<img srcset=x onerror={RUN}>",
    f"<image src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href='data:,{RUN}'/></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set onbegin={RUN} attributeName=x>",
    f"<svg><image href=x onerror={RUN}>",
    f"<svg><foreignObject><img src=x onerror={RUN}></foreignObject></svg>",
    f"<svg><use href='data:image/svg+xml,<svg id=a onload={RUN}></svg>#a'/></svg>",
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
    f"<body onload={RUN}>",
    f"<body onpageshow={RUN}>",
    f"<iframe onload={RUN}></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "<iframe src=javascript:parent.ran=1></iframe>",
    f"<object data=x onerror={RUN}></object>",
    "<object data='data:text/html,<script>parent.ran=1</script>'></object>",
    f"<embed src=x onerror={RUN}>",
    f"<video src=x onerror={RUN}></video>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}></select>",
    f"<textarea autofocus onfocus={RUN}></textarea>",
    f"<button autofocus onfocus={RUN}>x</button>",
    f"<a href=# autofocus onfocus={RUN} tabindex=1>x</a>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<style onload={RUN}></style>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<div style='animation-name:x' onanimationstart={RUN}>x</div>",
    f"<div contenteditable autofocus onfocus={RUN}>x</div>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href='javascript:{RUN}//'>",
    f"<form><button formaction=javascript:{RUN} autofocus onfocus={RUN}>x</button></form>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<template><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<xss onfocus={RUN} autofocus tabindex=1>x</xss>",
    f"<plein-thread page='blogs/x' onfocus={RUN} tabindex=1 autofocus></plein-thread>",
)

# Markup that a cleaner may read in one way and a browser in another (mutation XSS).
MUTATING = (
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>",
    f'<svg></p><style><a id="</style><img src=x onerror={RUN}>"></svg>',
    f'<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror={RUN} src>">',
    f'<noembed><img alt="</noembed><img src=x onerror={RUN}>"></noembed>',
    f'<xmp><p title="</xmp><img src=x onerror={RUN}>"></xmp>',
    f'<title><a title="</title><img src=x onerror={RUN}>"></title>',
    f'<textarea><a title="</textarea><img src=x onerror={RUN}>"></textarea>',
    f"<style><!--</style><img src=x onerror={RUN}>--></style>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<!--!><img src=x onerror={RUN}>",
    f"<![CDATA[<img src=x onerror={RUN}>]]>",
    f"<?xml version='1.0'?><img src=x onerror={RUN}>",
    f"<<img src=x onerror={RUN}>>",
    f"<img src='x' alt='`><script>{RUN}</script>`'>",
    f'<a title="<b"><img src=x onerror={RUN}>',
    f"</p></article></li></ol></main><img src=x onerror={RUN}>",
    f"</textarea></title></style></script><svg onload={RUN}>",
    f'"><svg onload={RUN}>',
    f"'><svg onload={RUN}>",
    f"`><svg onload={RUN}>",
    f"--><svg onload={RUN}>",
    f"]]><svg onload={RUN}>",
    f"x\u2028<img src=x onerror={RUN}>",
    f"<\u0000img src=x onerror={RUN}>",
    f"<img\u000csrc=x\u000conerror={RUN}>",
    f"\ufeff<img src=x onerror={RUN}>",
    f"\uff1cimg src=x onerror={RUN}\uff1e",
    f"\u02c2img src=x onerror={RUN}\u02c3",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"&#x3c;img src=x onerror={RUN}&#x3e;",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    "{{constructor.constructor('window.ran=1')()}}",
    "${window.ran=1}",
    "<%= window.ran=1 %>",
    "#{window.ran=1}",
)

# Addresses that are more than an address.
ADDRESSES = (
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f" javascript:{RUN}",
    f"\u0001javascript:{RUN}",
    f"javascript&colon;{RUN}",
    f"javascript&#58;{RUN}",
    f"&#106;avascript:{RUN}",
    f"&#x6A;avascript&#x3A;{RUN}",
    "javascript:%77indow.ran=1",
    f"javascript://127.0.0.1/%0a{RUN}",
    f"vbscript:{RUN}",
    f"livescript:{RUN}",
    "data:text/html,<script>window.ran=1</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cucmFuPTE8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'/>",
    f"blob:{RUN}",
    f"file:///etc/passwd#{RUN}",
    f"view-source:javascript:{RUN}",
    f"feed:javascript:{RUN}",
    f"jar:javascript:{RUN}!/",
    f'https://example.org/" onmouseover="{RUN}',
    f"https://example.org/' onfocus='{RUN}' autofocus='",
    f"https://example.org/><img src=x onerror={RUN}>",
    f"https://example.org/`onload={RUN}`",
    "//example.org/x",
    "/\\example.org/x",
)

# Markdown's own ways to write a link, a picture or a block around an address or a tag.
WRAPPERS = (
    "[press]({})",
    "[press](<{}>)",
    "![picture]({})",
    "<{}>",
)
TAGS_IN_MARKDOWN = (
    "> {}",
    "- {}\n- end",
    "**{}**",
    "`{}`",
    "```\n{}\n```",
    "    {}",
    "# {}",
    "~~{}~~",
    "[{}](https://example.org/)",
    "![{}](https://example.org/x.png)",
    '[a]: https://example.org/ "{}"\n\n[a]',
    "@{}",
)


def _made() -> list[str]:
    links = [wrapper.format(address) for address in ADDRESSES for wrapper in WRAPPERS]
    attack = SELF_RUNNING[8]
    wrapped = [wrapper.format(attack) for wrapper in TAGS_IN_MARKDOWN]
    return [*SELF_RUNNING, *MUTATING, *wrapped, *links]


PAYLOADS = _made()
