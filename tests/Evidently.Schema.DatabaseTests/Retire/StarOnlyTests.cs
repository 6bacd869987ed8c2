using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Results that are written to the star alone, and who comes after.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class StarOnlyTests
{
    private const string Ids = "SELECT id FROM extracted_positions WHERE collector_result_id = 100 ORDER BY competitor_name NULLS FIRST";

    [TestCase(LegacyIdType.Bigint, PositionsType.IntegerArray)]
    [TestCase(LegacyIdType.Uuid, PositionsType.Jsonb)]
    public async Task A_result_written_to_the_star_alone_is_shown_by_the_view_and_leaves_no_legacy_rows(LegacyIdType id, PositionsType positions)
    {
        await using var database = await RetireDatabase.ArchivedAsync(new LegacyVariant { LegacyId = id, Positions = positions }, toStar: true);
        Assert.That(await database.ScalarAsync<int>(RetireDatabase.Save(100)), Is.EqualTo(3));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions_archived WHERE collector_result_id = 100"), Is.Zero);
        Assert.That(await database.ListAsync(Ids), Has.Count.EqualTo(3).And.Unique);
        Assert.That(await database.ScalarAsync<string>("SELECT DISTINCT raw_answer FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo("a"), "of collector_results");
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.5 WHERE collector_result_id = 1");
        Assert.That(
            await database.ListAsync(
                """
                SELECT a.competitor_name FROM extracted_positions AS a JOIN extracted_positions AS b ON b.collector_result_id = 1 AND b.competitor_name IS NOT DISTINCT FROM a.competitor_name
                WHERE a.collector_result_id = 100 AND to_jsonb(a) - '{id,collector_result_id,raw_answer}'::text[] = to_jsonb(b) - '{id,collector_result_id,raw_answer}'::text[]
                """),
            Has.Count.EqualTo(3), "the same as the result it was written like, number for number");
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task A_result_that_had_legacy_rows_loses_them_and_keeps_its_fact()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        var fact = await database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 2");

        await database.ExecuteAsync(RetireDatabase.Save(2, like: 2, visibility: "0.31"));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions_archived WHERE collector_result_id = 2"), Is.Zero);
        Assert.That(await database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 2"), Is.EqualTo(fact));
        Assert.That(await database.ListAsync("SELECT DISTINCT visibility_index::numeric(5, 2) FROM extracted_positions WHERE collector_result_id = 2"), Is.EqualTo(new[] { "0.31" }));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task The_application_selects_ids_and_then_updates_by_them()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        var ids = await database.ListAsync(Ids);

        Assert.That(await database.ExecuteAsync($"UPDATE extracted_positions SET sentiment_score = 42 WHERE id IN ({string.Join(", ", ids)})"), Is.EqualTo(3));

        Assert.That(await database.IsStarOnlyAsync(100), Is.False, "its rows are back in the table");
        Assert.That(await database.ListAsync(Ids), Is.EqualTo(ids));
        Assert.That(await database.ScalarAsync<decimal>("SELECT s.sentiment_score FROM brand_sentiment AS s JOIN metric_facts AS f ON f.id = s.metric_fact_id WHERE f.collector_result_id = 100"), Is.EqualTo(42m));
        await database.AssertVerifiedAsync();
        await database.AssertStarAsync();
    }

    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 100 AND competitor_name IS NOT NULL", 1)]
    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 100", 0)]
    [TestCase("INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type) SELECT 100, brand_id, customer_id, query_id, 'second' FROM extracted_positions WHERE id = 1", 4)]
    [TestCase("UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 1 AND competitor_name IS NOT NULL", 5)]
    public async Task A_straggler_finds_the_rows_of_the_result_as_the_star_writer_left_them(string straggler, int rows)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));

        await database.ExecuteAsync(straggler);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(rows));
        Assert.That(await database.IsStarOnlyAsync(100), Is.False);
        await database.AssertVerifiedAsync();
        await database.DrainAsync();
    }

    [TestCase("""[{"competitor_name": "nobody knows him"}]""", Description = "a competitor that the brand has not")]
    [TestCase("""[{"competitor_name": "Competitor 1", "visibility_index_competitor": 5000}]""", Description = "a value the star cannot hold")]
    public async Task What_the_star_cannot_hold_is_written_to_legacy(string competitors)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);

        await database.ExecuteAsync($"SELECT evidently_schema.save_positions(100, (SELECT to_jsonb(ep) - '{{id,raw_answer}}'::text[] FROM extracted_positions AS ep WHERE id = 1), '{competitors}')");

        Assert.That(await database.IsStarOnlyAsync(100), Is.False);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions_archived WHERE collector_result_id = 100"), Is.EqualTo(2));
        await database.AssertVerifiedAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.rejected_rows WHERE collector_result_id = 100"), Is.EqualTo(1));
    }

    [Test]
    public async Task Unmapped_columns_are_kept_and_an_unknown_one_fails_as_it_does_on_the_table()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        Assert.That(
            await database.ListAsync("SELECT metadata::text || total_brand_product_mentions FROM extracted_positions WHERE collector_result_id = 100 ORDER BY 1"),
            Is.EqualTo(await database.ListAsync("SELECT metadata::text || total_brand_product_mentions FROM extracted_positions WHERE collector_result_id = 1 ORDER BY 1")));

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("""SELECT evidently_schema.save_positions(101, '{"no_such_column": 1}', '[]')"""));
        Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.UndefinedColumn));
    }

    [Test]
    public async Task PositionWriter_writes_to_the_star_alone_in_one_call()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        await using var session = await database.OpenAsync();
        var (brand, customer, query) = (
            await session.ScalarAsync<Guid>("SELECT brand_id FROM extracted_positions WHERE id = 1"),
            await session.ScalarAsync<Guid>("SELECT customer_id FROM extracted_positions WHERE id = 1"),
            await session.ScalarAsync<Guid>("SELECT query_id FROM extracted_positions WHERE id = 1"));

        await new PositionWriter(source).SaveAsync(
            100, new BrandPosition { BrandId = brand, CustomerId = customer, QueryId = query, CollectorType = "chatgpt", VisibilityIndex = 0.4m }, [new CompetitorPosition { CompetitorName = "Competitor 1", VisibilityIndex = 0.2m }]);

        Assert.That(await database.IsStarOnlyAsync(100), Is.True);
        Assert.That(await database.ListAsync("SELECT coalesce(competitor_name, 'brand') || visibility_index || coalesce(visibility_index_competitor::text, '') FROM extracted_positions WHERE collector_result_id = 100 ORDER BY id"),
            Is.EqualTo(new[] { "brand0.40", "Competitor 10.400.20" }));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task A_role_that_may_only_read_legacy_cannot_write_through_the_stars_writer()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var reader = await ViewTests.AsAsync(database, "GRANT SELECT ON extracted_positions TO {0}; GRANT USAGE ON SCHEMA evidently_schema TO {0}; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO {0}");
        await using var writer = await ViewTests.AsAsync(database, "GRANT SELECT, INSERT, DELETE ON extracted_positions TO {0}; GRANT USAGE ON SCHEMA evidently_schema TO {0}; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO {0}");
        await database.MigrateAsync(Phase.Retire);
        await database.ExecuteAsync(RetireDatabase.ToStar);

        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => reader.ExecuteAsync(RetireDatabase.Save(100))))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => reader.ExecuteAsync("SELECT evidently_schema.save_star(100, '[]')")))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        await writer.ExecuteAsync(RetireDatabase.Save(100));
        Assert.That(await database.IsStarOnlyAsync(100), Is.True);
    }

    [Test]
    public async Task Deleting_its_brand_or_its_result_takes_a_star_only_result_along()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100) + ";" + RetireDatabase.Save(101));

        await database.ExecuteAsync("UPDATE collector_results SET id = 200 WHERE id = 101");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 200"), Is.EqualTo(3));
        await database.ExecuteAsync("DELETE FROM collector_results WHERE id = 100");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100"), Is.Zero);
        await database.ExecuteAsync("DELETE FROM brands WHERE id = (SELECT brand_id FROM extracted_positions WHERE collector_result_id = 200 LIMIT 1)");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_only_results"), Is.Zero);
        await database.AssertVerifiedAsync();
    }
}
