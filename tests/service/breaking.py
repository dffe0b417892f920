"""The ways in which a web server before the service can be broken, and what the doctor says of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from comments_service.doctor.patient import fault, not_passed_on
from tests.service.fronts import Broken

PROXY = "\t\treverse_proxy 127.0.0.1:8000\n"
PASS = "        proxy_pass http://127.0.0.1:8000;\n"
FORWARDED = "    proxy_set_header X-Forwarded-For $remote_addr;\n"
SERVER = "    proxy_set_header X-Forwarded-Proto $scheme;\n"
SERVICE = "\t@service path"
LOCATION = "    location / {\n"
SOME_TYPES = "types { text/html html; application/json json; } default_type text/plain;"
NGINX_HTML = "proxy_hide_header Content-Type; add_header Content-Type text/html;"
FOLDER = "\thandle {\n\t\timport site_headers\n"

PAGES = sorted(f"{lang}/{path}" for lang in ("", "/nl", "/en") for path in ("log-in", "log-in/", "threads/"))


@dataclass(frozen=True)
class Case:
    """What is broken, which check says what of it (* is anything), and beside which lines its rule mends it."""

    check: str
    says: str
    remedy: tuple[str, ...]
    broken: Broken
    rule_at: tuple[str, str] | None = None


def answered(caddy: str, nginx: str) -> Broken:
    """Something that changes answers, beside the line that passes a request on."""
    return Broken(((PROXY, PROXY.rstrip() + f" {{\n\t\t\t{caddy}\n\t\t}}\n"),), ((PASS, f"{PASS}        {nginx}\n"),))


def asked(caddy: str, header: str, value: str = '""') -> Broken:
    """A header of requests that is lost, or another."""
    return Broken(
        answered(f"header_up {caddy}", "").caddy, ((SERVER, f"{SERVER}    proxy_set_header {header} {value};\n"),)
    )


def instead(path: str, kind: str, text: str) -> Broken:
    """The web server answers by itself, with 200, what is the service's to answer."""
    allowed = 'add_header Access-Control-Allow-Origin "*";'
    caddy = f"\theader Access-Control-Allow-Origin *\n\t\theader Content-Type {kind}\n\t\trespond `{text}`"
    nginx = f"location ^~ {path} {{ default_type {kind}; {allowed} return 200 '{text}'; }}"
    return Broken(
        ((SERVICE, f"\thandle {path}* {{\n\t{caddy}\n\t}}\n{SERVICE}"),), ((SERVER, f"{SERVER}    {nginx}\n"),)
    )


def mend(name: str, **values: str) -> tuple[str, ...]:
    """The lines of a remedy."""
    return fault("", name, **values).remedy


def rule_of(program: str, remedy: tuple[str, ...]) -> str:
    """The rule for one program in the lines of a remedy."""
    return "\n".join(line.removeprefix(f"{program}: ") for line in remedy if line.startswith(f"{program}: "))


