using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Every refusal lists its open points with what settles them, and leaves the database as it was.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class RefusalTests
{
    /// <summary>What stands in the way, what the message says of it, and what it tells to type.</summary>
    public static IEnumerable<TestCaseData> Obstacles()
    {
        yield return Case("UPDATE evidently_schema.read_routes SET star_percent = 99 WHERE service = 'topics'", "the reads of topics are at 99 percent", "SET star_percent = 100 WHERE service = 'topics';");
        yield return Case("UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write'", "dual_write is capture", "SET value = 'sync' WHERE name = 'dual_write';");
        yield return Case("INSERT INTO extracted_positions (collector_result_id, brand_id) SELECT 100, brand_id FROM extracted_positions LIMIT 1", "1 rejected rows (invalid) are not acknowledged", "SET acknowledged = true WHERE reason = 'invalid';");
        yield return Case("UPDATE brand_metrics SET visibility_index = 0.77", "verification found brand_metrics: 0 missing, 0 extra, 16 different", "SELECT evidently_schema.repair();");
        yield return Case("CREATE VIEW host_view AS SELECT id FROM extracted_positions", "view public.host_view goes by the table's identity", "DROP VIEW public.host_view;");
        yield return Case("CREATE MATERIALIZED VIEW host_view AS SELECT id FROM extracted_positions", "materialized view public.host_view goes by", "DROP MATERIALIZED VIEW public.host_view;");
        yield return Case("CREATE TABLE host (id bigint REFERENCES extracted_positions (id))", "foreign key of table public.host (host_id_fkey)", "ALTER TABLE public.host DROP CONSTRAINT host_id_fkey;");
        yield return Case("CREATE FUNCTION host() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER host AFTER INSERT ON extracted_positions FOR EACH ROW EXECUTE FUNCTION host()", "trigger host goes by", "DROP TRIGGER host ON public.extracted_positions;");
        yield return Case("CREATE FUNCTION host() RETURNS SETOF extracted_positions LANGUAGE sql AS 'SELECT * FROM public.extracted_positions'", "routine public.host() goes by", "DROP ROUTINE public.host();");
        yield return Case("CREATE TABLE host (row_of extracted_positions)", "column public.host.row_of goes by", "ALTER TABLE public.host DROP COLUMN row_of;");
        yield return Case("CREATE TABLE host (id bigint); CREATE POLICY host ON host USING (EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.id = host.id))", "policy host on public.host goes by", "DROP POLICY host ON public.host;");
        yield return Case("ALTER TABLE extracted_positions ADD CONSTRAINT host CHECK (collector_type <> current_user)", "the constraint host asks who writes", "ALTER TABLE public.extracted_positions DROP CONSTRAINT host;");
        yield return Case("ALTER TABLE extracted_positions FORCE ROW LEVEL SECURITY", "row security is forced on the owner", "NO FORCE ROW LEVEL SECURITY;");
        yield return Case("ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY; GRANT SELECT (id, topic) ON extracted_positions TO PUBLIC; UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'star_policies_confirmed'", "public has SELECT on single columns of extracted_positions (id, topic)", "REVOKE SELECT (id, topic) ON public.extracted_positions FROM public;");
        yield return Case("ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY; CREATE POLICY host ON extracted_positions USING (true)", "1 policies decide who sees which rows", "WHERE name = 'star_policies_confirmed';");
    }

    [TestCaseSource(nameof(Obstacles))]
    public async Task Archive_refuses_and_says_what_to_type(string obstacle, string said, string remedy)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.ExecuteAsync(obstacle);
        var before = await Dump.WithoutOursAsync(database);
        var rows = await Dump.LegacyRowsAsync(database);

        var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain(said).And.Contain(remedy).And.Contain("Nothing was changed"));
        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));
    }

    [Test]
    public async Task All_open_points_are_listed_at_once_and_settled_as_told_archive_passes()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 0; CREATE VIEW host_view AS SELECT id FROM extracted_positions");

        var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);
        Assert.That(refusal.Message, Does.Contain("7 open points"));

        foreach (var statement in await database.ListAsync("SELECT remedy FROM evidently_schema.archive_obstacles()"))
        {
            await database.ExecuteAsync(statement);
        }

        await database.MigrateAsync(Phase.Retire);
    }

    [Test]
    public async Task A_publication_of_the_table_is_an_open_point()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await Sql.ExecuteAsync(database.AdminConnectionString, "CREATE PUBLICATION host_all FOR ALL TABLES; CREATE PUBLICATION host_one FOR TABLE extracted_positions; CREATE PUBLICATION host_schema FOR TABLES IN SCHEMA public");

        var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain("3 open points").And.Contain("publication host_all").And.Contain("ALTER PUBLICATION host_one DROP TABLE public.extracted_positions;").And.Contain("DROP PUBLICATION host_schema;"));
    }

    /// <summary>Its worker would go on filling the archived table. Here there is none, and nothing to connect to.</summary>
    [Test]
    public async Task A_subscription_that_feeds_the_table_is_an_open_point()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var admin = await Session.OpenAsync(database.AdminConnectionString);
        await admin.ExecuteAsync("CREATE SUBSCRIPTION host_feed CONNECTION 'host=/nowhere' PUBLICATION anything WITH (connect = false)");
        try
        {
            await admin.ExecuteAsync("INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, 'extracted_positions'::regclass, 'r' FROM pg_subscription WHERE subname = 'host_feed'; UPDATE pg_subscription SET subenabled = true WHERE subname = 'host_feed'");

            var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);

            Assert.That(refusal.Message, Does.Contain("1 open point: ").And.Contain("subscription host_feed goes by").And.Contain("ALTER SUBSCRIPTION host_feed DISABLE;"));
        }
        finally
        {
            await admin.ExecuteAsync("ALTER SUBSCRIPTION host_feed DISABLE");
            await admin.ExecuteAsync("ALTER SUBSCRIPTION host_feed SET (slot_name = NONE)");
            await admin.ExecuteAsync("DROP SUBSCRIPTION host_feed"); // else the database cannot be dropped
        }
    }

    [Test]
    [Category("Last")]
    [Explicit("The drain tries for twenty seconds: CI runs it last.")]
    public async Task A_note_that_cannot_be_drained_is_an_open_point()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error, noted_at) VALUES ('result', 1, 20, 'SQLSTATE 58030', clock_timestamp() + interval '1 day')");

        var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain("1 changes are noted and not yet in the star, 1 of them failed before").And.Contain("CALL evidently_schema.drain(50);"));
    }

    [Test]
    public async Task Write_target_star_is_refused_before_archive()
    {
        await using var database = await RetireDatabase.ReadyAsync();

        Assert.That((await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(RetireDatabase.ToStar)))!.SqlState, Is.EqualTo("EV008"));
    }

    [Test]
    public async Task A_table_that_has_the_archives_name_is_left_alone()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.ExecuteAsync("CREATE TABLE extracted_positions_archived (id integer)");

        var refusal = await RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.WrongState);

        Assert.That(refusal.Message, Does.Contain("extracted_positions_archived exists beside it"));
    }

    [Test]
    public async Task Nothing_is_archived_twice_and_nothing_after_cleanup()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        await database.ExecuteAsync("DELETE FROM evidently_schema.version_info WHERE version BETWEEN 501 AND 503");
        var before = await Dump.AllAsync(database);

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.TaggedUpAsync(database.ConnectionString, 503, "archive")));

        Assert.That(refusal?.SqlState, Is.EqualTo("EV007"));
        Assert.That(refusal!.MessageText, Does.Contain("the legacy table was dropped by cleanup"));
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
    }

    [TestCase("cleanup")]
    [TestCase("drop-raw-answer")]
    public async Task Nothing_is_dropped_before_archive(string tag)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var before = await Dump.WithoutOursAsync(database);
        await using var migrator = database.Migrator();

        await RefusedAsync(() => string.Equals(tag, "cleanup", StringComparison.Ordinal) ? migrator.DropLegacyAsync() : migrator.DropRawAnswerAsync(), SchemaError.WrongState);

        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
    }

    [Test]
    public async Task A_plain_migration_and_an_untagged_run_never_touch_legacy()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var before = await Dump.WithoutOursAsync(database);

        await Steps.UpAsync(database.ConnectionString, 599);

        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
    }

    [Test]
    public async Task Rolling_everything_back_while_archived_is_refused_without_a_tag_and_with_another()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        var before = await Dump.AllAsync(database);

        foreach (string[] tags in new[] { [], new[] { "cleanup" }, ["drop-raw-answer"] })
        {
            var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, 0, tags)));
            Assert.That(refusal?.SqlState, Is.EqualTo("EV007"));
        }

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
    }

    [Test]
    public async Task Two_tags_at_once_archive_and_then_refuse_to_drop_what_is_young()
    {
        await using var database = await RetireDatabase.ReadyAsync();

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.TaggedUpAsync(database.ConnectionString, 599, "archive", "cleanup")));

        Assert.That(refusal?.SqlState, Is.EqualTo("EV012"));
        Assert.That(refusal!.MessageText, Does.Contain("The legacy table cannot be dropped"));
        await database.RollbackAsync(Phase.Reads);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task What_a_host_has_built_on_the_view_stands_in_the_way_of_Down()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await database.ExecuteAsync("CREATE VIEW host_view AS SELECT id FROM extracted_positions");

        var refusal = await RefusedAsync(() => database.RollbackAsync(Phase.Reads), SchemaError.OpenPoints);
        Assert.That(refusal.Message, Does.Contain("DROP VIEW public.host_view;"));

        await database.ExecuteAsync("DROP VIEW host_view");
        await database.RollbackAsync(Phase.Reads);
        await database.AssertVerifiedAsync();
    }

    internal static async Task<SchemaException> RefusedAsync(Func<Task> act, SchemaError error)
    {
        var refusal = (await Assert.ThrowsAsync<SchemaException>(() => act()))!;
        Assert.That(refusal.Error, Is.EqualTo(error), refusal.Message);
        return refusal;
    }

    private static TestCaseData Case(string obstacle, string said, string remedy) => new TestCaseData(obstacle, said, remedy).SetArgDisplayNames(said);
}
