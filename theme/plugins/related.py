"""Which posts belong with which: by words, topics and group, weighed by how rare they are (tf-idf, cosine).

Words count in the language of their text, so posts in two languages meet by topic and group only. The work grows with
the number of posts and not with its square: each post offers its strongest features, each feature leads to few posts.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from theme.plugins.markup import plain_text
from theme.plugins.search import fold
from theme.plugins.views import BlogView

SHOWN = 3
STRONGEST = 30  # features of a post that count
PER_FEATURE = 60  # posts to which one feature leads
LEAST = 0.02  # less alike than this is chance

_WORD = re.compile(r"[^\W\d_]{4,}")
_ENDINGS = ("en", "es", "ed", "s", "e")  # of plurals and verbs in both languages
_TITLE, _SUMMARY, _TEXT, _TOPIC, _GROUP = 4.0, 2.0, 1.0, 8.0, 4.0


def related(blogs: Sequence[BlogView], count: int = SHOWN) -> Mapping[str, tuple[BlogView, ...]]:
    """For the slug of every post those that are most like it, the best first; the same for the same posts."""
    weights = _weighed([_features(blog) for blog in blogs])
    leads: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, features in enumerate(weights):
        for name, weight in features.items():
            leads[name].append((number, weight))
    for found in leads.values():
        found.sort(key=lambda one: (-one[1], one[0]))
    answer: dict[str, tuple[BlogView, ...]] = {}
    for number, (blog, features) in enumerate(zip(blogs, weights, strict=True)):
        likeness: defaultdict[int, float] = defaultdict(float)
        for name, weight in features.items():
            for other, its in leads[name][:PER_FEATURE]:
                likeness[other] += weight * its
        likeness.pop(number, None)
        best = sorted((-round(alike, 9), other) for other, alike in likeness.items() if alike >= LEAST)
        answer[blog.slug] = tuple(blogs[other] for _, other in best[:count])
    return answer


def _features(blog: BlogView) -> Mapping[str, float]:
    """How often each word of a post occurs, dampened, and what the front matter says of it."""
    found: defaultdict[str, float] = defaultdict(float)
    for text, worth in ((blog.title, _TITLE), (blog.summary, _SUMMARY), (plain_text(blog.html), _TEXT)):
        for word, times in Counter(_WORD.findall(fold(text))).items():
            found[f"{blog.lang}:{_stem(word)}"] += worth * times
    features = {name: 1 + math.log(times) for name, times in found.items()}
    features.update({f"topic:{tag.slug}": _TOPIC for tag in blog.tags})
    if blog.group:
        features[f"group:{blog.group.slug}"] = _GROUP
    return features


def _stem(word: str) -> str:
    """A word without the most usual endings."""
    ending = next((ending for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 4), "")
    return word[: len(word) - len(ending)]


def _weighed(posts: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """The strongest features of each post as a vector of length one; what every post has weighs nothing."""
    having = Counter(name for features in posts for name in features)
    weighed = []
    for features in posts:
        rare = {
            name: often * math.log(len(posts) / having[name]) for name, often in features.items() if having[name] > 1
        }
        strongest = sorted(((-weight, name) for name, weight in rare.items() if weight > 0))[:STRONGEST]
        length = math.sqrt(math.fsum(weight * weight for weight, _ in strongest)) or 1.0
        weighed.append({name: -weight / length for weight, name in strongest})
    return weighed
