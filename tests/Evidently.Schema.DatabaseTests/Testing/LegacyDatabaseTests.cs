using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Testing;

[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class LegacyDatabaseTests
{
    private const string Rows = "SELECT count(*) FROM extracted_positions";

    private const string Checksum =
        "SELECT md5(string_agg(md5(e::text), '' ORDER BY id)) || (SELECT md5(string_agg(md5(r::text), '' ORDER BY id)) FROM collector_results r)"
        + " || (SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM brand_competitors c) FROM extracted_positions e";

    private static readonly LegacyFill Dirty = new() { Results = 300, Dirt = LegacyDirt.Heavy };

    private static readonly LegacyFill[] Impossible =
    [
        new() { Results = -1 }, new() { Brands = 0 }, new() { Customers = 0 }, new() { QueriesPerBrand = 0 },
        new() { CompetitorsPerBrand = LegacyFill.MostCompetitors + 1 }, new() { AnswerLength = -1 },
    ];

    [TestCaseSource(typeof(LegacyVariant), nameof(LegacyVariant.Pairwise))]
    public async Task Every_variant_is_built_and_filled_with_every_kind_of_dirt(LegacyVariant variant)
    {
        await using var database = await TestServer.CreateLegacyAsync(variant, Dirty);
        var types = await Sql.ScalarAsync<string>(
            database.ConnectionString,
            """
            SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attrelid::regclass::text, attname)
            FROM pg_attribute
            WHERE attnum > 0 AND (attrelid, attname) IN (
                ('brand_competitors'::regclass, 'id'), ('extracted_positions'::regclass, 'id'),
                ('extracted_positions'::regclass, 'brand_positions'), ('extracted_positions'::regclass, 'share_of_answers_brand'))
            """);
        var indexes = await Sql.ScalarAsync<long>(
            database.ConnectionString,
            "SELECT count(*) FROM pg_indexes WHERE tablename = 'extracted_positions' AND indexname LIKE 'idx_extracted_positions_%'");
        Assert.Multiple(() =>
        {
            var competitorId = variant.CompetitorId.ToString().ToLowerInvariant();
            var positions = variant.Positions == PositionsType.Jsonb ? "jsonb" : "integer[]";
            var legacyId = variant.LegacyId.ToString().ToLowerInvariant();
            var metric = variant.Metrics switch
            {
                MetricType.Numeric52 => "numeric(5,2)",
                MetricType.DoublePrecision => "double precision",
                _ => "numeric",
            };
            Assert.That(types, Is.EqualTo($"id {competitorId}, brand_positions {positions}, id {legacyId}, share_of_answers_brand {metric}"));
            Assert.That(indexes, Is.InRange(7, 10));
        });
        Assert.That(await Sql.ScalarAsync<long>(database.ConnectionString, Rows), Is.GreaterThan(1500));
    }

    [Test]
    public async Task A_clean_fill_has_one_brand_row_and_a_row_per_competitor()
    {
        await using var database = await TestServer.CreateLegacyAsync(fill: new() { Results = 200, CompetitorsPerBrand = 3, Brands = 4 });
        var shape = await Sql.ScalarAsync<string>(
            database.ConnectionString,
            """
            SELECT concat_ws(' ', count(*), count(DISTINCT collector_result_id), count(*) FILTER (WHERE e.competitor_name IS NULL),
                count(DISTINCT e.brand_id), count(*) FILTER (WHERE e.competitor_name IN (
                    SELECT c.competitor_name FROM brand_competitors c WHERE c.brand_id = e.brand_id)))
            FROM extracted_positions e JOIN collector_results r ON r.id = e.collector_result_id AND r.raw_answer = e.raw_answer
                JOIN generated_queries q ON q.id = e.query_id AND q.brand_id = e.brand_id JOIN customers u ON u.id = e.customer_id
            """);
        Assert.That(shape, Is.EqualTo("800 200 200 4 600"));
    }

    [TestCase(CompetitorIdType.Integer, LegacyIdType.Bigint)]
    [TestCase(CompetitorIdType.Uuid, LegacyIdType.Uuid)]
    public async Task The_same_seed_gives_the_same_rows_and_another_seed_others(CompetitorIdType competitorId, LegacyIdType legacyId)
    {
        var variant = new LegacyVariant { CompetitorId = competitorId, LegacyId = legacyId };
        var sums = new List<string?>();
        foreach (var fill in new[] { Dirty, Dirty, Dirty with { Seed = 2 } })
        {
            await using var database = await LegacyDatabase.CreateAsync(TestServer.Server, variant);
            await database.FillAsync(fill);
            sums.Add(await Sql.ScalarAsync<string>(database.ConnectionString, Checksum));
        }

        Assert.Multiple(() =>
        {
            Assert.That(sums[1], Is.EqualTo(sums[0]));
            Assert.That(sums[2], Is.Not.EqualTo(sums[0]).And.Not.Null);
        });
    }

    [Test]
    public async Task A_second_fill_goes_on_after_the_first_and_the_application_after_both()
    {
        await using var database = await TestServer.CreateLegacyAsync(fill: new() { Results = 50 });
        await database.FillAsync(new() { Results = 50, FirstResultId = 51 });
        Assert.That(await Sql.ScalarAsync<long>(database.ConnectionString, Rows), Is.EqualTo(600));
        Assert.That(await Sql.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM brand_competitors"), Is.EqualTo(50));
        Assert.That(
            await Sql.ScalarAsync<long>(database.ConnectionString, "INSERT INTO collector_results (collector_type) VALUES ('chatgpt') RETURNING id"),
            Is.EqualTo(101));
    }

    [Test]
    public async Task Answers_take_their_length_on_disk()
    {
        await using var database = await TestServer.CreateLegacyAsync(fill: new() { Results = 20, AnswerLength = 30_000 });
        var size = await Sql.ScalarAsync<long>(database.ConnectionString, "SELECT min(pg_column_size(raw_answer))::bigint FROM extracted_positions");
        Assert.That(size, Is.InRange(29_000, 30_100));
    }

    [Test]
    public async Task The_owner_is_no_superuser_and_owns_everything()
    {
        await using var database = await TestServer.CreateLegacyAsync();
        Assert.That(await Sql.ScalarAsync<string>(database.ConnectionString, "SHOW is_superuser"), Is.EqualTo("off"));
        Assert.That(
            await Sql.ScalarAsync<long>(
                database.ConnectionString, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner <> current_user::regrole"),
            Is.Zero);
        Assert.That(await Sql.ExecuteAsync(database.ConnectionString, "CREATE SCHEMA ours"), Is.EqualTo(-1));
    }

    [Test]
    public async Task A_fill_that_cannot_be_is_refused()
    {
        await using var database = await TestServer.CreateLegacyAsync();
        foreach (var fill in Impossible)
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => database.FillAsync(fill), fill.ToString());
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_prompt_can_be_deleted_and_takes_its_rows_along_only_with_foreign_keys(bool foreignKeys)
    {
        await using var database = await TestServer.CreateLegacyAsync(new() { ForeignKeys = foreignKeys }, new() { Results = 50 });
        Assert.That(
            await Sql.ExecuteAsync(database.ConnectionString, "DELETE FROM generated_queries WHERE id = (SELECT query_id FROM extracted_positions LIMIT 1)"),
            Is.EqualTo(1));
        Assert.That(await Sql.ScalarAsync<long>(database.ConnectionString, Rows), foreignKeys ? Is.LessThan(300) : Is.EqualTo(300));
    }

    [Test]
    public async Task New_tables_are_open_to_the_roles_of_Supabase_where_it_has_them()
    {
        const string Open = "CREATE TABLE fresh (); SELECT has_table_privilege('anon', 'fresh', 'INSERT')";
        await using var supabase = await TestServer.CreateLegacyAsync(new() { SupabaseRoles = true });
        await using var plain = await TestServer.CreateLegacyAsync();
        Assert.That(await Sql.ScalarAsync<bool>(supabase.ConnectionString, Open), Is.True);
        Assert.That(await Sql.ScalarAsync<bool>(plain.ConnectionString, Open), Is.False);
    }

    [Test]
    public async Task A_database_is_gone_after_disposal_even_while_someone_is_connected()
    {
        var database = await TestServer.CreateLegacyAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var session = await source.OpenConnectionAsync();
        await database.DisposeAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        Assert.That(
            await Sql.ScalarAsync<long>(TestServer.Server.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{name}'"),
            Is.Zero);
    }

    [Test]
    public async Task The_schema_can_be_built_in_a_database_of_the_users_own()
    {
        var database = await TestServer.Server.CreateDatabaseAsync();
        await using (var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { Pooling = false }))
        {
            await LegacyDatabase.CreateSchemaAsync(source, new LegacyVariant());
        }

        Assert.That(await Sql.ScalarAsync<long>(database, Rows), Is.Zero);
        await TestServer.Server.DropDatabaseAsync(database);
    }
}
