using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Nobody sees or writes through the view what he could not in the table, nor less.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class RowSecurityTests
{
    private const string Mine = "SELECT count(*) FROM extracted_positions";

    [Test]
    public async Task Where_policies_decide_the_view_shows_and_takes_what_they_allow()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var tenant = await SecuredAsync(database);
        var customer = await database.ScalarAsync<string>("SELECT customer_id::text FROM extracted_positions WHERE id = 1");
        await tenant.ExecuteAsync($"SELECT set_config('app.customer', '{customer}', false)");
        var mine = await tenant.ScalarAsync<long>(Mine);
        Assert.That(mine, Is.Positive.And.LessThan(await database.ScalarAsync<long>(Mine)));

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await tenant.ScalarAsync<long>(Mine), Is.EqualTo(mine), "reads");
        Assert.That(await tenant.ExecuteAsync("UPDATE extracted_positions SET total_word_count = 1"), Is.EqualTo(mine), "only his rows");
        Assert.That(await tenant.ExecuteAsync($"DELETE FROM extracted_positions WHERE customer_id <> '{customer}'"), Is.Zero);
        Assert.That(
            (await Assert.ThrowsAsync<PostgresException>(() => tenant.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, customer_id) SELECT 100, id FROM customers WHERE id::text <> current_setting('app.customer') LIMIT 1")))!.SqlState,
            Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        Assert.That(await tenant.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, customer_id) SELECT 100, current_setting('app.customer')::uuid"), Is.EqualTo(1));
        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 100");

        await database.ExecuteAsync(RetireDatabase.ToStar);
        await database.ExecuteAsync(RetireDatabase.Save(100, like: 1) + ";" + RetireDatabase.Save(101, like: await database.ScalarAsync<long>($"SELECT min(collector_result_id) FROM extracted_positions WHERE customer_id <> '{customer}'")));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_only_results"), Is.EqualTo(2));
        Assert.That(await tenant.ScalarAsync<long>(Mine), Is.EqualTo(mine + 3), "his star-only result and not the other's");
        Assert.That(await tenant.ExecuteAsync("UPDATE extracted_positions SET total_word_count = 2 WHERE collector_result_id IN (100, 101)"), Is.EqualTo(3));
        await database.AssertVerifiedAsync();

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await tenant.ScalarAsync<long>(Mine), Is.EqualTo(mine + 3));
    }

    /// <summary>Policies that look at what is written, and hide nothing.</summary>
    [Test]
    public async Task What_a_policy_with_a_CHECK_alone_refuses_the_view_refuses()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var tenant = await SecuredAsync(database);
        await database.ExecuteAsync(
            """
            DROP POLICY tenant ON extracted_positions;
            CREATE POLICY look ON extracted_positions FOR SELECT USING (true);
            CREATE POLICY leave ON extracted_positions FOR DELETE USING (true);
            CREATE POLICY add ON extracted_positions FOR INSERT WITH CHECK (customer_id::text = current_setting('app.customer', true));
            CREATE POLICY change ON extracted_positions FOR UPDATE USING (true) WITH CHECK (customer_id::text = current_setting('app.customer', true))
            """);
        var customer = await database.ScalarAsync<string>("SELECT customer_id::text FROM extracted_positions WHERE id = 1");
        await tenant.ExecuteAsync($"SELECT set_config('app.customer', '{customer}', false)");
        await database.MigrateAsync(Phase.Retire);

        foreach (var (statement, rows) in new[]
        {
            ("INSERT INTO extracted_positions (collector_result_id, customer_id) SELECT 100, current_setting('app.customer')::uuid", 1),
            ("INSERT INTO extracted_positions (collector_result_id, customer_id) SELECT 100, id FROM customers WHERE id::text <> current_setting('app.customer') LIMIT 1", -1),
            ("UPDATE extracted_positions SET total_word_count = 3 WHERE id = 1", 1),
            ("UPDATE extracted_positions SET customer_id = (SELECT id FROM customers WHERE id::text <> current_setting('app.customer') LIMIT 1) WHERE id = 1", -1),
            ("DELETE FROM extracted_positions WHERE collector_result_id = 100", 1),
        })
        {
            if (rows < 0)
            {
                Assert.That((await Assert.ThrowsAsync<PostgresException>(() => tenant.ExecuteAsync(statement)))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), statement);
            }
            else
            {
                Assert.That(await tenant.ExecuteAsync(statement), Is.EqualTo(rows), statement);
            }
        }

        Assert.That(await tenant.ScalarAsync<long>(Mine), Is.EqualTo(await database.ScalarAsync<long>(Mine)), "what is seen");
        await database.AssertVerifiedAsync();
    }

    /// <summary>Brands and competitors that the writer may not see are there for the projection all the same.</summary>
    [Test]
    public async Task Parents_that_are_hidden_from_the_writer_make_no_difference_to_the_star()
    {
        const string Star = "SELECT concat_ws(' ', f.brand_id, f.customer_id, f.topic, c.competitor_id, c.visibility_index) FROM metric_facts AS f LEFT JOIN competitor_metrics AS c ON c.metric_fact_id = f.id WHERE f.collector_result_id = {0} ORDER BY c.competitor_id";
        const string Columns = "brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index_competitor, topic, processed_at";
        await using var database = await RetireDatabase.ReadyAsync();
        await using var writer = await ViewTests.AsAsync(
            database, "GRANT SELECT, INSERT, UPDATE, DELETE ON extracted_positions TO {0}; GRANT USAGE ON SCHEMA evidently_schema TO {0}; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO {0}");
        foreach (var parent in new[] { "brands", "customers", "brand_competitors", "generated_queries", "collector_results" })
        {
            await database.ExecuteAsync($"GRANT SELECT ON {parent} TO PUBLIC; ALTER TABLE {parent} ENABLE ROW LEVEL SECURITY"); // no policy: nothing to see
        }

        Assert.That(await writer.ScalarAsync<long>("SELECT (SELECT count(*) FROM brands) + (SELECT count(*) FROM brand_competitors)"), Is.Zero);
        var expected = await database.ListAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Star, 1));
        await writer.ExecuteAsync($"INSERT INTO extracted_positions (collector_result_id, {Columns}) SELECT 100, {Columns} FROM extracted_positions WHERE collector_result_id = 1");
        Assert.That(await ProjectedAsync(100), Is.EqualTo(expected), "from the table");

        await database.MigrateAsync(Phase.Retire);
        await writer.ExecuteAsync($"DELETE FROM extracted_positions WHERE collector_result_id = 100; INSERT INTO extracted_positions (collector_result_id, {Columns}) SELECT 100, {Columns} FROM extracted_positions WHERE collector_result_id = 1");
        Assert.That(await ProjectedAsync(100), Is.EqualTo(expected), "through the view");
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await writer.ExecuteAsync(RetireDatabase.Save(101));
        Assert.That(await database.IsStarOnlyAsync(101), Is.True);
        Assert.That(await ProjectedAsync(101), Is.EqualTo(expected), "to the star alone");
        Assert.That(await writer.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 101"), Is.EqualTo(3), "without row security on the table the view shows all");

        Task<List<string>> ProjectedAsync(long result) => database.ListAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Star, result));
    }

    [Test]
    public async Task A_reader_who_may_not_read_what_the_view_is_made_of_stands_in_the_way()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var tenant = await SecuredAsync(database);
        await database.ExecuteAsync($"REVOKE SELECT ON brand_sentiment FROM {await tenant.ScalarAsync<string>("SELECT current_user::text")}");

        var refusal = await RefusalTests.RefusedAsync(() => database.MigrateAsync(Phase.Retire), SchemaError.OpenPoints);

        Assert.That(refusal.Message, Does.Contain("1 open point: ").And.Contain("GRANT SELECT ON public.brand_sentiment TO test_"));
    }

    /// <summary>Rows that are not in the star go by the table's policies after cleanup too, as by those of a row of another customer, of none, and by a restrictive one.</summary>
    [Test]
    public async Task After_cleanup_everybody_sees_the_rows_he_saw([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ReadyAsync(fill: StarDatabase.Few with { Results = 120, Dirt = LegacyDirt.Heavy });
        await using var tenant = await SecuredAsync(database);
        await database.ExecuteAsync(
            """
            CREATE POLICY spoken ON extracted_positions AS RESTRICTIVE FOR SELECT USING (EXISTS (SELECT FROM customers AS c WHERE c.id = extracted_positions.customer_id OR extracted_positions.collector_result_id IS NULL)
                AND coalesce(topic, '') <> 'unspeakable');
            CREATE POLICY spoken ON metric_facts AS RESTRICTIVE FOR SELECT USING (coalesce(topic, '') <> 'unspeakable');
            INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, topic)
            SELECT ep.collector_result_id, ep.brand_id, (SELECT c.id FROM customers AS c WHERE c.id <> ep.customer_id LIMIT 1), ep.query_id, ep.collector_type, t.topic
            FROM (SELECT * FROM extracted_positions WHERE competitor_name IS NULL AND customer_id IS NOT NULL AND collector_result_id IS NOT NULL ORDER BY id LIMIT 6) AS ep CROSS JOIN (VALUES ('of another'), ('unspeakable')) AS t (topic)
            """);
        await database.DrainAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true");
        var before = await SeenAsync(database, tenant);
        Assert.That(before.Select(seen => seen.Value.Count), Has.All.Positive);

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await SeenAsync(database, tenant), Is.EqualTo(before), "of the archived table");
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        if (!guarded)
        {
            await database.ExecuteAsync("DROP POLICY spoken ON evidently_schema.legacy_residue");
        }

        var after = await SeenAsync(database, tenant);
        var differing = before.SelectMany(seen => seen.Value.Except(after[seen.Key], StringComparer.Ordinal).Select(row => "less: " + row).Concat(after[seen.Key].Except(seen.Value, StringComparer.Ordinal).Select(row => "more: " + row)));
        Assert.That(differing, guarded ? Is.Empty : Is.Not.Empty, "of the star and the residue");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE topic = 'unspeakable'"), Is.EqualTo(6), "the owner sees all");
    }

    /// <summary>What the tenant sees as each customer, and as none.</summary>
    private static async Task<Dictionary<string, List<string>>> SeenAsync(StarDatabase database, Session tenant)
    {
        var seen = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var customer in await database.ListAsync("SELECT id::text FROM customers"))
        {
            await tenant.ExecuteAsync($"SELECT set_config('app.customer', '{customer}', false)");
            seen[customer] = await tenant.ListAsync("SELECT concat_ws(' ', id, collector_result_id, competitor_name, topic, customer_id) FROM extracted_positions ORDER BY id");
        }

        return seen;
    }

    private static async Task<Session> SecuredAsync(StarDatabase database)
    {
        var tenant = await ViewTests.AsAsync(
            database,
            """
            GRANT SELECT, INSERT, UPDATE, DELETE ON extracted_positions TO {0};
            GRANT SELECT ON metric_facts, brand_metrics, competitor_metrics, brand_sentiment, competitor_sentiment, brand_competitors, collector_results, brands, customers TO {0};
            ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON extracted_positions USING (customer_id::text = current_setting('app.customer', true));
            CREATE POLICY tenant ON metric_facts USING (customer_id::text = current_setting('app.customer', true));
            UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'star_policies_confirmed'
            """);
        foreach (var table in new[] { "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment" })
        {
            await database.ExecuteAsync($"CREATE POLICY tenant ON {table} USING (EXISTS (SELECT FROM metric_facts AS f WHERE f.id = {table}.metric_fact_id))");
        }

        return tenant;
    }
}
