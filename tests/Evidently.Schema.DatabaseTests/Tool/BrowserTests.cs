using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>The report in a headless Chromium, on a screen and on paper. Skipped where there is none; CI brings one.</summary>
[Category("Last")]
[Explicit("Needs a Chromium: CI runs it last.")]
public sealed partial class BrowserTests
{
    private const int Screen = 1280;

    /// <summary>A4 between its margins, at 96 dots an inch.</summary>
    private const int Paper = 718;

    private static readonly string[] Names = ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "chrome.exe", "msedge.exe"];

    private static readonly string[] Folders =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator),
        @"C:\Program Files\Google\Chrome\Application", @"C:\Program Files (x86)\Microsoft\Edge\Application",
    ];

    [Test]
    public async Task The_report_is_legible_on_a_screen_and_on_paper()
    {
        var browser = Folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (browser is null)
        {
            Assert.Ignore("No Chromium to show the report in.");
        }

        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync("INSERT INTO evidently_schema.events (kind, subject, reason) VALUES ('setting', 'a_subject_with_a_name_that_has_no_space_to_break_it_at', 'a reason long enough to need more than a line of its column, as reasons are')");
        var folder = Directory.CreateTempSubdirectory("evidently-browser-");
        try
        {
            var file = Path.Combine(folder.FullName, "report.html");
            var written = await ToolProcess.RunAsync(database.ConnectionString, "report", "--writes", "--output", file);
            Assert.That(written.ExitCode, Is.Zero, written.All);
            var html = await File.ReadAllTextAsync(file);

            await AssertLegibleAsync(browser, folder.FullName, html, Screen);

            // What the rules for paper make of it, measured as if the window were the sheet.
            Assert.That(html, Does.Contain("@media print"));
            await AssertLegibleAsync(browser, folder.FullName, html.Replace("@media print", "@media all", StringComparison.Ordinal), Paper);

            var pdf = Path.Combine(folder.FullName, "report.pdf");
            var printed = await RunAsync(browser, folder.FullName, "--no-pdf-header-footer", $"--print-to-pdf={pdf}", new Uri(file).AbsoluteUri);
            Assert.That(File.Exists(pdf), printed.All);
            Assert.That(new FileInfo(pdf).Length, Is.GreaterThan(5_000));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task AssertLegibleAsync(string browser, string folder, string html, int width)
    {
        using var script = new StreamReader(typeof(BrowserTests).Assembly.GetManifestResourceStream("Legible.js")!);
        var file = Path.Combine(folder, $"measured-{width}.html");
        await File.WriteAllTextAsync(file, html.Replace("</body>", $"<script>{await script.ReadToEndAsync()}</script></body>", StringComparison.Ordinal));

        var shown = await RunAsync(browser, folder, $"--window-size={width},1600", "--dump-dom", new Uri(file).AbsoluteUri);

        var found = Measured().Match(shown.Output);
        Assert.That(found.Success, shown.All);
        var measured = JsonDocument.Parse(WebUtility.HtmlDecode(found.Groups["json"].Value)).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(measured.GetProperty("width").GetInt32(), Is.InRange(width - 20, width));
            Assert.That(measured.GetProperty("texts").GetInt32(), Is.GreaterThan(50));
            foreach (var problem in new[] { "outside", "small", "faint", "covered" })
            {
                Assert.That(measured.GetProperty(problem).EnumerateArray().Select(text => text.GetString()), Is.Empty, $"{problem}, {width} wide");
            }
        });
    }

    private static Task<Outcome> RunAsync(string browser, string folder, params string[] arguments) =>
        ChildProcess.RunAsync(browser, ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={Path.Combine(folder, "profile")}", .. arguments], [("HOME", folder)]);

    [GeneratedRegex("data-measured=\"(?<json>[^\"]*)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Measured();
}
