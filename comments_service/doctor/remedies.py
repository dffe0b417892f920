"""What mends a fault: the rule for Caddy and for nginx, word for word, or what else is to be done."""

from collections.abc import Iterable
from dataclasses import dataclass

PORT = "127.0.0.1:8000"  # where `serve` listens by default; deploy/ names it too


@dataclass(frozen=True)
class Remedy:
    """Rules may have several lines. `text` is for what is no matter of the web server."""

    caddy: str = ""
    nginx: str = ""
    text: str = ""

    def lines(self) -> list[str]:
        named = (("Caddy", self.caddy), ("nginx", self.nginx), ("do", self.text))
        return [f"{name}: {line}" for name, rule in named for line in rule.splitlines()]


def of_text(text: str) -> Remedy:
    return Remedy(text=text)


def pass_on(paths: Iterable[str]) -> Remedy:
    """Let the service answer paths; one that ends with / stands for all below it."""
    known = list(paths)
    caddy = " ".join(f"{path}*" if path.endswith("/") else path for path in known)
    nginx = [f"location {'^~' if path.endswith('/') else '='} {path} {{ proxy_pass http://{PORT}; }}" for path in known]
    return Remedy(f"@missed path {caddy}\nhandle @missed {{\n\treverse_proxy {PORT}\n}}", "\n".join(nginx))


def send_on(path: str, target: str) -> Remedy:
    """Let one host of ours send others to the service on another one."""
    return Remedy(f"redir {path} {target}{{uri}}", f"location = {path} {{ return 302 {target}$request_uri; }}")


def below(path: str, base: str) -> Remedy:
    """Let the root of a host pass a path on into the service's subpath; the query stays."""
    return Remedy(
        f"handle {path} {{\n\trewrite * {base}{{uri}}\n\treverse_proxy {PORT}\n}}",
        f"location = {path} {{ proxy_pass http://{PORT}{base}{path}; }}",
    )


def type_of(path: str, kind: str) -> Remedy:
    """Send a file with its content type. nginx takes .xml for text/xml."""
    feed = f"location = {path} {{ default_type {kind}; types {{ }} }}  # within location /"
    return Remedy(
        f"header {path} Content-Type {kind}", feed if path.endswith(".xml") else "include /etc/nginx/mime.types;"
    )


UPSTREAM = Remedy(f"reverse_proxy {PORT}", f"proxy_pass http://{PORT};", "start the service, on the port of this rule")
UNREACHED = of_text("see that the name, the port and the certificate are right, and that nothing is compressed unasked")
FOLDER = Remedy("root * /srv/plein/site\nfile_server", "root /srv/plein/site;", "build the site into this folder")
MISSING = Remedy("file_server, without try_files to a page", "try_files $uri $uri/ =404;")
POLICY = Remedy(
    "import site_headers, of deploy/Caddyfile",
    "add_header Content-Security-Policy $plein_policy always;\nadd_header X-Content-Type-Options nosniff always;",
)
TYPE = Remedy("without header_down Content-Type", "without proxy_hide_header Content-Type and add_header Content-Type")
QUERY = Remedy("without a rewrite that drops the query", f"proxy_pass http://{PORT};  # and no path behind the port")
HOST = Remedy("header_up Host {http.request.host}", "proxy_set_header Host $host;")
SIGNATURE = Remedy(
    "without header_up for Signature, Signature-Input, Digest, Content-Digest and Date",
    "without proxy_set_header for Signature, Signature-Input, Digest, Content-Digest and Date",
)
BODY = Remedy("request_body {\n\tmax_size 256KB\n}", "client_max_body_size 256k;")
CLOCK = of_text("let the machine keep time: timedatectl set-ntp true")
CORS = Remedy(
    "without header_down -Access-Control-Allow-Origin", "without proxy_hide_header Access-Control-Allow-Origin"
)
CORS_TWICE = Remedy(
    "without a header Access-Control-Allow-Origin of its own", "without add_header Access-Control-Allow-Origin"
)
METHODS = Remedy("without a matcher `method`", "without limit_except and if ($request_method …)")
COOKIES_OUT = Remedy(
    "without header_down Set-Cookie",
    "without proxy_hide_header Set-Cookie, proxy_cookie_flags, proxy_cookie_path and proxy_cookie_domain",
)
COOKIES_IN = Remedy("without header_up -Cookie", "proxy_set_header Cookie $http_cookie;")
ORIGIN = Remedy("without header_up -Origin", "proxy_set_header Origin $http_origin;")
AUTHORIZATION = Remedy("without header_up -Authorization", "proxy_set_header Authorization $http_authorization;")
PRIVATE = Remedy("without header_down Cache-Control", "without proxy_hide_header Cache-Control and expires")
