using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>A writer to the star alone and stragglers on the view, on one result, one of them held in the middle.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class StarRaceTests
{
    private const string Straggler =
        "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, visibility_index, processed_at) SELECT 100, brand_id, customer_id, query_id, 'straggler', 0.9, now() FROM extracted_positions WHERE id = 1";

    /// <summary>A result that is star-only and has legacy rows is brought back by the next projector.</summary>
    private static readonly Guard Mixed = new("without_star_only", "IF mixed <> '{}' THEN", "IF false THEN");

    /// <summary>A projector leaves alone what was written to the star alone.</summary>
    private static readonly Guard LeftAlone = new("project", "IF EXISTS (SELECT FROM evidently_schema.star_only_results) THEN", "IF false THEN");

    /// <summary>Writers of legacy wait for no parent that the star refers to, and for no row of the star.</summary>
    private static readonly Guard ShortWait = new("save_star", "PERFORM set_config('lock_timeout', '20ms', true);", "NULL;");

    /// <summary>What the star's writer leaves to legacy finds the archived table there.</summary>
    private static readonly Guard KeepsTheTable = new("save_star", "LOCK TABLE evidently_schema.legacy_rows IN ROW EXCLUSIVE MODE;", "NULL;");

    [Test]
    public async Task A_star_writer_waits_for_no_competitor_that_is_being_renamed_and_writes_to_legacy([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await ShortWait.RemoveUnlessAsync(guarded, database);
        await using var renaming = await database.OpenAsync("BEGIN; UPDATE brand_competitors SET competitor_name = competitor_name || ' & Sons'");
        await using var writer = await database.OpenAsync("SET lock_timeout = '50s'; BEGIN");

        if (guarded)
        {
            Assert.That(await writer.ScalarAsync<int>(RetireDatabase.Save(100)), Is.EqualTo(3));
            Assert.That(await writer.ScalarAsync<string>("SHOW lock_timeout"), Is.EqualTo("50s"), "the writer's own");
            await writer.ExecuteAsync("COMMIT");
            await renaming.ExecuteAsync("ROLLBACK");
        }
        else
        {
            var waiting = await writer.StartsWaitingAsync(database, RetireDatabase.Save(100));
            await renaming.ExecuteAsync("ROLLBACK");
            await waiting;
            await writer.ExecuteAsync("COMMIT");
        }

        Assert.That(await database.IsStarOnlyAsync(100), Is.Not.EqualTo(guarded));
        await database.ExecuteAsync(RetireDatabase.Save(101));
        Assert.That(await database.IsStarOnlyAsync(101), Is.True);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task Cleanup_does_not_end_between_the_stars_writer_that_gave_up_and_its_write_to_legacy([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ArchivedAsync(new LegacyVariant { LegacyId = LegacyIdType.Uuid }, toStar: true); // a sequence that gave an id is locked, too
        await database.OldAndQuietAsync();
        await database.CleanUpToAsync("M504_Retired.sql");
        await KeepsTheTable.RemoveUnlessAsync(guarded, database);
        var items = (await database.ScalarAsync<string>("""SELECT evidently_schema.position_rows(100, (SELECT to_jsonb(ep) - '{id,raw_answer}'::text[] FROM extracted_positions AS ep WHERE collector_result_id = 1 AND competitor_name IS NULL), '[{"competitor_name": "nobody"}]')::text"""))!.Replace("'", "''", StringComparison.Ordinal);
        await using var writer = await database.OpenAsync($"BEGIN; SELECT evidently_schema.save_star(100, '{items}')"); // NULL: it is for legacy
        await using var cleanup = await database.OpenAsync("SET evidently_schema.lock_patience = '0'");

        if (guarded)
        {
            Assert.That((await Assert.ThrowsAsync<PostgresException>(() => cleanup.ExecuteAsync(Steps.Sql("M504_DropLegacy.sql"))))!.SqlState, Is.EqualTo("EV005"));
        }
        else
        {
            await cleanup.ExecuteAsync(Steps.Sql("M504_DropLegacy.sql"));
        }
    }

    [Test]
    public async Task A_straggler_inserts_while_the_star_writer_is_open_and_both_writers_rows_stay([Values] bool guarded, [Values] bool writerEndsFirst)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await Mixed.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");
        await using var straggler = await database.OpenAsync($"BEGIN; {Straggler}");

        await (writerEndsFirst ? writer : straggler).ExecuteAsync("COMMIT");
        await (writerEndsFirst ? straggler : writer).ExecuteAsync("COMMIT");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(4));
        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task Two_stragglers_write_one_star_only_result_at_once()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        await using var first = await database.OpenAsync("BEGIN; UPDATE extracted_positions SET topic = 'first' WHERE collector_result_id = 100");
        await using var second = await database.OpenAsync();

        var waiting = await second.StartsWaitingAsync(database, "UPDATE extracted_positions SET sentiment_score = 9 WHERE collector_result_id = 100");
        await first.ExecuteAsync("COMMIT");
        await waiting;
        Assert.That(await database.ListAsync("SELECT topic || sentiment_score FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(new[] { "first9", "first9", "first9" }));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_drain_leaves_a_star_only_result_alone([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(2, like: 2, visibility: "0.31"));
        await LeftAlone.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 2)");

        await database.DrainAsync();

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_result_id = 2"), guarded ? Is.EqualTo(1) : Is.Zero);
    }

    [Test]
    public async Task The_star_writer_comes_while_a_straggler_is_open_and_has_the_last_word()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        await using var straggler = await database.OpenAsync("BEGIN; UPDATE extracted_positions SET topic = 'straggler' WHERE collector_result_id = 100");
        await using var writer = await database.OpenAsync();

        var waiting = await writer.StartsWaitingAsync(database, RetireDatabase.Save(100, visibility: "0.25"));
        await straggler.ExecuteAsync("COMMIT");
        await waiting;

        Assert.That(await database.ListAsync("SELECT DISTINCT visibility_index::numeric(5, 2) || topic FROM extracted_positions WHERE collector_result_id = 100"), Has.Count.EqualTo(1).And.All.StartsWith("0.25").And.All.Not.Contain("straggler"));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_straggler_that_waited_for_the_star_writer_finds_the_rows_gone_as_before()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var writer = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(2, like: 2, visibility: "0.25")}");
        await using var straggler = await database.OpenAsync();

        var waiting = await straggler.StartsWaitingAsync(database, "UPDATE extracted_positions SET visibility_index = 0.99 WHERE collector_result_id = 2");
        await writer.ExecuteAsync("COMMIT");
        await waiting;

        Assert.That(await database.ListAsync("SELECT DISTINCT visibility_index::numeric(5, 2) FROM extracted_positions WHERE collector_result_id = 2"), Is.EqualTo(new[] { "0.25" }));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_star_writer_whose_stripe_is_busy_writes_to_legacy_and_waits_for_nobody()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var other = await database.OpenAsync("BEGIN; SELECT pg_advisory_xact_lock(1702259053, 100)");

        await database.ExecuteAsync(RetireDatabase.Save(100));

        Assert.That(await database.IsStarOnlyAsync(100), Is.False);
        await other.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Set again after its results were brought back, and a writer to the star alone open when the view is to go.</summary>
    [Test]
    public async Task The_writers_target_is_set_again_while_the_table_comes_back([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await Steps.DownAsync(database.ConnectionString, 501, "archive");
        await database.RunAsync("M501_BringBack.sql");
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await using var writer = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");
        await using var swap = await database.OpenAsync();

        const string Last = "PERFORM evidently_schema.bring_back(ARRAY(SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s));";
        var file = Steps.Sql("M501_ArchiveLegacy.down.sql");
        Assert.That(file, Does.Contain(Last));
        var back = Task.Run(() => swap.ExecuteAsync(guarded ? file : file.Replace(Last, string.Empty, StringComparison.Ordinal)));
        await Eventually.Holds(
            async () => back.IsCompleted || await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation IN (to_regclass('extracted_positions'), to_regclass('extracted_positions_archived')) AND mode = 'AccessExclusiveLock')"), "the swap back waits");
        await writer.ExecuteAsync("COMMIT");
        await back;

        Assert.That(await database.ScalarAsync<string>("SELECT value FROM evidently_schema.settings WHERE name = 'write_target'"), Is.EqualTo("both"));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), guarded ? Is.EqualTo(3) : Is.Zero);
        await database.ExecuteAsync(RetireDatabase.Save(101));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 101"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_star_writer_that_is_open_when_the_table_comes_back_is_waited_for_and_its_rows_are_there()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var writer = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");

        var back = Task.Run(() => database.RollbackAsync(Phase.Reads));
        await Eventually.Holds(
            async () => back.IsCompleted || await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation IN (to_regclass('extracted_positions'), to_regclass('extracted_positions_archived')) AND mode = 'AccessExclusiveLock')"), "the swap back waits");
        await writer.ExecuteAsync("COMMIT");
        await back;

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(3));
        await database.AssertDrainedAsync(guarded: true);
    }
}
