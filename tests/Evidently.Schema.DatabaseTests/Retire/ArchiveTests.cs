using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Legacy is archived, brought back, and archived again.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class ArchiveTests
{
    public static IEnumerable<LegacyVariant> Variants() =>
    [
        new(),
        new() { ResultIndex = false, ForeignKeys = false, CompetitorId = CompetitorIdType.Uuid, LegacyId = LegacyIdType.Uuid, Metrics = MetricType.Numeric52 },
        new() { SupabaseRoles = true, Positions = PositionsType.Jsonb, CompetitorId = CompetitorIdType.Bigint, Metrics = MetricType.DoublePrecision, NotNull = true },
    ];

    [TestCaseSource(nameof(Variants))]
    public async Task Archived_and_brought_back_it_is_the_same_database_as_if_it_had_never_been(LegacyVariant variant)
    {
        await using var database = await RetireDatabase.ReadyAsync(variant);
        await database.ExecuteAsync("COMMENT ON INDEX idx_extracted_positions_brand_id IS 'by brand'; COMMENT ON COLUMN extracted_positions.topic IS 'what it is about'");
        var before = await Dump.AllAsync(database);
        var rows = await Dump.LegacyRowsAsync(database);
        var shown = await database.ShownAsync();

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await database.ShownAsync(), Is.EqualTo(shown), "what the view shows");
        var archived = await Dump.AllAsync(database);

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(archived));
        await database.AssertVerifiedAsync();
    }

    [TestCaseSource(nameof(Variants))]
    public async Task What_was_written_while_it_was_archived_is_there_when_it_is_back(LegacyVariant variant)
    {
        await using var database = await RetireDatabase.ArchivedAsync(variant, toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        await database.ExecuteAsync("UPDATE extracted_positions SET topic = 'written through the view' WHERE collector_result_id = 2");
        Assert.That(await database.IsStarOnlyAsync(100), Is.True);
        var shown = await database.ShownAsync();

        await database.RollbackAsync(Phase.Reads);

        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
        Assert.That(await database.ScalarAsync<string>("SELECT value FROM evidently_schema.settings WHERE name = 'write_target'"), Is.EqualTo("both"));
        await database.AssertVerifiedAsync();
        await database.AssertStarAsync();
    }

    [Test]
    public async Task After_archive_every_route_answers_from_the_star()
    {
        await using var database = await RetireDatabase.ArchivedAsync();

        Assert.That(
            await database.ScalarAsync<bool>("SELECT bool_and(evidently_schema.reads_star(r.service, NULL, NULL, current_user)) FROM evidently_schema.read_routes AS r"), Is.True);
    }

    [Test]
    public async Task Only_the_indexes_that_a_key_or_the_projection_needs_are_left_and_all_come_back()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        const string Indexes = "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relname LIKE 'extracted_positions%' ORDER BY 1";
        var before = await database.ListAsync(Indexes);

        await database.MigrateAsync(Phase.Retire);
        Assert.That(
            await database.ListAsync("SELECT i.indexrelid::regclass::text FROM pg_index AS i WHERE i.indrelid = 'extracted_positions_archived'::regclass ORDER BY 1"),
            Is.EqualTo(new[] { "extracted_positions_pkey", "idx_extracted_positions_collector_result_id" }));

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await database.ListAsync(Indexes), Is.EqualTo(before));
    }

    [Test]
    public async Task Deleting_a_brand_leaves_the_archived_rows_in_place()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        var rows = await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions_archived");

        await database.ExecuteAsync("DELETE FROM brands WHERE id = (SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1)");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions_archived"), Is.EqualTo(rows));
        await database.AssertVerifiedAsync();

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions"), Is.EqualTo(rows));
        Assert.That(
            await database.ListAsync("SELECT conname || ' ' || convalidated FROM pg_constraint WHERE conrelid = 'extracted_positions'::regclass AND contype = 'f' ORDER BY 1"),
            Is.EqualTo(new[] { "extracted_positions_brand_id_fkey false", "extracted_positions_collector_result_id_fkey false" }),
            "holds for what is written from now on");
    }

    /// <summary>Nothing hinders that, while the foreign key is detached.</summary>
    [Test]
    public async Task A_foreign_key_whose_parent_was_dropped_meanwhile_is_named_and_stops_nothing()
    {
        await using var database = await RetireDatabase.ArchivedAsync(shape: "CREATE TABLE projects (id integer PRIMARY KEY); ALTER TABLE extracted_positions ADD project_id integer REFERENCES projects (id)");
        await database.ExecuteAsync("DROP TABLE projects");

        await database.RollbackAsync(Phase.Reads);

        Assert.That(await database.ListAsync("SELECT subject || ' ' || became FROM evidently_schema.events WHERE kind = 'foreign key'"), Is.EqualTo(new[] { "extracted_positions_project_id_fkey gone" }));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task An_index_whose_name_another_table_has_taken_meanwhile_is_not_forgotten()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await database.ExecuteAsync("CREATE INDEX idx_extracted_positions_topic ON brands (name)");

        Assert.That(Steps.Refusal(await Assert.CatchAsync(() => database.RollbackAsync(Phase.Reads)))?.MessageText, Does.Contain("\"idx_extracted_positions_topic\" already exists"));
        await database.ExecuteAsync("DROP INDEX idx_extracted_positions_topic");
        await database.RollbackAsync(Phase.Reads);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_index WHERE indrelid = 'extracted_positions'::regclass AND indexrelid = 'idx_extracted_positions_topic'::regclass"), Is.EqualTo(1));
    }
}
