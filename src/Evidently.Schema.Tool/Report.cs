using System.Globalization;
using System.Net;
using System.Text;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.Tool;

/// <summary>The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.</summary>
internal static class Report
{
    private static readonly string[] StarTables = ["metric_facts", "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment"];

    public static async Task<string> HtmlAsync(ToolRun run, bool writes, CancellationToken cancellationToken)
    {
        var status = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        var sizes = await run.ListAsync(Sql.Own("PreflightSizes.sql"), row => new TableSize(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken).ConfigureAwait(false);
        var events = await run.ListAsync(
            Sql.Own("ReportEvents.sql"),
            row => Enumerable.Range(0, row.FieldCount).Select(column => row.IsDBNull(column) ? string.Empty : row.GetString(column)).ToArray(),
            cancellationToken).ConfigureAwait(false);
        var latencies = await ReportLatencies.MeasureAsync(run, status, writes, cancellationToken).ConfigureAwait(false);
        return Page(run.Database, status, sizes, latencies, events);
    }

    private static string Page(string database, SchemaStatus status, IReadOnlyList<TableSize> sizes, Latencies latencies, IReadOnlyList<string[]> events)
    {
        var html = new StringBuilder()
            .Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Append($"<title>{Text(database)}: from extracted_positions to the star</title><style>{Sql.Own("Report.css")}</style></head><body>")
            .Append($"<h1>From extracted_positions to the star</h1><p class=\"soft\">Database {Text(database)}, phase {(int)status.Phase} {status.Phase}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC</p>");
        var legacy = sizes.FirstOrDefault(size => size.Table is "extracted_positions" or "extracted_positions_archived");
        var star = sizes.Where(size => StarTables.Contains(size.Table, StringComparer.Ordinal)).ToArray();
        Promised(html, status, legacy, star, latencies);
        Sizes(html, legacy, star);
        Latency(html, status, latencies);
        Rejected(html, status);
        Events(html, events);
        return html.Append("</body></html>\n").ToString();
    }

    private static void Promised(StringBuilder html, SchemaStatus status, TableSize? legacy, TableSize[] star, Latencies latencies)
    {
        var none = legacy is null && star.Length > 0 ? "legacy is dropped" : "not yet";
        html.Append("<section><h2>Promised and measured</h2><div class=\"wide\"><table><tr><th>what</th><th class=\"n\">the plan</th><th class=\"n\">here, now</th></tr>");
        Row("storage smaller, indexes included", "84 %", legacy is null || star.Length == 0 ? none : Smaller(legacy.Bytes + legacy.IndexBytes, star.Sum(size => size.Bytes + size.IndexBytes)));
        Row("indexes smaller", "67 %", legacy is null || star.Length == 0 ? none : status.Phase == Phase.Retire ? "legacy's went with the archive" : Smaller(legacy.IndexBytes, star.Sum(size => size.IndexBytes)));
        Row("dashboard read, as fast", "90 ×", latencies is { ReadLegacy: { } before, ReadStar: { } after } && after > TimeSpan.Zero ? $"{before / after:N0} ×" : "not measured");
        Row("a result written, time added", "not said", latencies is { WriteBefore: { } without, WriteNow: { } with } ? $"{(with - without).TotalMilliseconds:N2} ms" : "not measured");
        Row("star = projection of legacy", "yes", status.LastVerification is { } last ? $"{(last.Ok ? "yes" : "NO")}, verified {last.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : "never verified");
        Row("changes noted and not yet in the star", "0", status.PendingNotes.ToString("N0", CultureInfo.InvariantCulture));
        if (status.Backfill is { } copy)
        {
            Row("history", "all of it", $"{copy.Done:N0} of {copy.Total:N0} results, {copy.State}");
        }

        html.Append("</table></div></section>");

        void Row(string what, string promised, string measured) =>
            html.Append($"<tr><td>{Text(what)}</td><td class=\"n\">{Text(promised)}</td><td class=\"n\">{Text(measured)}</td></tr>");
    }

    private static void Sizes(StringBuilder html, TableSize? legacy, TableSize[] star)
    {
        if (legacy is null || star.Length == 0)
        {
            return;
        }

        html.Append("<section><h2>Sizes</h2>");
        Bars(
            html,
            "MB",
            ("legacy, table", legacy.Bytes / 1048576.0, "legacy"),
            ("star, tables", star.Sum(size => size.Bytes) / 1048576.0, "star"),
            ("legacy, indexes", legacy.IndexBytes / 1048576.0, "legacy"),
            ("star, indexes", star.Sum(size => size.IndexBytes) / 1048576.0, "star"));
        html.Append("<div class=\"wide\"><table><tr><th>table</th><th class=\"n\">rows, estimated</th><th class=\"n\">table MB</th><th class=\"n\">indexes MB</th></tr>");
        foreach (var size in star.Prepend(legacy))
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(size.Table)}</td><td class=\"n\">{size.Rows:N0}</td><td class=\"n\">{size.Bytes / 1048576.0:N1}</td><td class=\"n\">{size.IndexBytes / 1048576.0:N1}</td></tr>");
        }