CASES = {
    "a handle": Case(
        "handles",
        "@bouwers@plein.example is not found: https://plein.example/.well-known/webfinger",
        not_passed_on("", ["/.well-known/webfinger"]).remedy,
        Broken(((" /.well-known/webfinger", ""),), (("(webfinger|host-meta", "(host-meta"),)),
        rule_at=(SERVICE, SERVER),
    ),
    "threads and log-in": Case(
        "paths",
        f"not passed on to the service: {', '.join(PAGES)}",
        not_passed_on("", PAGES).remedy,
        Broken(
            tuple(
                (f" {path}*" if path.endswith("/") else f" {path} ", "" if path.endswith("/") else " ")
                for path in PAGES
            ),
            (("(threads|people|log-in", "(people"), ("|log-in|log-out", "|log-out")),
        ),
        rule_at=(SERVICE, SERVER),
    ),
    "the port": Case(
        "web server",
        "https://plein.example/readyz answers 502",
        mend("upstream"),
        Broken(((PROXY, PROXY.replace("8000", "1")),), ((PASS, PASS.replace("8000", "1")),)),
    ),
    "the query": Case(
        "handles",
        "the query of https://plein.example/.well-known/webfinger?resource=acct:bouwers@plein.example does not arrive",
        mend("query"),
        Broken(
            ((PROXY, "\t\trewrite * {path}?\n" + PROXY),),
            ((PASS, "        set $args '';\n" + PASS),),
        ),
    ),
    "handles by their pages": Case(
        "handles",
        "@bouwers@plein.example is not found: https://plein.example/.well-known/webfinger?resource="
        "https://plein.example/*groups/bouwers/ answers 403",
        not_passed_on("", ["/.well-known/webfinger"]).remedy,
        Broken(
            (
                (
                    SERVICE,
                    '\t@some expression {query}.contains("/groups/")\n\thandle @some {\n\t\trespond 403\n\t}\n'
                    + SERVICE,
                ),
            ),
            ((PASS, "        if ($args ~ /groups/) { return 403; }\n" + PASS),),
        ),
    ),
    "addresses of readers": Case(
        "readers",
        "their addresses do not arrive",
        mend("reader"),
        Broken(asked("-X-Forwarded-For", "").caddy, ((FORWARDED, FORWARDED.replace("$remote_addr", '""')),)),
    ),
    "addresses that readers make up": Case(
        "readers",
        "whoever asks can say from where",
        mend("reader"),
        Broken(
            asked('X-Forwarded-For "{http.request.header.X-Forwarded-For}"', "").caddy,
            ((FORWARDED, ""),),
        ),
    ),
    "event streams": Case(
        "event streams",
        "https://plein.example/api/v1/threads/*/events says nothing within",
        mend("stream"),
        Broken(
            ((PROXY, PROXY.replace("8000\n", "8000 {\n\t\t\tbuffer_responses\n\t\t}\n")),),
            ((PASS, "        proxy_ignore_headers X-Accel-Buffering;\n" + PASS),),
        ),
    ),
    "what stands in the place of WebFinger": Case(
        "handles",
        "does not lead to https://plein.example/ap/actors/* (and 17 more)",
        not_passed_on("", ["/.well-known/webfinger"]).remedy,
        instead("/.well-known/webfinger", "application/jrd+json", "{}"),
    ),
    "what stands in the place of actors": Case(
        "handles",
        "answers 200 without its actor (and 3 more)",
        not_passed_on("", ["/ap/"]).remedy,
        instead("/ap/", "application/activity+json", "{}"),
    ),
    "the type of actors": Case(
        "handles",
        "has the content type text/html for application/activity+json (and 3 more)",
        mend("type-of-answer"),
        Broken(
            (
                (
                    SERVICE,
                    f"\t@some path /ap/*\n\theader @some {{\n\t\tdefer\n\t\tContent-Type text/html\n\t}}\n{SERVICE}",
                ),
            ),
            ((SERVER, f"{SERVER}    location ^~ /ap/ {{ {PASS} {NGINX_HTML} }}\n"),),
        ),
    ),
    "host-meta": Case(
        "documents",
        "https://plein.example/.well-known/host-meta answers 404",
        not_passed_on("", ["/.well-known/host-meta"]).remedy,
        Broken(((" /.well-known/host-meta", ""),), (("|host-meta", ""),)),
        rule_at=(SERVICE, SERVER),
    ),
    "documents": Case(
        "documents",
        "https://plein.example/ap/nodeinfo/2.1 answers 404",
        not_passed_on("", ["/ap/"]).remedy,
        Broken(((" /ap/*", ""),), (("|ap|", "|"),)),
        rule_at=(SERVICE, SERVER),
    ),
    "the inbox": Case(
        "signed requests",
        "https://plein.example/ap/inbox answers a signed POST with 403",
        not_passed_on("", ["/ap/"]).remedy,
        Broken(
            ((SERVICE, "\t@some method POST\n\thandle @some {\n\t\trespond 403\n\t}\n" + SERVICE),),
            ((PASS, "        if ($request_method = POST) { return 403; }\n" + PASS),),
        ),
    ),
    "the type of documents": Case(
        "documents",
        "/.well-known/host-meta has the content type text/html for application/xrd+xml",
        mend("type-of-answer"),
        answered("header_down Content-Type text/html", NGINX_HTML),
    ),
    "the type of handles": Case(
        "handles",
        "has the content type application/json for application/jrd+json",
        mend("type-of-answer"),
        answered(
            "header_down Content-Type application/json",
            "proxy_hide_header Content-Type; add_header Content-Type application/json;",
        ),
    ),
    "the host": Case(
        "signed requests",
        "what is signed after draft-cavage-12 arrives changed: other-host",
        mend("host"),
        Broken(
            answered("header_up Host localhost", "").caddy,
            (("    proxy_set_header Host $host;\n", ""),),
        ),
    ),
    "the signature": Case(
        "signed requests",
        "what is signed after draft-cavage-12 arrives unsigned (and 1 more)",
        mend("signature"),
        asked("-Signature", "Signature"),
    ),
    "the digest": Case(
        "signed requests",
        "what is signed after draft-cavage-12 arrives changed: bad-digest",
        mend("signature"),
        asked("-Digest", "Digest"),
    ),
    "long bodies": Case(
        "signed requests",
        "https://plein.example/ap/inbox takes no body of 200000 bytes (and 1 more)",
        mend("body"),
        Broken(
            ((SERVICE, "\trequest_body {\n\t\tmax_size 1KB\n\t}\n" + SERVICE),),
            (("client_max_body_size 256k;", "client_max_body_size 1k;"),),
        ),
    ),
    "cross-origin": Case(
        "cross origin",
        "https://plein.example/api/v1/openapi.json allows the origin 'of nobody' for '*'",
        mend("origin-allowed"),
        answered("header_down -Access-Control-Allow-Origin", "proxy_hide_header Access-Control-Allow-Origin;"),
    ),
    "cross-origin twice": Case(
        "cross origin",
        "allows the origin '*, *' for '*'",
        mend("origin-allowed-once"),
        answered("header_down +Access-Control-Allow-Origin *", "add_header Access-Control-Allow-Origin *;"),
    ),
    "cross-origin documents": Case(
        "documents",
        "host-meta allows the origin 'of nobody' for '*'",
        mend("origin-allowed"),
        answered("header_down -Access-Control-Allow-Origin", "proxy_hide_header Access-Control-Allow-Origin;"),
    ),
    "preflights": Case(
        "cross origin",
        "a preflight of https://plein.example/api/v1/comments/nobody-has-this-name is answered with 405",
        mend("methods"),
        Broken(
            ((SERVICE, "\t@some method OPTIONS\n\thandle @some {\n\t\trespond 405\n\t}\n" + SERVICE),),
            ((PASS, "        if ($request_method = OPTIONS) { return 405; }\n" + PASS),),
        ),
    ),
    "methods": Case(
        "cross origin",
        "DELETE does not reach the service",
        mend("methods"),
        Broken(
            ((SERVICE, "\t@some method DELETE\n\thandle @some {\n\t\trespond 405\n\t}\n" + SERVICE),),
            ((PASS, "        if ($request_method = DELETE) { return 405; }\n" + PASS),),
        ),
    ),
    "tokens": Case(
        "readers",
        "Authorization does not reach the service: https://plein.example/api/v1/asker answers 401",
        mend("authorization"),
        asked("-Authorization", "Authorization"),
    ),
    "set-cookie": Case(
        "log in",
        "the cookie __Host-plein-session arrives without httponly, path=/, samesite=lax, secure",
        mend("cookies-out"),
        answered("header_down -Set-Cookie", "proxy_hide_header Set-Cookie;"),
    ),
    "secure cookies": Case(
        "log in",
        "the cookie __Host-plein-session arrives without secure",
        mend("cookies-out"),
        answered('header_down Set-Cookie "; Secure" "; Sure"', "proxy_cookie_flags ~ nosecure;"),
    ),
    "cookies": Case(
        "log in",
        "cookies do not reach the service",
        mend("cookies-in"),
        asked("-Cookie", "Cookie"),
    ),
    "the origin of forms": Case(
        "log in",
        "the Origin of forms does not arrive",
        mend("origin"),
        asked("-Origin", "Origin"),
    ),
    "private answers": Case(
        "log in",
        "https://plein.example/api/v1/me may be kept and shown to another reader",
        mend("private"),
        answered(
            'header_down Cache-Control "public, max-age=60"',
            'proxy_hide_header Cache-Control; add_header Cache-Control "public, max-age=60" always;',
        ),
    ),
    "the type of files": Case(
        "files",
        "https://plein.example/theme/plein.abc12345.css has the content type text/plain for text/css",
        mend("type-of-file", PATH="/theme/plein.abc12345.css", KIND="text/css"),
        Broken(
            ((FOLDER, f"{FOLDER}\t\theader /theme/*.css Content-Type text/plain\n"),),
            ((LOCATION, f"{LOCATION}        {SOME_TYPES}\n"),),
        ),
    ),
    "the type of feeds": Case(
        "files",
        "https://plein.example/feeds/atom.xml has the content type",
        mend("type-of-feed", PATH="/feeds/atom.xml", KIND="application/atom+xml"),
        Broken(
            (("\t\theader @feed Content-Type application/atom+xml\n", ""),),
            (("            default_type application/atom+xml;\n            types { }\n", ""),),
        ),
        rule_at=(SERVICE, LOCATION),
    ),
    "the folder": Case(
        "files",
        "https://plein.example/plein.json answers 404",
        mend("folder"),
        Broken(
            ((FOLDER, f"{FOLDER}\t\troot * /nowhere\n"),),
            ((LOCATION, f"{LOCATION}        root /nowhere;\n"),),
        ),
    ),
    "policies": Case(
        "files",
        "https://plein.example/ says nothing of content-security-policy",
        mend("policy"),
        Broken(
            ((FOLDER, f"{FOLDER}\t\theader -Content-Security-Policy\n"),),
            (("        add_header Content-Security-Policy ", "        #"),),
        ),
    ),
    "what is missing": Case(
        "files",
        "https://plein.example/nobody-has-this-name/ answers 200 for 404",
        mend("missing"),
        Broken(
            ((FOLDER, f"{FOLDER}\t\ttry_files {{path}} {{path}}/ /index.html\n"),),
            (("try_files $uri $uri/ =404;", "try_files $uri $uri/ /index.html;"),),
        ),
    ),
}


def mended(case: Case) -> Broken:
    """The broken one with the rule of the doctor added, as it stands there."""
    before, after = case.rule_at or ("", "")
    caddy = (before, f"\t{rule_of('Caddy', case.remedy)}\n{before}")
    return Broken(
        (*case.broken.caddy, caddy), (*case.broken.nginx, (after, f"{after}{rule_of('nginx', case.remedy)}\n"))
    )


def apart(port: int, root: tuple[str, ...], www: Mapping[str, str]) -> Broken:
    """A service in the subpath /sub, on that port, with a remedy at the root of its host and rules for the host WWW."""
    caddy = f"\t@sub path /sub/*\n\thandle @sub {{\n\t{PROXY}\t}}\n\t{rule_of('Caddy', root)}\n"
    nginx = f"    location ^~ /sub/ {{ {PASS} }}\n{rule_of('nginx', root)}\n"
    caddy, nginx = (rule.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for rule in (caddy, nginx))
    no_root = CASES["a handle"].broken
    return Broken((*no_root.caddy, (SERVICE, caddy + SERVICE)), (*no_root.nginx, (SERVER, SERVER + nginx)), www)
