// Judge pages with Lighthouse, as a phone on a slow network sees them. In: a JSON list of URLs. Out: figures of each.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "plein-lighthouse-"));
const found = JSON.parse(readFileSync(0, "utf-8")).map(url => {
    const file = join(folder, "report.json");
    execFileSync(
        process.execPath,
        [
            join(import.meta.dirname, "node_modules/lighthouse/cli/index.js"),
            url,
            "--quiet",
            "--output=json",
            `--output-path=${file}`,
            "--form-factor=mobile",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        { stdio: ["ignore", "inherit", "inherit"] },
    );
    const report = JSON.parse(readFileSync(file, "utf-8"));
    const scores = Object.values(report.categories).map(one => [one.id, Math.round(one.score * 100)]);
    const counted = Object.values(report.categories).flatMap(one =>
        one.auditRefs.filter(audit => audit.weight > 0).map(audit => report.audits[audit.id]),
    );
    return {
        url,
        error: report.runtimeError?.message ?? "",
        scores: Object.fromEntries(scores),
        paint: report.audits["largest-contentful-paint"].numericValue,
        blocked: report.audits["total-blocking-time"].numericValue,
        shift: report.audits["cumulative-layout-shift"].numericValue,
        bytes: report.audits["total-byte-weight"].numericValue,
        requests: report.audits["network-requests"].details.items.length,
        lost: counted
            .filter(audit => audit.score !== null && audit.score < 1)
            .map(audit => `${audit.id}: ${audit.displayValue ?? audit.title}`),
    };
});
rmSync(folder, { recursive: true });
console.log(JSON.stringify(found));
