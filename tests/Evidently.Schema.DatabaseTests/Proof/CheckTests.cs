using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.DualWrite;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>The proof can fail: what it looks for is done by hand, or a rule is taken out, and it is seen. Otherwise it would prove nothing.</summary>
[Category("Proof")]
[Explicit("Takes the machine to itself: CI runs it last.")]
public sealed class CheckTests
{
    /// <summary>Behind everybody's back: no trigger fires.</summary>
    private const string Secretly = "SET session_replication_role = replica; ";

    private const string Newest = "(SELECT max(id) FROM extracted_positions WHERE competitor_name IS NULL AND sentiment_score IS NOT NULL)";

    [TestCase($"DELETE FROM extracted_positions WHERE id = {Newest}", "acknowledged and lost")]
    [TestCase($"UPDATE extracted_positions SET sentiment_score = 0.5 WHERE id = {Newest}", "not the one written last")]
    [TestCase($"UPDATE extracted_positions SET total_word_count = -1 WHERE id = {Newest}", "nobody wrote")]
    [TestCase($"INSERT INTO extracted_positions SELECT (jsonb_populate_record(ep, '{{\"id\": 99999999}}')).* FROM extracted_positions AS ep WHERE id = {Newest}", "there 2 times")]
    public async Task A_write_that_is_lost_or_changed_is_missed(string done, string seen)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var traffic = await StartAsync(database);
        await ScoredAsync(traffic, 30);
        await traffic.PauseAsync();
        var check = new ProofCheck(database, traffic);
        await check.QuietAsync("before");
        Assert.That(check.Problems, Is.Empty);

        await Sql.ExecuteAsync(database.AdminConnectionString, Secretly + done);
        await check.QuietAsync("after");

        Assert.That(check.Problems, Has.Some.Contains(seen).And.Some.Contains("verify()").And.Some.Contains("the star is not the one"));
    }

    /// <summary>A delete that came after an insert, and the row is there all the same.</summary>
    [Test]
    public async Task A_row_that_is_there_again_is_seen()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var traffic = await StartAsync(database);
        await Sql.ExecuteAsync(database.AdminConnectionString, "CREATE TABLE kept (LIKE extracted_positions); GRANT ALL ON kept TO PUBLIC");
        await ScoredAsync(traffic, 30);
        await traffic.PauseAsync();
        await database.ExecuteAsync("INSERT INTO kept SELECT * FROM extracted_positions");
        traffic.Resume();
        await Eventually.Holds(
            async () => await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM kept AS k WHERE k.total_word_count IS NOT NULL AND k.brand_name IS NULL AND NOT EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.id = k.id) AND EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.collector_result_id = k.collector_result_id))"),
            "a result is scored again");
        await traffic.PauseAsync();

        await Sql.ExecuteAsync(database.AdminConnectionString, Secretly + "INSERT INTO extracted_positions SELECT * FROM kept AS k WHERE NOT EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.id = k.id) AND EXISTS (SELECT FROM collector_results AS c WHERE c.id = k.collector_result_id)");
        await using var session = await database.OpenAsync();

        Assert.That(await traffic.ProblemsAsync(session.Connection), Has.Some.Contains("there again"));
    }

    [TestCase("capture", nameof(SyncGuard.Note))]
    [TestCase("sync", nameof(Guard.Capture))]
    [TestCase("sync", nameof(Guard.CaptureParent))]
    public async Task A_rule_that_is_missing_is_seen(string mode, string rule)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await ((Guard)(typeof(Guard).GetProperty(rule) ?? typeof(SyncGuard).GetProperty(rule))!.GetValue(null)!).RemoveAsync(database);
        await SyncDatabase.SetModeAsync(database, mode);
        await using var traffic = await StartAsync(database);
        await ScoredAsync(traffic, 60);
        await traffic.PauseAsync();
        var check = new ProofCheck(database, traffic);

        await check.QuietAsync("without a rule");

        Assert.That(check.Problems, Has.Some.Contains("the star is not the one").And.Some.Contains("verify()"));
    }

    [Test]
    public async Task A_statement_that_fails_is_counted()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var traffic = await StartAsync(database);
        await ScoredAsync(traffic, 5);

        await database.ExecuteAsync("ALTER TABLE extracted_positions RENAME TO gone");
        await Eventually.Holds(() => Task.FromResult(ProofText.Failures(traffic).Count > 0), "a statement fails");
        await database.ExecuteAsync("ALTER TABLE gone RENAME TO extracted_positions");

        Assert.That(ProofText.Failures(traffic), Has.All.Contains("42P01"));
        Assert.That(traffic.Figures()[^1].Failed, Is.Positive);
    }

    private static Task<ApplicationTraffic> StartAsync(StarDatabase database) => ApplicationTraffic.StartAsync(new TrafficOptions
    {
        ConnectionString = database.ConnectionString,
        ResultsPerSecond = 40,
        HandsPerSecond = 20,
        SentimentWithin = TimeSpan.FromSeconds(0.1),
    });

    private static Task ScoredAsync(ApplicationTraffic traffic, int writes) =>
        Eventually.Holds(() => Task.FromResult(traffic.AcknowledgedWrites >= writes * 10), "the application writes");
}
