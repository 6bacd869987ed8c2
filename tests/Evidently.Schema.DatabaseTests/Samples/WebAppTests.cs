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
}
