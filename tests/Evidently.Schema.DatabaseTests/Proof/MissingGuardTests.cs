using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.DualWrite;
using Evidently.Schema.Testing;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// The application at work while a session stands at a critical moment: the proof is green with the rule that is meant for it, and red without. What chance
/// would bring about once in a while is held, so that it comes every time.
/// </summary>
[Category("Proof")]
[Explicit("Takes the machine to itself: CI runs it last.")]
public sealed class MissingGuardTests
{
    private const string AllStripes = "BEGIN; SELECT pg_advisory_xact_lock(1702259053, n) FROM generate_series(0, 1023) AS n";

    /// <summary>Every result is another projector's just now: it is noted, and in the star when that has ended.</summary>
    [Test]
    public async Task What_the_application_writes_beside_another_projector_is_noted([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Guard.SyncBusyNote.RemoveUnlessAsync(guarded, database);
        await using var traffic = await StartAsync(database);
        await WrittenAsync(traffic, 100);
        await using (var projector = await database.OpenAsync(AllStripes))
        {
            await WrittenAsync(traffic, traffic.AcknowledgedWrites + 100);
            await traffic.PauseAsync();
            await projector.ExecuteAsync("COMMIT");
        }

        await AssertCheckAsync(database, traffic, guarded);
    }

    /// <summary>Two scorers of one result, both open: the one does not see the other's rows.</summary>
    [Test]
    public async Task Two_writers_of_one_result_do_not_lose_each_others_rows_beside_the_application([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Guard.Stripes.RemoveUnlessAsync(guarded, database);
        await using var traffic = await StartAsync(database);
        await using var first = await database.OpenAsync("BEGIN");
        await using var second = await database.OpenAsync("BEGIN");
        await WrittenAsync(traffic, 100);
        await first.ExecuteAsync(SyncDatabase.BrandRow);
        await second.ExecuteAsync(SyncDatabase.CompetitorRows);
        await WrittenAsync(traffic, traffic.AcknowledgedWrites + 100);
        await first.ExecuteAsync("COMMIT");
        await second.ExecuteAsync("COMMIT");
        await traffic.PauseAsync();

        await AssertCheckAsync(database, traffic, guarded);
    }

    /// <summary>Somebody locks the star by hand: the application's writers go on. Without the rule they wait until their time is up.</summary>
    [Test]
    public async Task A_locked_star_fails_no_statement([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await SyncGuard.NoWait.RemoveUnlessAsync(guarded, database);
        await SyncGuard.ShortWait.RemoveUnlessAsync(guarded, database);
        await using var traffic = await StartAsync(database);
        await WrittenAsync(traffic, 100);
        await using (var holder = await database.OpenAsync("BEGIN; LOCK TABLE metric_facts IN SHARE MODE"))
        {
            var before = traffic.AcknowledgedWrites;
            await Eventually.Holds(() => Task.FromResult(guarded ? traffic.AcknowledgedWrites > before + 100 : ProofText.Failures(traffic).Count > 0), "the application goes on, or fails");
            await holder.ExecuteAsync("COMMIT");
        }

        await traffic.PauseAsync();
        Assert.That(ProofText.Failures(traffic), guarded ? Is.Empty : Has.Some.Contains("57014"));
    }

    private static async Task AssertCheckAsync(StarDatabase database, ApplicationTraffic traffic, bool guarded)
    {
        var check = new ProofCheck(database, traffic);
        await check.QuietAsync(guarded ? "with its rule" : "without a rule");
        Assert.That(check.Problems, guarded ? Is.Empty : Has.Some.Contains("the star is not the one").And.Some.Contains("verify()"));
    }

    private static Task<ApplicationTraffic> StartAsync(StarDatabase database) => ApplicationTraffic.StartAsync(new TrafficOptions
    {
        ConnectionString = database.ConnectionString,
        ResultsPerSecond = 40,
        HandsPerSecond = 0, // a note of a parent would heal what is lost, and a parent's delete waits for the star
        SentimentWithin = TimeSpan.FromSeconds(0.1),
        StatementTimeout = TimeSpan.FromSeconds(2),
    });

    private static Task WrittenAsync(ApplicationTraffic traffic, int writes) =>
        Eventually.Holds(() => Task.FromResult(traffic.AcknowledgedWrites >= writes), "the application writes");
}
