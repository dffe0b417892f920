// Judge pages with axe, Siteimprove Alfa and IBM Equal Access at WCAG 2.2 AA, in several looks.
// In: {"pages": [{"name", "url", "lang", "cookies", "looks"}], "looks": [{"name", "dark", "width"}], "executable", "kept", "engines"}. Out:
// all that is found. A view whose elements and style rules are those of an earlier run has the verdicts of that run, out of the folder `kept`.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { Audit, Outcome } from "@siteimprove/alfa-act";
import { Playwright } from "@siteimprove/alfa-playwright";
import rules from "@siteimprove/alfa-rules";
import { Conformance, Criterion } from "@siteimprove/alfa-wcag";
import { chromium } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const AT_ONCE = 2; // pages: one engine works in the browser while the other works here
const need = createRequire(import.meta.url);
const axeSource = readFileSync(need.resolve("axe-core/axe.min.js"), "utf-8");
const aceSource = readFileSync(need.resolve("accessibility-checker-engine/ace.js"), "utf-8");
const isAA = Conformance.isAA();
const alfaRules = [...rules].filter(rule => rule.hasRequirement(one => Criterion.isCriterion(one) && isAA(one)));

async function axe(page) {
    await page.evaluate(`${axeSource}; undefined`);
    const { violations, passes } = await page.evaluate(
        tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }),
        TAGS,
    );
    const faults = violations.flatMap(one => one.nodes.map(node => [one.id, one.help, node.html]));
    return { passed: passes.length, faults };
}

async function ace(page) {
    await page.evaluate(`${aceSource}; window.ace = ace; undefined`);
    const found = await page.evaluate(async () => {
        const { results } = await new ace.Checker().check(document, ["WCAG_2_2"]);
        return results.map(({ ruleId, value, message, snippet }) => ({ ruleId, value, message, snippet }));
    });
    const faults = found.filter(one => one.value[0] === "VIOLATION" && one.value[1] === "FAIL");
    return {
        passed: found.filter(one => one.value[1] === "PASS").length,
        faults: faults.map(one => [one.ruleId, one.message, one.snippet]),
    };
}

// What a closed <details> holds is not shown, which Alfa does not know: it would judge buttons that nobody sees.
const UNSEEN = "details:not([open]) > :not(summary) { display: none }";

async function alfa(page) {
    await page.addStyleTag({ content: UNSEEN });
    const input = await Playwright.toPage(await page.evaluateHandle(() => window.document));
    const outcomes = [...(await Audit.of(input, alfaRules).evaluate())];
    const faults = outcomes.filter(Outcome.isFailed).map(one => {
        const { rule, expectations, target } = one.toJSON();
        const why = expectations.map(([, expected]) => expected.value?.message ?? expected.error?.message ?? "");
        return [rule.uri.split("/").at(-1), why.filter(Boolean).join("; "), JSON.stringify(target).slice(0, 300)];
    });
    return { passed: new Set(outcomes.filter(Outcome.isPassed).map(one => one.rule.uri)).size, faults };
}

const ENGINES = { axe, alfa, ace };
// Everything that the engines look at: each element as it stands, and each style rule that reaches one, now or when it is hovered or focused.
// Ids that the service gives are numbered by their first place, times and the names of files of scripts and styles are left out: those are
// new in every run or build, and say nothing of what is shown.
function shown() {
    const states = /::?(?:before|after|marker|placeholder|selection|backdrop|first-line|first-letter|file-selector-button|-webkit-[a-z-]+)|:(?:hover|focus-visible|focus-within|focus|active|visited|target)/g;
    const reaches = selector => {
        try {
            return document.querySelector(selector.replace(states, "") || "*") !== null;
        } catch {
            return true; // what is left is no selector
        }
    };
    const written = rule => {
        if (rule.selectorText !== undefined) return reaches(rule.selectorText) ? rule.cssText : "";
        if (!(rule instanceof CSSGroupingRule)) return rule.cssText;
        const held = [...rule.cssRules].map(written).join("");
        return held && `${rule.cssText.split("{")[0]}{${held}}`;
    };
    const page = document.documentElement.cloneNode(true);
    for (const time of page.querySelectorAll("time")) time.replaceWith("time");
    for (const file of page.querySelectorAll("link, script")) file.remove();
    for (const secret of page.querySelectorAll("input[type=hidden]")) secret.removeAttribute("value");
    const seen = [];
    const elements = page.outerHTML
        .replaceAll(location.origin, "")
        .replaceAll(encodeURIComponent(location.origin), "")
        .replaceAll(location.host, "")
        .replace(/\d{1,2} \p{L}+ \d{4}, \d\d[.:]\d\d/gu, "time") // comments are named by it
        .replace(/\s+/g, " ")
        .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, id => `id${(seen.includes(id) || seen.push(id), seen.indexOf(id))}`);
    const sheets = [...document.styleSheets, ...document.adoptedStyleSheets];
    return [elements, ...sheets.flatMap(sheet => [...sheet.cssRules].map(written)).filter(Boolean)];
}

const { pages, looks, executable, kept, engines } = JSON.parse(readFileSync(0, "utf-8"));
const judging = [engines, TAGS, UNSEEN, ...[axe, alfa, ace, shown].map(String)];
const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
const found = [];

async function judge(look, { name, url, lang, cookies }) {
    const context = await browser.newContext({
        bypassCSP: true, // for what the engines put into the page; the site's own behaviour has tests of its own
        colorScheme: look.dark ? "dark" : "light",
        locale: lang,
        reducedMotion: "reduce",
        viewport: { width: look.width, height: 900 },
    });
    await context.addCookies(cookies);
    const page = await context.newPage();
    page.setDefaultTimeout(120_000); // the engines keep the machine busy
    const answer = await page.goto(url, { waitUntil: "networkidle" });
    if (!answer.ok() && !url.includes("404")) throw new Error(`${url} answers ${answer.status()}`);
    if (url.endsWith("#thread")) await page.locator("plein-thread article").first().waitFor();
    const isCounted = () => !document.querySelector("main plein-count:empty");
    await page.waitForFunction(isCounted, undefined, { timeout: 5_000 }).catch(() => {}); // no number is known of the samples of the style guide
    const view = JSON.stringify([judging, browser.version(), look, lang, await page.evaluate(shown)]);
    const file = `${kept}/${createHash("sha256").update(view).digest("hex")}.json`;
    const again = existsSync(file);
    const verdicts = again ? JSON.parse(readFileSync(file, "utf-8")) : {};
    for (const [engine, judged] of again ? [] : Object.entries(ENGINES)) verdicts[engine] = await judged(page);
    if (!again && Object.values(verdicts).every(one => one.passed > 0)) { // else an engine judged nothing, which ends the run
        writeFileSync(`${file}.new`, JSON.stringify(verdicts));
        renameSync(`${file}.new`, file);
    }
    for (const [engine, verdict] of Object.entries(verdicts)) {
        found.push({ engine, page: name, lang, look: look.name, again, ...verdict });
        for (const [rule, , where] of verdict.faults) console.error(`${engine} ${rule}, ${name} (${lang}), ${look.name}: ${where}`);
    }
    await context.close();
}

const waiting = looks.flatMap(look => pages.filter(page => page.looks.includes(look.name)).map(page => [look, page]));
const all = waiting.length;
async function work() {
    while (waiting.length) {
        await judge(...waiting.shift());
        if (waiting.length % 20 === 0) console.error(`${all - waiting.length} of ${all}`);
    }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
await browser.close();
console.log(JSON.stringify(found));
