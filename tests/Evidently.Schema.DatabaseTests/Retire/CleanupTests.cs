using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>The archived table is dropped, on purpose, and nothing that it said is lost.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class CleanupTests
{
    private static readonly LegacyFill Dirty = StarDatabase.Few with { Results = 150, Dirt = LegacyDirt.Heavy };

    public static IEnumerable<LegacyVariant> Variants() =>
    [
        new(),
        new() { LegacyId = LegacyIdType.Uuid, CompetitorId = CompetitorIdType.Uuid, Positions = PositionsType.Jsonb, Metrics = MetricType.DoublePrecision, ForeignKeys = false },
        new() { Metrics = MetricType.Numeric52, ExtraColumns = false },
    ];

    [TestCaseSource(nameof(Variants))]
    public async Task After_cleanup_the_view_shows_every_row_as_before_dirty_ones_too(LegacyVariant variant)
    {
        await using var database = await RetireDatabase.ArchivedAsync(variant, Dirty, toStar: true);
        await database.OldAndQuietAsync();
        await database.ExecuteAsync("CREATE TABLE kept AS SELECT * FROM extracted_positions");

        await database.DropAsync();

        Assert.That(await database.ScalarAsync<string?>("SELECT to_regclass('extracted_positions_archived')::text"), Is.Null);
        Assert.That(await database.ListAsync(RetireDatabase.Differing), Is.Empty, "rows that are missing or differ");
        Assert.That(await database.ListAsync("SELECT v::text FROM evidently_schema.verify() AS v WHERE NOT v.ok"), Is.Empty);
    }

    [Test]
    public async Task Nothing_of_the_library_is_left_that_reads_the_dropped_table_and_hosts_go_on()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        await database.OldAndQuietAsync();
        await database.DropAsync();

        Assert.That(
            await database.ListAsync(
                """
                SELECT proname FROM pg_proc WHERE pronamespace IN ('evidently_schema'::regnamespace, 'public'::regnamespace)
                    AND prosrc ~ '(FROM|INTO|UPDATE|JOIN|TABLE) (public\.extracted_positions_archived|evidently_schema\.(legacy_rows|projected_|compared_rows|covered_results))'
                """),
            Is.Empty);
        await database.ExecuteAsync("CALL evidently_schema.drain(1)");
        await database.ExecuteAsync("SELECT * FROM evidently_schema.drain_turn(10), evidently_schema.repair(), evidently_schema.legacy_usage()");
        await database.ExecuteAsync("UPDATE brands SET customer_id = customer_id, name = 'renamed'; INSERT INTO collector_results (id) VALUES (500); DELETE FROM collector_results WHERE id = 3");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 3"), Is.Zero);
        await using var migrator = database.Migrator();
        Assert.That((await migrator.GetStatusAsync()).Phase, Is.EqualTo(Phase.Retire));
        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);

        await database.ExecuteAsync(RetireDatabase.Save(101));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 101"), Is.EqualTo(3));
        await database.ExecuteAsync("""SELECT evidently_schema.save_positions(101, (SELECT to_jsonb(ep) - '{id,raw_answer}'::text[] FROM extracted_positions AS ep WHERE id = 1), '[{"competitor_name": "nobody", "competitor_mentions": 7}]')""");
        Assert.That(await database.ListAsync("SELECT competitor_name || competitor_mentions FROM extracted_positions WHERE collector_result_id = 101 AND competitor_name IS NOT NULL"), Is.EqualTo(new[] { "nobody7" }), "the residue answers for what the star does not hold");
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE extracted_positions SET topic = 'x'")))!.SqlState, Is.EqualTo("EV007"));
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(RetireDatabase.ToBoth)))!.SqlState, Is.EqualTo("EV008"));
    }

    [TestCase("UPDATE evidently_schema.settings SET value = '30 days' WHERE name = 'archive_min_age'", "archive_min_age is 30 days")]
    [TestCase("UPDATE evidently_schema.settings SET value = '7' WHERE name = 'quiet_days'; UPDATE extracted_positions SET topic = 'x' WHERE id = 1", "wrote through the view extracted_positions")]
    [TestCase(RetireDatabase.ToBoth, "write_target is both")]
    [TestCase("UPDATE brand_metrics SET visibility_index = 0.77", "verification found brand_metrics")]
    [TestCase("CREATE VIEW host_view AS SELECT id FROM extracted_positions_archived", "DROP VIEW public.host_view;")]
    [TestCase("UPDATE evidently_schema.settings SET value = 'off' WHERE name = 'dual_write'; INSERT INTO extracted_positions (collector_result_id) VALUES (100)", "SET acknowledged = true WHERE reason = 'invalid';")]
    public async Task It_refuses_and_drops_nothing(string obstacle, string said)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.ExecuteAsync(obstacle);
        var before = await Dump.WithoutOursAsync(database);
        await using var migrator = database.Migrator();

        var refusal = await RefusalTests.RefusedAsync(() => migrator.DropLegacyAsync(), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain(said).And.Contain("Nothing was changed"));
        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
    }

    [Test]
    [Category("Last")]
    [Explicit("The drain tries for twenty seconds: CI runs it last.")]
    public Task It_refuses_while_a_note_cannot_be_drained() => It_refuses_and_drops_nothing(
        "INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error, noted_at) VALUES ('result', 1, 20, 'SQLSTATE 58030', clock_timestamp() + interval '1 day')", "CALL evidently_schema.drain(50);");

    [Test]
    public async Task A_row_that_was_kept_nowhere_and_a_table_that_is_written_to_stop_it_at_the_last_moment()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.CleanUpToAsync("M504_Watch.sql");

        var kept = await database.ScalarAsync<string>("SELECT pg_get_functiondef('evidently_schema.keep_residue'::regproc)");
        await database.ExecuteAsync("CREATE OR REPLACE FUNCTION evidently_schema.keep_residue(p_ids bigint[]) RETURNS bigint LANGUAGE sql AS 'DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = 3; SELECT 0::bigint'");
        var lost = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(Steps.Sql("M504_Keep.sql")));
        Assert.That(lost!.MessageText, Does.Contain("3 of its rows are neither in the star nor in the residue").And.Contain("Nothing was dropped"));

        await database.ExecuteAsync(kept! + "; TRUNCATE evidently_schema.legacy_ids");
        await database.ExecuteAsync(Steps.Sql("M504_Keep.sql"));
        await database.ExecuteAsync(Steps.Sql("M504_Retired.sql"));
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write'; UPDATE extracted_positions SET topic = 'straggler' WHERE collector_result_id = 4");
        var written = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(Steps.Sql("M504_DropLegacy.sql")));
        Assert.That(written!.SqlState, Is.EqualTo("EV012"));
        Assert.That(written.MessageText, Does.Contain("it is being written to"));

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'sync' WHERE name = 'dual_write'");
        await database.DropAsync();
        Assert.That(await database.ListAsync("SELECT DISTINCT topic FROM extracted_positions WHERE collector_result_id = 4"), Is.EqualTo(new[] { "straggler" }));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 3"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_reader_of_the_view_is_seen_and_stands_in_the_way()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '7' WHERE name = 'quiet_days'");
        await database.ExecuteAsync("SELECT count(*) FROM extracted_positions");
        await Eventually.Holds(
            async () => await database.ScalarAsync<long>("SELECT since_archive FROM evidently_schema.legacy_usage() WHERE kind = 'reads'") > 0, "the statistics have come");
        await using var migrator = database.Migrator();

        var refusal = await RefusalTests.RefusedAsync(() => migrator.DropLegacyAsync(), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain("was read").And.Contain("quiet_days is 7"));
    }

    [Test]
    public async Task What_is_written_while_the_residue_is_kept_is_kept_too()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.CleanUpToAsync("M504_Keep.sql");

        await database.ExecuteAsync("UPDATE extracted_positions SET topic = 'late', metadata = '{\"late\": true}' WHERE collector_result_id = 1; DELETE FROM extracted_positions WHERE collector_result_id = 2");
        await database.ExecuteAsync(RetireDatabase.Save(100));
        await database.ExecuteAsync(Steps.Sql("M504_Retired.sql"));
        await database.ExecuteAsync(Steps.Sql("M504_DropLegacy.sql"));

        Assert.That(await database.ListAsync("SELECT DISTINCT topic || metadata::text FROM extracted_positions WHERE collector_result_id = 1"), Is.EqualTo(new[] { "late{\"late\": true}" }));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 2"), Is.Zero);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(3));
        await database.DropAsync(); // killed before its version row: nothing is left to do
    }

    /// <summary>Result 101 has a row that is kept whole; a session of replication deletes it, and no trigger sees that.</summary>
    [Test]
    public async Task A_cleanup_that_was_interrupted_brings_no_row_back_that_was_deleted_since([Values] bool guarded)
    {
        const string Gone = "SELECT collector_result_id FROM extracted_positions WHERE collector_result_id IN (2, 100, 101)";
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, collector_type) VALUES (100, 'no brand'), (101, 'no brand')");
        await database.DrainAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true");
        await database.OldAndQuietAsync();
        await database.CleanUpToAsync("M504_Keep.sql");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.legacy_residue WHERE collector_result_id IN (100, 101) AND data ? 'id'"), Is.EqualTo(2));

        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id IN (2, 100)");
        await Sql.ExecuteAsync(database.AdminConnectionString, "SET session_replication_role = replica; DELETE FROM extracted_positions_archived WHERE collector_result_id = 101");
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 101)"); // as verification and repair find it
        Assert.That(await database.ListAsync(Gone), Is.Empty);
        await database.CleanUpToAsync("M504_Watch.sql");
        var keep = Steps.Sql("M504_Keep.sql");
        Assert.That(keep, Does.Contain(" = r.legacy_id)"));
        await database.ExecuteAsync(guarded ? keep : keep.Replace(" = r.legacy_id)", " = r.legacy_id OR true)", StringComparison.Ordinal));
        await database.RunAsync("M504_Retired.sql", "M504_DropLegacy.sql");

        Assert.That(await database.ListAsync(Gone), guarded ? Is.Empty : Is.EqualTo(new[] { "101" }));
    }

    [Test]
    public async Task A_cleanup_that_was_begun_is_taken_back_with_archive()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var ready = await Dump.AllAsync(database);
        await database.MigrateAsync(Phase.Retire);
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await database.OldAndQuietAsync();
        await database.CleanUpToAsync("M504_Retired.sql");

        await database.RollbackAsync(Phase.Reads);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task After_cleanup_every_way_back_is_refused_with_what_to_restore()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.DropAsync();

        foreach (string[] tags in new[] { [], new[] { "archive" }, ["archive", "cleanup"] })
        {
            var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, 0, tags)));
            Assert.That(refusal?.SqlState, Is.EqualTo("EV007"));
            Assert.That(refusal!.Hint, tags.Length == 0 ? Is.Not.Empty : Does.Contain("pg_restore"));
        }
    }

    [Test]
    public async Task The_answers_are_dropped_only_when_a_setting_says_so_and_nothing_hangs_on_them()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var migrator = database.Migrator();
        await RefusalTests.RefusedAsync(() => migrator.DropRawAnswerAsync(), SchemaError.WrongState);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        const string Hanging = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'collector_results'::regclass UNION ALL SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = 'collector_results'::regclass ORDER BY 1";
        await database.ExecuteAsync(
            """
            CREATE INDEX host_index ON collector_results (left(raw_answer, 10)) WHERE brand_id IS NOT NULL;
            CREATE STATISTICS host_statistics ON brand_id, raw_answer FROM collector_results;
            ALTER TABLE collector_results ADD CONSTRAINT host_key UNIQUE (id, raw_answer);
            COMMENT ON COLUMN collector_results.raw_answer IS 'what it''s said';
            ALTER TABLE collector_results ADD searched tsvector GENERATED ALWAYS AS (to_tsvector('english', raw_answer)) STORED
            """);
        var hanging = await database.ListAsync(Hanging);
        await database.ExecuteAsync("CREATE VIEW host_view AS SELECT raw_answer FROM collector_results; ALTER TABLE collector_results ADD CONSTRAINT host_check CHECK (raw_answer <> 'never')");

        var refusal = await RefusalTests.RefusedAsync(() => migrator.DropRawAnswerAsync(), SchemaError.OpenPoints);
        Assert.That(refusal.Message, Does.Contain("4 open points").And.Contain("view public.host_view hangs on").And.Contain("ALTER TABLE public.collector_results DROP COLUMN searched;").And.Contain("WHERE name = 'allow_drop_raw_answer';")
            .And.Contain("DROP VIEW public.host_view;").And.Contain("ALTER TABLE public.collector_results DROP CONSTRAINT host_check;"));

        await database.ExecuteAsync("DROP VIEW host_view; ALTER TABLE collector_results DROP CONSTRAINT host_check; ALTER TABLE collector_results DROP COLUMN searched; UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'allow_drop_raw_answer'");
        var rows = await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions");
        var named = new List<string>();
        await using (var listener = await database.OpenAsync())
        {
            listener.Connection.Notice += (_, notice) => named.Add(notice.Notice.MessageText);
            await listener.ExecuteAsync(Steps.Sql("M505_Check.sql"));
        }

        Assert.That(named, Has.Some.Contains("These go with the column: comment raw_answer, constraint host_key, index host_index, statistics host_statistics.").And.Some.Contains("CREATE INDEX host_index ON"));
        await migrator.DropRawAnswerAsync();

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE raw_answer IS NULL"), Is.EqualTo(rows));
        var back = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, 504, "drop-raw-answer")));
        Assert.That(back?.Hint, Does.Contain("ADD COLUMN raw_answer text;").And.Contain("from the backup"));
        await database.ExecuteAsync(back!.Hint![back.Hint!.IndexOf("ALTER TABLE", StringComparison.Ordinal)..]);
        Assert.That(await database.ListAsync(Hanging), Is.EqualTo(hanging), "made again as the recipe says");
    }
}
