using System.Text.RegularExpressions;
using System.Xml.Linq;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>The report: one file that needs nothing else, and true. <see cref="BrowserTests"/> shows it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed partial class ReportTests
{
    [Test]
    public async Task The_report_is_one_self_contained_file_and_changes_no_row()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync("INSERT INTO evidently_schema.events (kind, subject, reason) VALUES ('setting', '<script>alert(1)</script>', 'a & b')");
        var before = await database.ScalarAsync<string>("SELECT md5(string_agg(e::text, '' ORDER BY e.id)) FROM extracted_positions AS e");
        var folder = Directory.CreateTempSubdirectory("evidently-report-");
        try
        {
            var file = Path.Combine(folder.FullName, "report.html");
            var outcome = await ToolProcess.RunAsync(database.ConnectionString, "report", "--writes", "--output", file);
            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            var html = await File.ReadAllTextAsync(file);

            Assert.Multiple(() =>
            {
                Assert.That(html, Does.Contain("Promised and measured").And.Contain("Audit trail").And.Contain("Rejected rows").And.Contain("@media print"));
                Assert.That(html, Does.Contain("&lt;script&gt;").And.Contain("a &amp; b").And.Not.Contain("<script"));
                Assert.That(Elsewhere().Matches(html), Is.Empty, "nothing is fetched");
            });
            var charts = Chart().Matches(html).Select(chart => XElement.Parse(chart.Value)).ToArray();
            Assert.That(charts.Select(chart => chart.Elements("rect").Count()), Is.EqualTo(new[] { 4, 2, 2 }), "sizes, reads and writes, before and now");
            Assert.That(await database.ScalarAsync<string>("SELECT md5(string_agg(e::text, '' ORDER BY e.id)) FROM extracted_positions AS e"), Is.EqualTo(before));
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero);
            Assert.That(await database.ScalarAsync<bool>("SELECT to_regclass('evidently_schema.report_rows') IS NULL"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("(src|href)\\s*=|url\\(|@import|https?:", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("<svg .*?</svg>", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Chart();
}
