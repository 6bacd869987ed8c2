using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Pooler;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// The application works from before phase 1 until everything is undone, and again up, without one statement that fails, one acknowledged write
/// that is lost, or one page that answers differently. EVIDENTLY_SCHEMA_PROOF_MINUTES says how long, about; what it takes is measured elsewhere, by the
/// benchmark <c>proof</c>.
/// </summary>
[Category("Proof")]
[Explicit("Takes the machine to itself: CI runs it last.")]
public sealed class ZeroDowntimeTests
{
    private const int Stages = 26;

    private static readonly LegacyFill History = new() { Results = 300, Brands = 3, Dirt = LegacyDirt.Some };

    [Test]
    public async Task No_statement_fails_and_nothing_is_lost_all_the_way_up_and_down_and_up()
    {
        await using var server = await OwnServer.StartAsync();
        var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(History);
        await using var database = StarDatabase.Of(legacy);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString, serverConnections: 4);
        await using var traffic = await ApplicationTraffic.StartAsync(new TrafficOptions
        {
            ConnectionString = database.ConnectionString,
            PoolerConnectionString = pooler.ConnectionString,
            ResultsPerSecond = 12,
            ReadsPerSecond = 30,
            HandsPerSecond = 6,
            SentimentWithin = TimeSpan.FromSeconds(0.5),
        });
        var check = new ProofCheck(database, traffic);
        var stay = ProofText.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) / Stages : TimeSpan.FromSeconds(0.7);
        var journey = new Journey(new Operator(database.ConnectionString), traffic, stay, check.QuietAsync);

        try
        {
            await journey.UpAsync();
            await journey.ArchiveAsync();
            await journey.DownAsync();
            await journey.UpAsync();
        }
        finally
        {
            await traffic.PauseAsync();
            await TestContext.Out.WriteLineAsync(ProofText.Of(traffic));
        }

        Assert.That(check.Problems, Is.Empty);
        Assert.That(ProofText.Failures(traffic), Is.Empty, "statements that failed");
        Assert.That(await Deadlocks.OursAsync(server), Is.Empty, "deadlocks");
        Assert.That(check.Compared, Is.GreaterThan(100), "pages compared");
        Assert.That(traffic.AcknowledgedWrites, Is.GreaterThan(100), "writes looked for");
    }
}
