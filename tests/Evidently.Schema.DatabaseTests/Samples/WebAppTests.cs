using System.Net;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Samples;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class WebAppTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "samples", "WebApp");

    private static readonly string Program = Path.Combine(Folder, "bin", Repository.Configuration, Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "WebApp.dll");

    [Test]
    public async Task The_web_app_is_ready_with_phase_1_migrates_and_answers_a_page()
    {
        await using var database = await HostDatabase.LegacyAsync(100);
        await using var app = await WebHost.StartAsync(database.ConnectionString, [Program], Folder);

        Assert.That((await app.Client.GetAsync("/ready")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await app.AnswersAsync("/health", health => health.Contains("\"phase\":\"Reads\"", StringComparison.Ordinal), "phase 4 is reached");
        Assert.That(await app.Client.GetStringAsync("/health"), Does.Contain("backfill_done").And.Contain("oldest_seconds"));
        var brand = await database.ScalarAsync<Guid>("SELECT brand_id FROM metric_facts LIMIT 1");
        var customer = await database.ScalarAsync<Guid>($"SELECT customer_id FROM metric_facts WHERE brand_id = '{brand}' LIMIT 1");
        Assert.That(await app.Client.GetStringAsync($"/brands/{brand}/dashboard?customer={customer}"), Does.Contain("totalResponses"));
    }

    [TestCase("EvidentlySchema__MigrateOnStartp", "true", "MigrateOnStartp")]
    [TestCase("EvidentlySchema__BackfillWorkers", "many", "BackfillWorkers")]
    [TestCase("EvidentlySchema__BackfillWorkers", "99", "BackfillWorkers")]
    public async Task An_option_that_is_none_or_cannot_be_is_one_line_and_a_non_zero_exit(string key, string value, string says)
    {
        var outcome = await ChildProcess.RunAsync(
            "dotnet", [Program], [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("DOTNET_ENVIRONMENT", "Production"), ("ConnectionStrings__Evidently", "Host=127.0.0.1;Port=1;Username=u"), (key, value)], Folder);

        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.All);
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1), outcome.All);
        Assert.That(outcome.Error, Does.Contain(says));
    }

    [TestCase("Host=nowhere.invalid;Username=u;Password=s3cret", "nowhere.invalid:5432, database u, user u cannot be reached")]
    [TestCase("Host=127.0.0.1;Port=1;Username=u;Password=s3cret", "127.0.0.1:1")]
    [TestCase("Host=h;Pasword=s3cret", "ConnectionString")]
    [TestCase("", "ConnectionString")]
    public async Task A_database_that_cannot_be_used_is_one_line_and_a_non_zero_exit(string connectionString, string says)
    {
        var outcome = await ChildProcess.RunAsync("dotnet", [Program], [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("DOTNET_ENVIRONMENT", "Production"), ("ConnectionStrings__Evidently", connectionString)], Folder);

        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.All);
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1), outcome.All);
        Assert.That(outcome.Error, Does.Contain(says));
        Assert.That(outcome.All, Does.Not.Contain("s3cret"));
    }
}
