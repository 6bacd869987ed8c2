using Evidently.Schema.DatabaseTests.Tool;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A host copies with two sessions; another session, and the tool, set its pace.</summary>
[Category("Last")]
[Explicit("Processes of their own: CI runs it last.")]
public sealed class PauseTests
{
    private const int Batch = 5;
    private const int Sessions = 2;
    private const string Done = "SELECT done FROM evidently_schema.backfill_progress";
    private const string Sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";

    [Test]
    public async Task A_pause_lets_each_session_end_its_batch_and_a_new_size_is_that_of_the_next_batch([Values] bool fromTool)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: StarDatabase.Few with { Results = 2100, CompetitorsPerBrand = 1 });
        await SetAsync(database, fromTool, "backfill_batch_size", $"{Batch}");
        await using var host = database.Migrator();
        var copying = host.MigrateAsync(Phase.Backfill);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Done) > 0, "the copy has begun");

        // Between batches: those in flight have ended, the next ones cannot begin, and have read their settings.
        await using var gate = await database.OpenAsync("BEGIN; LOCK TABLE evidently_schema.backfill_lanes IN EXCLUSIVE MODE");
        var done = await gate.ScalarAsync<long>(Done);
        await SetAsync(database, fromTool, "backfill_paused", "true");
        await gate.ExecuteAsync("COMMIT");

        await Eventually.Holds(async () => await database.ScalarAsync<long>(Sleeping) == Sessions, "both stand");
        var paused = await database.ScalarAsync<long>(Done);
        Assert.That(paused, Is.InRange(done, done + (Sessions * Batch)));
        Assert.That(await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("paused"));

        await SetAsync(database, fromTool, "backfill_batch_size", $"{Batch + 2}");
        Assert.That(await database.ScalarAsync<long>(Done), Is.EqualTo(paused), "it stands still");
        await database.ExecuteAsync("UPDATE evidently_schema.backfill_lanes SET batch_results = 0; UPDATE evidently_schema.settings SET value = '50' WHERE name = 'backfill_pause_ms'"); // not over before it is looked at
        await SetAsync(database, fromTool, "backfill_paused", "false");
        await Eventually.Holds(async () => await database.ScalarAsync<long>("SELECT max(batch_results) FROM evidently_schema.backfill_lanes") == Batch + 2, "it goes on with the new size");
        await SetAsync(database, fromTool, "backfill_batch_size", "1000");
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '0' WHERE name = 'backfill_pause_ms'");
        await copying;
        await database.AssertStarAsync();
    }

    private static async Task SetAsync(StarDatabase database, bool fromTool, string name, string value)
    {
        if (!fromTool)
        {
            await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'");
            return;
        }

        string[] option = name switch
        {
            "backfill_batch_size" => ["--batch-size", value],
            _ => [value is "true" ? "--pause" : "--resume"],
        };
        var outcome = await ToolProcess.RunAsync(database.ConnectionString, ["backfill", .. option]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
    }
}