        html.Append("</table></div></section>");
    }

    private static void Latency(StringBuilder html, SchemaStatus status, Latencies latencies)
    {
        if (latencies is { ReadLegacy: { } readBefore, ReadStar: { } readNow })
        {
            html.Append("<section><h2>Reads</h2>");
            Bars(html, "ms", ("before: 30 days' rows of legacy", readBefore.TotalMilliseconds, "legacy"), ("now: the same from the daily view", readNow.TotalMilliseconds, "star"));
            html.Append($"<p class=\"soft\">A brand's 30 days, all rows at this client, the network included: medians of {ReportLatencies.Times} tries. Before is what the page fetched from extracted_positions, to aggregate it itself.</p></section>");
        }

        if (latencies is { WriteNow: { } writeNow })
        {
            html.Append("<section><h2>Writes</h2>");
            var now = ($"now: {(status.Phase == Phase.Retire ? "archived, through the view" : $"dual_write is {status.DualWrite?.Mode.ToString().ToLowerInvariant() ?? "capture"}")}", writeNow.TotalMilliseconds, "star");
            Bars(html, "ms", latencies.WriteBefore is { } writeBefore ? [("before: without our triggers", writeBefore.TotalMilliseconds, "legacy"), now] : [now]);
            html.Append(
                $"<p class=\"soft\">An UPDATE of one result's rows at this client, the network included: medians of {ReportLatencies.Times} tries, each rolled back. {(latencies.WriteBefore is null ? "What it was before is not measured once legacy is archived." : "Before is measured now, too: on a copy of the newest 10 results with legacy's indexes and without triggers, made for it and rolled back.")}</p></section>");
        }
    }

    private static void Rejected(StringBuilder html, SchemaStatus status)
    {
        html.Append("<section><h2>Rejected rows</h2><p class=\"soft\">Legacy rows the star does not hold, one reason each; they stay in legacy.</p><div class=\"wide\"><table><tr><th>reason</th><th class=\"n\">rows</th></tr>");
        foreach (var (reason, rows) in status.RejectedRows.OrderByDescending(reason => reason.Value))
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(reason)}</td><td class=\"n\">{rows:N0}</td></tr>");
        }

        html.Append(status.RejectedRows.Count == 0 ? "<tr><td>none</td><td class=\"n\">0</td></tr></table></div></section>" : "</table></div></section>");
    }

    private static void Events(StringBuilder html, IReadOnlyList<string[]> events)
    {
        html.Append("<section><h2>Audit trail</h2><div class=\"wide\"><table><tr><th>at, UTC</th><th>who</th><th>what</th><th>subject</th><th>was</th><th>became</th><th>why</th></tr>");
        foreach (var line in events)
        {
            html.Append("<tr>").AppendJoin(string.Empty, line.Select((cell, column) => $"<td{(column == 0 ? " class=\"at\"" : string.Empty)}>{Text(cell)}</td>")).Append("</tr>");
        }

        html.Append(events.Count == 0 ? "<tr><td colspan=\"7\">nothing yet</td></tr></table></div></section>" : "</table></div></section>");
    }

    private static void Bars(StringBuilder html, string unit, params (string Label, double Value, string Kind)[] bars)
    {
        const int Line = 34;
        const int Left = 240;
        const int Width = 330;
        var most = Math.Max(bars.Max(bar => bar.Value), double.Epsilon);
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 700 {bars.Length * Line}\" role=\"img\" aria-label=\"{Text(string.Join("; ", bars.Select(bar => $"{bar.Label}: {bar.Value:N1} {unit}")))}\">");
        for (var i = 0; i < bars.Length; i++)
        {
            var (label, value, kind) = bars[i];
            var length = Math.Max(value / most * Width, 1);
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{(i * Line) + 20}\">{Text(label)}</text><rect class=\"{kind}\" x=\"{Left}\" y=\"{(i * Line) + 4}\" width=\"{length:F1}\" height=\"22\" rx=\"2\"/><text x=\"{Left + length + 8:F1}\" y=\"{(i * Line) + 20}\">{value:N1} {unit}</text>");
        }

        html.Append("</svg>");
    }

    private static string Smaller(long before, long after) => before == 0 ? "not yet" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * (before - after) / before:N1} %");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
