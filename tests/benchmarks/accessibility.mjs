// Judge pages with axe, Siteimprove Alfa and IBM Equal Access at WCAG 2.2 AA, in several looks.
// In: {"pages": [{"name", "url", "lang", "cookies", "looks"}], "looks": [{"name", "dark", "width"}], "executable"}. Out: all that is found.
import { readFileSync } from "node:fs";
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
const { pages, looks, executable } = JSON.parse(readFileSync(0, "utf-8"));
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
    for (const [engine, judged] of Object.entries(ENGINES)) {
        const verdict = await judged(page);
        found.push({ engine, page: name, lang, look: look.name, ...verdict });
        for (const [rule, , where] of verdict.faults) console.error(`${engine} ${rule}, ${name} (${lang}), ${look.name}: ${where}`);
    }
    await context.close();
}

const waiting = looks.flatMap(look => pages.filter(page => page.looks.includes(look.name)).map(page => [look, page]));
const all = waiting.length;
async function work() {
    while (waiting.length) {
        await judge(...waiting.shift());
        if (process.stderr.isTTY) process.stderr.write(`\r${all - waiting.length} of ${all} `);
    }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
await browser.close();
console.log(JSON.stringify(found));
