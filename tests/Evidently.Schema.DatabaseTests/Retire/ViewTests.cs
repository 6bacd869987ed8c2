using System.Globalization;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Through the view as on the table, for a role that has rights on the view alone.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class ViewTests
{
    private const string Columns = "collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor";

    private const string Rows = "brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor FROM extracted_positions WHERE collector_result_id = 1";

    [Test]
    public async Task Columns_have_the_same_names_order_types_and_type_modifiers(
        [Values] MetricType metrics, [Values] PositionsType positions)
    {
        const string Shape = "SELECT string_agg(format('%s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation), ', ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = '{0}'::regclass AND a.attnum > 0 AND NOT a.attisdropped";
        await using var database = await RetireDatabase.ArchivedAsync(new LegacyVariant { Metrics = metrics, Positions = positions });

        Assert.That(
            await database.ScalarAsync<string>(string.Format(CultureInfo.InvariantCulture, Shape, "extracted_positions")),
            Is.EqualTo(await database.ScalarAsync<string>(string.Format(CultureInfo.InvariantCulture, Shape, "extracted_positions_archived"))));
    }

    [TestCase(LegacyIdType.Bigint)]
    [TestCase(LegacyIdType.Uuid)]
    public async Task A_role_with_rights_on_the_view_alone_inserts_updates_and_deletes_as_on_the_table(LegacyIdType id)
    {
        await using var database = await RetireDatabase.ArchivedAsync(new LegacyVariant { LegacyId = id });
        await using var role = await AsAsync(database, "GRANT SELECT, INSERT, UPDATE, DELETE ON extracted_positions TO {0}");

        var ids = await role.ListAsync($"INSERT INTO extracted_positions ({Columns}) SELECT 100, {Rows} ORDER BY competitor_name NULLS FIRST RETURNING id");
        Assert.That(ids, Has.Count.EqualTo(3).And.Unique);
        Assert.That(await role.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 100 AND created_at IS NOT NULL AND processed_at = created_at"), Is.EqualTo(3), "defaults");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM competitor_metrics AS c JOIN metric_facts AS f ON f.id = c.metric_fact_id WHERE f.collector_result_id = 100"), Is.EqualTo(2), "projected at once");

        Assert.That(
            await role.ListAsync($"UPDATE extracted_positions SET sentiment_score = 7, topic = 'new' WHERE id IN ({string.Join(", ", ids.Select(each => $"'{each}'"))}) RETURNING topic || sentiment_score"),
            Is.EqualTo(new[] { "new7", "new7", "new7" }));
        Assert.That(await role.ListAsync("DELETE FROM extracted_positions WHERE collector_result_id = 100 RETURNING id"), Is.EquivalentTo(ids));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_result_id = 100"), Is.Zero);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task COPY_into_the_view_takes_defaults_and_explicit_NULLs_as_the_table_does()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await using var role = await AsAsync(database, "GRANT SELECT, INSERT ON extracted_positions TO {0}");
        var like = await database.ScalarAsync<string>("SELECT concat_ws(E'\\t', brand_id, customer_id, query_id, collector_type) FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1");

        await using (var writer = await role.Connection.BeginTextImportAsync("COPY extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at) FROM STDIN"))
        {
            await writer.WriteAsync($"100\t{like}\t\\N\n101\t{like}\t2026-01-01 00:00:00+00\n");
        }

        Assert.That(
            await database.ListAsync("SELECT format('%s %s %s', collector_result_id, processed_at IS NULL, created_at IS NULL) FROM extracted_positions WHERE collector_result_id >= 100 ORDER BY 1"),
            Is.EqualTo(new[] { "100 t f", "101 f f" }));
        await database.AssertVerifiedAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_result_id IN (100, 101)"), Is.EqualTo(2));
    }

    [Test]
    public async Task Rights_are_the_tables_those_on_single_columns_too_and_what_is_granted_meanwhile_stays_after_Down()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var role = await AsAsync(database, "GRANT SELECT (id, topic), UPDATE (topic) ON extracted_positions TO {0}");
        await database.MigrateAsync(Phase.Retire);

        Assert.That(await role.ExecuteAsync("UPDATE extracted_positions SET topic = 'mine' WHERE id = 1"), Is.EqualTo(1));
        Assert.That(
            (await Assert.ThrowsAsync<PostgresException>(() => role.ExecuteAsync("UPDATE extracted_positions SET collector_type = 'x' WHERE id = 1")))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        Assert.That(
            (await Assert.ThrowsAsync<PostgresException>(() => role.ExecuteAsync("SELECT brand_id FROM extracted_positions")))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        await Assert.ThrowsAsync<PostgresException>(() => role.ExecuteAsync("DELETE FROM extracted_positions WHERE id = 1"));

        await database.ExecuteAsync($"GRANT DELETE ON extracted_positions TO {await role.ScalarAsync<string>("SELECT current_user::text")}");
        await database.RollbackAsync(Phase.Reads);
        Assert.That(await role.ExecuteAsync("DELETE FROM extracted_positions WHERE id = 1"), Is.EqualTo(1));
        await Assert.ThrowsAsync<PostgresException>(() => role.ExecuteAsync("UPDATE extracted_positions SET collector_type = 'x' WHERE id = 2"));
    }

    [Test]
    public async Task Of_two_writers_of_one_row_each_keeps_the_columns_he_changed()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await using var first = await database.OpenAsync("BEGIN; UPDATE extracted_positions SET topic = 'of the first' WHERE id = 1");
        await using var second = await database.OpenAsync();

        var waiting = await second.StartsWaitingAsync(database, "UPDATE extracted_positions SET sentiment_score = 12 WHERE id = 1");
        await first.ExecuteAsync("COMMIT");
        await waiting;

        Assert.That(await database.ScalarAsync<string>("SELECT topic || ' ' || sentiment_score FROM extracted_positions WHERE id = 1"), Is.EqualTo("of the first 12"));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task A_statement_of_many_rows_is_projected_once_and_one_of_many_results_is_noted()
    {
        await using var database = await RetireDatabase.ArchivedAsync(fill: new LegacyFill { Results = 400, Brands = 2, Customers = 2, QueriesPerBrand = 2, CompetitorsPerBrand = 2, AnswerLength = 10 });
        await database.ExecuteAsync("CREATE TABLE projected_times (id integer); CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.projected_times VALUES (1); RETURN NULL; END'");
        await database.ExecuteAsync("CREATE TRIGGER seen AFTER UPDATE ON brand_sentiment FOR EACH ROW EXECUTE FUNCTION seen()");

        await database.ExecuteAsync("UPDATE extracted_positions SET sentiment_score = 3, sentiment_score_competitor = 4 WHERE collector_result_id = 1");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM projected_times"), Is.EqualTo(1));

        await database.ExecuteAsync("UPDATE extracted_positions SET sentiment_score = 5");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Positive);
        await database.AssertVerifiedAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM brand_sentiment WHERE sentiment_score = 5"), Is.EqualTo(400));
    }

    [Test]
    public async Task Strict_fails_a_writer_of_the_view_as_it_does_one_of_the_table()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'strict' WHERE name = 'dual_write'; ALTER TABLE brand_metrics RENAME TO hidden");

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.1 WHERE collector_result_id = 1"));

        Assert.That(refusal!.SqlState, Is.EqualTo("EV009"));
    }

    /// <summary>A session of a role of the test's own.</summary>
    internal static async Task<Session> AsAsync(StarDatabase database, string grant)
    {
        var name = $"test_{Guid.NewGuid():N}"[..20];
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {name} LOGIN PASSWORD 'test'; GRANT USAGE ON SCHEMA public TO {name}");
        await database.ExecuteAsync(string.Format(CultureInfo.InvariantCulture, grant, name));
        return await Session.OpenAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = name, Password = "test" }.ConnectionString);
    }
}
